/* What the browser does by itself, for all views: show one view at a time, hand on clicks, tell of a lost connection.
   Loaded in the page's head, before the scripts of the views, each of which adds to `utblick.setups` what its parts
   need. Each gr.HTML part calls `utblick.connect` when it is on the page. */
window.utblick = (() => {
  const parts = {};
  const setups = {};
  const before = {};
  const openDetails = new Set();
  const shown = {};

  /* Elements are handed on with the name of the part that they belong to. `before[event]` may keep an event back. */
  function connect(element, trigger, watch, name, events) {
    parts[name] = element;
    element.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (!button || button.disabled || !events.includes(button.dataset.event)) return;
      const { event: kind, ...data } = button.dataset;
      if (before[kind]?.(button, data, name) !== false) trigger(kind, data);
    });
    element.addEventListener("toggle", (event) => {
      const name = event.target.dataset?.name;
      if (name) event.target.open ? openDetails.add(name) : openDetails.delete(name);
    }, true);
    watch("value", () => {
      for (const details of element.querySelectorAll("details[data-name]")) {
        details.open = openDetails.has(details.dataset.name);
      }
    });
    if (events.includes("show")) {
      const view = element.closest(".ub-view")?.id.replace("ub-view-", "");
      (shown[view] ??= []).push(() => trigger("show", {}));
    }
    setups[name]?.(element, trigger, watch);
    apply();
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

  /* When a part is drawn anew, the focus stays on what has the same `data-key`, with the cursor where it was. */
  function keepFocus(element, watch) {
    let key = null;
    document.addEventListener("focusin", (event) => {
      key = element.contains(event.target) ? event.target.dataset.key ?? null : null;
    });
    watch("value", () => {
      if (key === null || element.contains(document.activeElement)) return;
      const same = [...element.querySelectorAll("[data-key]")].find((other) => other.dataset.key === key);
      same?.focus({ preventScroll: true });
      if (same?.matches("input[type=search]")) same.setSelectionRange(same.value.length, same.value.length);
    });
  }

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

  return { connect, parts, setups, before, lost, keepFocus };
})();
