/* The library view: send files and tell how far they have come, follow the jobs. */
(() => {
  const { parts, setups } = window.utblick;
  const AT_ONCE = 2;
  const sending = [];
  let active = 0;
  let refreshList = () => {};
  let refreshJobs = () => {};

  const shown = () => document.getElementById("ub-view-library")?.hasAttribute("data-shown");
  const form = () => parts["ub-library-add"]?.querySelector(".ub-add");
  const say = (name, file) => form().dataset[name].replace("{name}", () => file);

  setups["ub-library-list"] = (element, trigger, watch) => {
    refreshList = () => trigger("refresh", {});
    element.addEventListener("submit", (event) => {
      event.preventDefault();
      trigger("filter", { words: event.target.querySelector("input").value });
    });
    element.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (button?.dataset.read) read(button.dataset.read);
    });
  };

  /* A document is read beside the question box, so that it can be asked about at once. */
  function read(id) {
    const button = document.createElement("button");
    button.dataset.event = "document";
    button.dataset.document = id;
    location.hash = "#chat";
    parts["ub-source"].append(button);
    button.click();
    button.remove();
  }

  setups["ub-library-add"] = (element, trigger, watch) => {
    element.addEventListener("submit", (event) => {
      event.preventDefault();
      const field = element.querySelector("#ub-address");
      const fault = element.querySelector("#ub-address-fault");
      fault.textContent = field.value.trim() ? "" : form().dataset.missing;
      if (field.value.trim()) trigger("address", { address: field.value.trim() });
      else field.focus();
    });
    element.addEventListener("change", (event) => {
      if (event.target.id !== "ub-files") return;
      send([...event.target.files]);
      event.target.value = "";
    });
    for (const kind of ["dragenter", "dragover", "dragleave", "drop"]) {
      element.addEventListener(kind, (event) => {
        const area = event.target.closest(".ub-drop");
        if (!area) return;
        event.preventDefault();
        area.toggleAttribute("data-over", kind === "dragenter" || kind === "dragover");
        if (kind === "drop") drop(event.dataTransfer);
      });
    }
    /* A file that is dropped beside the area must not be opened in place of the page. */
    for (const kind of ["dragover", "drop"]) document.addEventListener(kind, (event) => event.preventDefault());
    watch("value", () => { for (const entry of sending) draw(entry); });
  };

  function drop(data) {
    const files = [];
    for (const item of data.items ?? []) {
      const file = item.kind === "file" ? item.getAsFile() : null;
      if (!file) continue;
      if (item.webkitGetAsEntry?.()?.isDirectory) tell(say("folder", file.name), true);
      else files.push(file);
    }
    send(files);
  }

  function send(files) {
    const replace = document.getElementById("ub-replace").checked;
    for (const file of files) {
      const entry = { file, replace, share: 0, begun: false };
      sending.push(entry);
      draw(entry);
    }
    next();
  }

  function next() {
    const entry = active < AT_ONCE ? sending.find((waiting) => !waiting.begun) : null;
    if (!entry) return;
    entry.begun = true;
    active += 1;
    const { file, replace } = entry;
    const limit = Number(form().dataset.megabytes) * 2 ** 20;
    if (file.size > limit) {
      finish(entry, say("large", file.name), true);
      return;
    }
    const request = new XMLHttpRequest();
    request.open("POST", `library/uploads?name=${encodeURIComponent(file.name)}${replace ? "&replace=1" : ""}`);
    request.upload.addEventListener("progress", (event) => {
      entry.share = event.total ? event.loaded / event.total : 0;
      draw(entry);
    });
    request.addEventListener("loadend", () => {
      const fault = request.status === 202 ? null : faultOf(request);
      finish(entry, say(fault ?? "done", file.name), fault !== null);
      refreshJobs();
    });
    request.send(file);
    next();
  }

  function faultOf(request) {
    try {
      const { error } = JSON.parse(request.responseText);
      if (["forbidden", "large", "refused", "full"].includes(error)) return error;
    } catch { /* no answer of ours */ }
    return "failed";
  }

  function finish(entry, message, failed) {
    active -= 1;
    sending.splice(sending.indexOf(entry), 1);
    entry.row?.remove();
    tell(message, failed);
    next();
  }

  function draw(entry) {
    const list = form()?.querySelector(".ub-sending");
    if (!list || !sending.includes(entry)) return;
    if (!entry.row?.isConnected) {
      entry.row = document.createElement("li");
      const label = document.createElement("label");
      label.textContent = say("sending", entry.file.name);
      entry.bar = document.createElement("progress");
      entry.bar.max = 1;
      label.append(entry.bar);
      entry.row.append(label);
      list.append(entry.row);
    }
    entry.bar.value = entry.share;
  }

  /* What arrived is told to screen readers only, as it is seen among the jobs; what did not stays on the page. */
  function tell(message, failed) {
    document.getElementById("ub-sent").textContent = message;
    if (!failed) return;
    const row = document.createElement("li");
    row.className = "ub-form-error";
    row.textContent = message;
    const list = form().querySelector(".ub-sending");
    list.append(row);
    while (list.querySelectorAll(".ub-form-error").length > 5) list.querySelector(".ub-form-error").remove();
  }

  window.addEventListener("beforeunload", (event) => { if (sending.length) event.preventDefault(); });

  setups["ub-library-jobs"] = (element, trigger, watch) => {
    refreshJobs = () => trigger("refresh", {});
    const ended = () => [...element.querySelectorAll(".ub-jobs > li")].filter(
      (row) => ["done", "failed", "cancelled"].includes(row.dataset.state)).length;
    let before = 0;
    watch("value", () => {
      const now = ended();
      if (now > before) refreshList();
      before = now;
    });
    setInterval(() => {
      if (shown() && element.querySelector("[data-working=true]")) refreshJobs();
    }, 1000);
  };
})();
