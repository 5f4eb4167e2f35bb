/* What the browser does by itself, for all views: show one view at a time, hand on clicks, tell of a lost connection.
   Loaded in the page's head, before the scripts of the views, each of which adds to `utblick.setups` what its parts
   need. Each gr.HTML part calls `utblick.connect` when it is on the page. */
window.utblick = (() => {
  const parts = {};
  const setups = {};
  const before = {};
  const openDetails = new Set();
  const shown = {};

  /* New HTML takes the place of what had the focus: what is the same in it gets the focus again. */
  const FOCUSABLE = "a, button, input, textarea, summary, [tabindex]";
  const identity = (element) => JSON.stringify([
    element.tagName, element.id, element.name, element.type === "checkbox" && element.value,
    element.tagName === "SUMMARY" && element.parentElement.dataset.name,
    element.tagName === "BUTTON" && { ...element.dataset, copy: undefined, html: undefined },
  ]);

  /* What a button's `data-` attributes say is handed on with its event. A button with `data-confirm` asks first, and
     `before[event](button, data, trigger)` may return false to keep the event back. */
  function connect(element, trigger, watch, name, events) {
    parts[name] = element;
    element.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (!button || button.disabled || !events.includes(button.dataset.event)) return;
      const { event: kind, ...data } = button.dataset;
      const send = () => { if (before[kind]?.(button, data, trigger) !== false) trigger(kind, data); };
      if (data.confirm) ask(data.confirm, data.yes, data.no).then((sure) => { if (sure) send(); });
      else send();
    });
    element.addEventListener("click", (event) => {
      const button = event.target.closest("[data-toggle]");
      const target = button && document.getElementById(button.dataset.toggle);
      if (!target) return;
      target.hidden = !target.hidden;
      button.setAttribute("aria-expanded", String(!target.hidden));
      if (!target.hidden) target.querySelector("input, textarea, button")?.focus();
    });
    element.addEventListener("toggle", (event) => {
      const name = event.target.dataset?.name;
      if (name) event.target.open ? openDetails.add(name) : openDetails.delete(name);
    }, true);
    let focused = null;
    element.addEventListener("focusin", (event) => { focused = identity(event.target); });
    element.addEventListener("focusout", (event) => { if (event.relatedTarget) focused = null; });
    watch("value", () => {
      for (const details of element.querySelectorAll("details[data-name]")) {
        details.open = openDetails.has(details.dataset.name);
      }
      if (!focused || document.activeElement !== document.body) return;
      const again = [...element.querySelectorAll(FOCUSABLE)].find((other) => identity(other) === focused);
      if (again && !again.disabled) again.focus({ preventScroll: true });
    });
    if (events.includes("show")) {
      const view = element.closest(".ub-view")?.id.replace("ub-view-", "");
      (shown[view] ??= []).push(() => trigger("show", {}));
    }
    setups[name]?.(element, trigger, watch);
    apply();
  }

  /* A question with two answers; resolves to whether the first one was given. */
  function ask(question, yes, no) {
    const dialog = document.createElement("dialog");
    dialog.className = "ub-dialog";
    const words = document.createElement("p");
    words.id = "ub-dialog-words";
    words.textContent = question;
    dialog.setAttribute("aria-labelledby", words.id);
    const steps = document.createElement("div");
    steps.className = "ub-steps";
    for (const [label, value] of [[no, "no"], [yes, "yes"]]) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = value === "yes" ? "ub-button ub-primary" : "ub-button";
      button.textContent = label;
      button.addEventListener("click", () => dialog.close(value));
      steps.append(button);
    }
    dialog.append(words, steps);
    document.querySelector(".gradio-container").append(dialog);
    dialog.showModal();
    return new Promise((resolve) => dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    }));
  }

  /* Views: the address says which one is shown; the first one where it names none. */
  const views = () => [...document.querySelectorAll(".ub-view")];
  let current = null;

  function apply() {
    const all = views();
    const wanted = document.getElementById(`ub-view-${location.hash.slice(1)}`);
    const view = all.includes(wanted) ? wanted : all[0];
    if (!view) return;
    for (const other of all) other.toggleAttribute("data-shown", other === view);
    const name = view.id.replace("ub-view-", "");
    for (const link of document.querySelectorAll(".ub-view-link")) {
      if (link.hash === `#${name}`) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    if (name === current) return;
    const first = current === null;
    current = name;
    if (!first) for (const tell of shown[name] ?? []) tell();
  }

  window.addEventListener("hashchange", apply);

  setups["ub-header"] = (element, trigger, watch) => {
    const follow = () => {
      const header = element.querySelector("header");
      if (!header) return;
      document.documentElement.lang = header.dataset.language;
      document.title = header.dataset.title;
      apply();
    };
    follow();
    watch("value", follow);
    element.addEventListener("click", (event) => {
      const skip = event.target.closest(".ub-skip");
      if (!skip) return;
      event.preventDefault();
      if (current !== "chat") {
        location.hash = "#chat";
        apply();
      }
      document.querySelector(skip.hash)?.focus();
    });
  };

  /* Menus: one is open at a time; Escape or a click elsewhere closes it. */
  document.addEventListener("click", (event) => {
    const own = event.target.closest?.("details.ub-choices");
    if (!event.target.isConnected || event.target.closest?.("dialog")) return;
    for (const details of document.querySelectorAll("details.ub-choices[open]")) {
      if (details !== own) details.open = false;
    }
  });
  document.addEventListener("keydown", (event) => {
    const details = event.key === "Escape" && event.target.closest?.("details.ub-choices[open]");
    if (!details) return;
    details.open = false;
    details.querySelector("summary").focus();
  });

  const lost = [];

  /* Gradio tells of a lost connection in a toast in its own words; the page tells it in the reader's language. */
  function tellLost() {
    const text = document.querySelector(".ub-header")?.dataset.lost;
    if (!text || document.querySelector(".ub-lost")) return;
    const banner = document.createElement("p");
    banner.className = "ub-lost";
    banner.setAttribute("role", "alert");
    banner.textContent = text;
    document.querySelector("#ub-header")?.after(banner);
    for (const tell of lost) tell();
  }

  new MutationObserver((records) => {
    for (const record of records) {
      for (const node of record.addedNodes) {
        if (node.nodeType === 1 && (node.matches(".toast-body, .toast-item") || node.querySelector(".toast-body"))) {
          tellLost();
        }
      }
    }
  }).observe(document, { childList: true, subtree: true });

  return { connect, parts, setups, before, lost, ask };
})();
