/* The chat view: keep focus and scroll where the reader is, send questions, copy to the clipboard. */
(() => {
  const { parts, setups, before, lost } = window.utblick;
  let lastQuestion = "";
  let opener = null;
  let arrival = null;

  const question = () => document.getElementById("ub-question");
  const focusQuestion = () => setTimeout(() => question()?.focus({ preventScroll: true }));

  for (const event of ["cite", "passage", "document", "turn", "close"]) {
    before[event] = (button) => {
      arrival = event;
      if (!parts["ub-source"]?.contains(button)) opener = button;
    };
  }
  before.new = focusQuestion;
  before.stop = focusQuestion;
  before.example = (button, data) => {
    if (question().form.dataset.working === "true") return false;
    question().form.dataset.working = "true";
    lastQuestion = data.question;
    focusQuestion();
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("button[data-copy]");
    if (button) copy(button);
  });

  setups["ub-composer"] = (element, trigger, watch) => {
    const submit = () => {
      const form = element.querySelector("form");
      const text = question().value.trim();
      if (form.dataset.working === "true") return;
      element.querySelector(".ub-form-error").textContent = text ? "" : form.dataset.missing;
      question().focus();
      if (!text) return;
      lastQuestion = text;
      form.dataset.working = "true";
      question().value = "";
      trigger("ask", { question: text });
    };
    element.addEventListener("submit", (event) => { event.preventDefault(); submit(); });
    element.addEventListener("keydown", (event) => {
      if (event.target !== question() || event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      submit();
    });
    watch("value", () => { if (document.activeElement === document.body) question()?.focus({ preventScroll: true }); });
  };

  setups["ub-conversation"] = (element, trigger, watch) => {
    let count = 0;
    let following = false;
    for (const moved of ["wheel", "touchmove", "pointerdown"]) {
      document.addEventListener(moved, () => { following = false; }, { passive: true });
    }
    watch("value", () => {
      const articles = element.querySelectorAll("article");
      const last = articles[articles.length - 1];
      if (articles.length > count) {
        following = true;
        last.scrollIntoView({ block: "start" });
      }
      count = articles.length;
      if (last && following) follow(last, element.closest("#ub-conversation"));
      markOpen();
    });
  };

  setups["ub-scope"] = (element, trigger) => {
    const choose = () => {
      const chosen = (name) => [...element.querySelectorAll(`input[name=${name}]:checked`)].map((box) => box.value);
      trigger("scope", { organisations: chosen("organisations"), years: chosen("years") });
    };
    element.addEventListener("change", choose);
    element.addEventListener("click", (event) => {
      if (!event.target.closest("[data-event=clear]")) return;
      for (const box of element.querySelectorAll("input")) box.checked = false;
      element.querySelector("summary")?.focus();
      choose();
    });
    const close = (except) => {
      for (const details of element.querySelectorAll("details[open]")) if (details !== except) details.open = false;
    };
    document.addEventListener("click", (event) => close(event.target.closest?.("details")));
    element.addEventListener("keydown", (event) => {
      const details = event.key === "Escape" && event.target.closest("details[open]");
      if (!details) return;
      details.open = false;
      details.querySelector("summary").focus();
    });
  };

  /* Scroll a growing answer just so far that its end is in sight, and never its beginning out of it. */
  function follow(article, scroller) {
    const own = getComputedStyle(scroller).overflowY === "auto";
    const frame = own ? scroller.getBoundingClientRect() : { top: 0, bottom: window.innerHeight };
    const box = article.getBoundingClientRect();
    const distance = Math.min(box.bottom - frame.bottom, box.top - frame.top);
    if (distance > 0) (own ? scroller : window).scrollBy(0, distance);
  }

  /* After the source panel has changed: bring the quote into view and put the focus where reading goes on. */
  function settle() {
    requestAnimationFrame(() => requestAnimationFrame(() => {
      const panel = parts["ub-source"]?.firstElementChild;
      if (!panel) return;
      markOpen();
      const title = panel.querySelector("#ub-source-title");
      const closed = panel.dataset.view === "documents";
      if (closed) {
        const target = opener?.isConnected && arrival === "close" ? opener : title;
        target?.focus({ preventScroll: true });
        (target === opener ? target : panel).scrollIntoView({ block: "nearest" });
        opener = null;
        return;
      }
      const page = panel.querySelector(".ub-page");
      const mark = page?.querySelector("mark");
      const scrolls = page && page.scrollHeight > page.clientHeight + 1 && getComputedStyle(page).overflowY !== "visible";
      if (scrolls) page.scrollTop = mark ? offsetIn(mark, page) - page.clientHeight / 3 : 0;
      const stacked = panel.getBoundingClientRect().width > window.innerWidth * 0.75;
      if (stacked) (mark && !scrolls ? mark : panel).scrollIntoView({ block: mark && !scrolls ? "center" : "start" });
      const held = panel.contains(document.activeElement) && !document.activeElement.disabled;
      if (!held || arrival === "document") title?.focus({ preventScroll: true });
    }));
  }

  const offsetIn = (mark, page) => mark.getBoundingClientRect().top - page.getBoundingClientRect().top + page.scrollTop;

  /* The marker whose source is open is shown as current. */
  function markOpen() {
    const panel = parts["ub-source"]?.firstElementChild;
    for (const marker of parts["ub-conversation"]?.querySelectorAll("[data-event=cite]") ?? []) {
      const open = panel?.dataset.view === "source" && panel.dataset.marker === marker.dataset.marker
        && panel.dataset.exchange === marker.dataset.exchange;
      open ? marker.setAttribute("aria-current", "true") : marker.removeAttribute("aria-current");
    }
  }

  async function copy(button) {
    const message = button.parentElement.querySelector("[role=status]");
    message.textContent = (await written(button.dataset.copy)) ? button.dataset.done : button.dataset.failed;
    setTimeout(() => { message.textContent = ""; }, 6000);
  }

  async function written(text) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      /* Outside a secure context there is no clipboard API; the older way still works. */
      const field = document.createElement("textarea");
      const focused = document.activeElement;
      field.value = text;
      field.style.cssText = "position:fixed;opacity:0";
      document.body.append(field);
      field.select();
      const done = document.execCommand("copy");
      field.remove();
      focused?.focus({ preventScroll: true });
      return done;
    }
  }

  lost.push(() => {
    if (!question()) return;
    question().form.dataset.working = "false";
    if (!question().value) question().value = lastQuestion;
  });

  window.utblick.settle = settle;
})();
