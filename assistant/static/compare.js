/* The compare view: what is written and chosen stays over redraws and reloads, the grid is followed while it fills. */
(() => {
  const { parts, setups } = window.utblick;
  const KEPT = "utblick-compare";
  let opener = null;

  const shown = () => document.getElementById("ub-view-compare")?.hasAttribute("data-shown");

  function kept() {
    try {
      return JSON.parse(sessionStorage.getItem(KEPT)) ?? {};
    } catch {
      return {};
    }
  }

  setups["ub-compare-form"] = (element, trigger, watch) => {
    const form = () => element.querySelector("form");
    const kind = () => form().querySelector("[name=ub-kind]:checked").value;
    const boxes = () => [...form().querySelectorAll(`[data-kind="${kind()}"] input`)];
    const chosen = () => boxes().filter((box) => box.checked).map((box) => box.value);
    const questions = () => form().querySelector("#ub-questions").value;

    const keep = () => {
      const state = kept();
      state.questions = questions();
      state.kind = kind();
      state[kind()] = chosen();
      try {
        sessionStorage.setItem(KEPT, JSON.stringify(state));
      } catch { /* a browser that keeps nothing */ }
      tell();
    };

    const tell = () => {
      for (const list of form().querySelectorAll("[data-kind]")) list.hidden = list.dataset.kind !== kind();
      const asked = new Set(questions().split("\n").map((line) => line.trim()).filter(Boolean)).size;
      const count = chosen().length;
      form().querySelector(".ub-size").textContent = asked && count
        ? form().dataset.size.replace("{questions}", asked).replace("{subjects}", count).replace("{cells}", asked * count)
        : "";
    };

    const restore = () => {
      if (!form()) return;
      const state = kept();
      form().querySelector("#ub-questions").value = state.questions ?? "";
      for (const radio of form().querySelectorAll("[name=ub-kind]")) radio.checked = radio.value === (state.kind ?? "organisation");
      for (const name of ["organisation", "document"]) {
        const wanted = new Set(state[name] ?? []);
        for (const box of form().querySelectorAll(`[data-kind="${name}"] input`)) box.checked = wanted.has(box.value);
      }
      tell();
    };

    restore();
    watch("value", restore);
    element.addEventListener("input", (event) => {
      if (event.target.name === "ub-kind") {
        const state = kept();
        state.kind = kind();
        const wanted = new Set(state[kind()] ?? []);
        for (const box of boxes()) box.checked = wanted.has(box.value);
      }
      keep();
    });
    element.addEventListener("click", (event) => {
      const choose = event.target.closest("[data-choose]")?.dataset.choose;
      if (!choose) return;
      for (const box of boxes()) box.checked = choose === "all";
      keep();
    });
    element.addEventListener("submit", (event) => {
      event.preventDefault();
      const fault = form().querySelector(".ub-form-error");
      const wrong = !questions().trim() ? "noQuestions" : chosen().length ? null : "noSubjects";
      fault.textContent = wrong ? form().dataset[wrong] : "";
      if (wrong) {
        (wrong === "noQuestions" ? form().querySelector("#ub-questions") : boxes()[0] ?? form()).focus();
        return;
      }
      trigger("start", { questions: questions(), kind: kind(), subjects: chosen() });
      awaited = true;
    });
  };

  let awaited = false;

  setups["ub-compare-grid"] = (element, trigger, watch) => {
    element.addEventListener("click", (event) => {
      const button = event.target.closest("[data-event=cite]");
      if (button) opener = `[data-exchange="${button.dataset.exchange}"][data-marker="${button.dataset.marker}"]`;
    });
    watch("value", () => {
      if (!awaited || !element.querySelector(".ub-compare-head")) return;
      awaited = false;
      element.scrollIntoView({ block: "start" });
    });
    setInterval(() => {
      if (shown() && element.querySelector("[data-working=true]")) trigger("refresh", {});
    }, 700);
  };

  const offsetIn = (mark, page) => mark.getBoundingClientRect().top - page.getBoundingClientRect().top + page.scrollTop;

  /* After the source panel has changed: bring the quote into view and put the focus where reading goes on. */
  window.utblick.settleCompared = () => {
    requestAnimationFrame(() => requestAnimationFrame(() => {
      const panel = parts["ub-compare-source"]?.querySelector("section");
      document.getElementById("ub-compare-below")?.toggleAttribute("data-open", panel !== null && panel !== undefined);
      if (!panel) {
        if (opener) parts["ub-compare-grid"].querySelector(opener)?.focus();
        return;
      }
      const page = panel.querySelector(".ub-page");
      const mark = page?.querySelector("mark, .ub-box");
      if (page) page.scrollTop = mark ? offsetIn(mark, page) - page.clientHeight / 3 : 0;
      const stacked = panel.getBoundingClientRect().width > window.innerWidth * 0.75;
      (stacked && mark ? mark : panel).scrollIntoView({ block: stacked && mark ? "center" : "nearest" });
      if (!panel.contains(document.activeElement) || document.activeElement.disabled) panel.querySelector("h2")?.focus({ preventScroll: true });
    }));
  };
})();
