/* The chat view: keep focus and scroll where the reader is, send questions, copy to the clipboard. */
(() => {
  const { parts, setups, before, lost } = window.utblick;
  let lastQuestion = "";
  let opener = null;
  let arrival = null;
  let judged = null;

  const question = () => document.getElementById("ub-question");
  const focusQuestion = () => setTimeout(() => question()?.focus({ preventScroll: true }));

  for (const event of ["cite", "passage", "document", "turn", "look", "close"]) {
    before[event] = (button) => {
      if (button.closest("#ub-view-compare")) return;
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

  before.judge = (button, data) => { judged = data.id; };
  before.link = (button, data) => {
    const address = new URL(location.pathname, location.origin);
    address.searchParams.set("answer", data.id);
    copy(button, address.href);
  };
  /* A conversation is not exchanged for another one while an answer grows in it. */
  before.open = (button, data) => {
    button.closest("details").open = false;
    focusQuestion();
    if (question()?.form.dataset.working !== "true") return true;
    location.search = `?conversation=${encodeURIComponent(data.conversation)}`;
    return false;
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("button[data-copy]");
    if (button) copy(button, button.dataset.copy, button.dataset.html);
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
      nameConversation(element);
      if (judged) element.querySelector(`.ub-feedback[data-id="${judged}"] .ub-thanks`)?.focus({ preventScroll: true });
      judged = null;
    });
    nameConversation(element);
    element.addEventListener("submit", (event) => {
      const form = event.target.closest(".ub-feedback-form");
      if (!form) return;
      event.preventDefault();
      const reason = form.querySelector("input:checked")?.value ?? "";
      judged = form.dataset.id;
      trigger("judge", { ...form.dataset, reason, comment: form.querySelector("textarea").value });
    });
  };

  setups["ub-scope"] = (element, trigger) => {
    const choose = () => {
      const chosen = (name) => [...element.querySelectorAll(`input[name=${name}]:checked`)].map((box) => box.value);
      const names = ["organisations", "years", "types", "documents"];
      trigger("scope", Object.fromEntries(names.map((name) => [name, chosen(name)])));
    };
    element.addEventListener("change", (event) => { if (!event.target.matches(".ub-filter")) choose(); });
    element.addEventListener("click", (event) => {
      if (!event.target.closest("[data-event=clear]")) return;
      for (const box of element.querySelectorAll("input[type=checkbox]")) box.checked = false;
      element.querySelector("summary")?.focus();
      choose();
    });
    element.addEventListener("input", (event) => {
      if (!event.target.matches(".ub-filter")) return;
      event.stopPropagation();
      const words = event.target.value.toLocaleLowerCase().split(/\s+/);
      for (const label of event.target.parentElement.querySelectorAll("label")) {
        const text = label.textContent.toLocaleLowerCase();
        label.hidden = !words.every((word) => text.includes(word));
      }
    });
  };

  /* The address names the conversation, so that it is there again when the page is loaded again. */
  function nameConversation(element) {
    if (!element.querySelector("[data-count]")) return; // not yet drawn
    const section = element.querySelector("[data-conversation]");
    const address = new URL(location.href);
    const kept = section?.dataset.conversation;
    if (kept) {
      address.searchParams.delete("answer");
      address.searchParams.set("conversation", kept);
    } else if (!section?.querySelector(".ub-notice")) {
      address.searchParams.delete("conversation");
      address.searchParams.delete("answer");
    }
    if (address.href !== location.href) history.replaceState(history.state, "", address);
  }

  /* Pages as pictures: how large they are shown is the reader's choice, for all pages. */
  const ZOOMS = [1, 1.25, 1.5, 2, 3];
  let zoom = 0;
  setups["ub-source"] = setups["ub-compare-source"] = (element, trigger, watch) => {
    element.addEventListener("click", (event) => {
      const button = event.target.closest("[data-zoom]");
      if (!button) return;
      zoom = Math.min(Math.max(zoom + (button.dataset.zoom === "in" ? 1 : -1), 0), ZOOMS.length - 1);
      enlarge(element);
    });
    watch("value", () => enlarge(element));
  };

  function enlarge(element) {
    const page = element.querySelector(".ub-pictured");
    const sheet = page?.querySelector(".ub-sheet");
    if (!sheet) return;
    const middle = (page.scrollTop + page.clientHeight / 2) / page.scrollHeight;
    const image = sheet.querySelector("img");
    sheet.style.width = `${ZOOMS[zoom] * 100}%`;
    if (sheet.clientWidth * devicePixelRatio > 1500 && image.dataset.larger) {
      image.src = image.dataset.larger;
      delete image.dataset.larger;
    }
    page.scrollTop = middle * page.scrollHeight - page.clientHeight / 2;
    const text = `${ZOOMS[zoom] * 100} %`;
    const shown = element.querySelector(".ub-zoom");
    if (shown.textContent !== text) shown.textContent = text;
    element.querySelector("[data-zoom=out]").disabled = zoom === 0;
    element.querySelector("[data-zoom=in]").disabled = zoom === ZOOMS.length - 1;
  }

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

  async function copy(button, text, html) {
    const message = button.parentElement.querySelector("[role=status]");
    message.textContent = (await written(text, html)) ? button.dataset.done : button.dataset.failed;
    setTimeout(() => { message.textContent = ""; }, 8000);
  }

  async function written(text, html) {
    try {
      const kinds = { "text/plain": text, ...(html && { "text/html": html }) };
      const blobs = Object.entries(kinds).map(([type, content]) => [type, new Blob([content], { type })]);
      await navigator.clipboard.write([new ClipboardItem(Object.fromEntries(blobs))]);
      return true;
    } catch {
      /* Outside a secure context there is no clipboard API; the older way still works. */
      let done = false;
      const put = (event) => {
        event.preventDefault();
        event.clipboardData.setData("text/plain", text);
        if (html) event.clipboardData.setData("text/html", html);
        done = true;
      };
      document.addEventListener("copy", put, { once: true });
      document.execCommand("copy");
      document.removeEventListener("copy", put);
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
