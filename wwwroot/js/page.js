// Copying, filters without empty parameters, and folded parts that stay as they were.
(() => {
  let timer = 0;
  const forget = () => {
    clearTimeout(timer);
    timer = setTimeout(() => { document.getElementById("toast").hidden = true; }, 6000);
  };
  const toast = (text) => {
    const place = document.getElementById("toast");
    place.className = "toast";
    place.textContent = text;
    place.hidden = false;
    forget();
  };
  // An answer may bring its own.
  document.body.addEventListener("htmx:oobAfterSwap", (event) => { if (event.detail.target.id === "toast") forget(); });

  // The clipboard's own interface exists on https and localhost alone.
  const copy = async (text) => {
    if (navigator.clipboard && window.isSecureContext) return navigator.clipboard.writeText(text);
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    if (!done) throw new Error("the browser refused");
  };

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy], [data-copy-from]");
    if (!button) return;
    event.preventDefault();
    try {
      const text = button.dataset.copy ? document.getElementById(button.dataset.copy).textContent : await (await fetch(button.href)).text();
      await copy(text);
      button.label ??= button.textContent;
      button.textContent = "Copied";
      clearTimeout(button.timer);
      button.timer = setTimeout(() => { button.textContent = button.label; }, 1500);
    } catch (error) {
      toast(`Could not copy: ${error.message}`);
    }
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-unfold]");
    if (!button) return;
    const folded = [...button.closest(".conversation").querySelectorAll("details")];
    const open = folded.some((element) => !element.open);
    for (const element of folded) element.open = open;
    button.textContent = open ? "Fold all" : "Unfold all";
  });

  // Stands in where the browser does not know commandfor yet.
  if (!("commandForElement" in HTMLButtonElement.prototype)) {
    document.addEventListener("click", (event) => {
      const button = event.target.closest("button[commandfor]");
      if (button) document.getElementById(button.getAttribute("commandfor"))?.showModal();
    });
  }

  // The answer to a form stands in the page: the dialog that held the form has done its work. An answer inside it is read there.
  document.body.addEventListener("htmx:afterRequest", (event) => {
    const dialog = event.detail.elt.closest?.("dialog:modal");
    if (!dialog || !event.detail.successful || dialog.contains(event.detail.target)) return;
    event.detail.elt.closest("form")?.reset();
    dialog.close();
  });

  document.body.addEventListener("htmx:configRequest", (event) => {
    if (!event.detail.elt.closest("[data-sparse]")) return;
    for (const [name, value] of [...event.detail.formData]) if (value === "") event.detail.formData.delete(name);
    if (event.detail.formData.get("range") !== "custom") for (const name of ["from", "to"]) event.detail.formData.delete(name);
    // How the table is arranged may have changed since the fields were made.
    const here = new URLSearchParams(location.search);
    for (const name of ["cols", "density", "sort"]) {
      event.detail.formData.delete(name);
      if (here.has(name)) event.detail.formData.append(name, here.get(name));
    }
    // The bare address opens the view that is set as the default.
    if ([...event.detail.formData].length === 0 && document.querySelector("#views-menu[data-default]")) event.detail.formData.append("all", "");
  });
  document.body.addEventListener("htmx:configRequest", (event) => {
    if (!event.detail.elt.matches("[data-table]")) return;
    const columns = event.detail.formData.getAll("cols");
    event.detail.formData.delete("cols");
    event.detail.formData.append("cols", columns.join(","));
  });

  document.body.addEventListener("htmx:beforeSwap", (event) => {
    const open = [...event.detail.target.querySelectorAll("details[id][open]")].map((element) => element.id);
    if (open.length > 0) {
      event.detail.target.addEventListener("htmx:afterSwap", () => {
        for (const id of open) document.getElementById(id)?.setAttribute("open", "");
      }, { once: true });
    }
  });

  document.body.addEventListener("htmx:oobBeforeSwap", (event) => {
    for (const { id } of event.detail.target.querySelectorAll("details[id][open]")) event.detail.fragment.querySelector(`#${CSS.escape(id)}`)?.setAttribute("open", "");
  });

  // Tabs stand outside of what they swap.
  document.body.addEventListener("htmx:pushedIntoHistory", () => {
    for (const tab of document.querySelectorAll(".tabs a")) {
      const same = new URL(tab.href).searchParams.get("view") === new URLSearchParams(location.search).get("view");
      if (same) tab.setAttribute("aria-current", "page");
      else tab.removeAttribute("aria-current");
    }
  });
})();
