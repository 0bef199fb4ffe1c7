// The palette: Ctrl or ⌘ and K. The server finds; this moves the choice and does what was chosen. Focus goes back by the dialog itself.
(() => {
  const dialog = document.getElementById("palette");
  if (!dialog) return;
  const field = dialog.querySelector("input");
  const list = document.getElementById("palette-list");
  const options = () => [...list.querySelectorAll("[role=option]")];
  const chosen = () => list.querySelector("[aria-selected=true]");

  const choose = (option) => {
    chosen()?.setAttribute("aria-selected", "false");
    if (!option) {
      field.removeAttribute("aria-activedescendant");
      return;
    }
    option.setAttribute("aria-selected", "true");
    field.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  };
  // What the list answers; null: nothing that was asked since the palette opened. Enter waits for the answer to what stands in the field.
  let answered = null;
  let pressed = false;
  const open = () => {
    if (document.querySelector("dialog:modal")) return;
    answered = null;
    pressed = false;
    choose(null);
    list.replaceChildren();
    dialog.showModal();
    field.select();
    htmx.trigger(field, "open");
  };
  window.openPalette = open;

  const theme = () => {
    const root = document.documentElement;
    const dark = (root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
    root.dataset.theme = dark ? "light" : "dark";
    document.cookie = `nexus_theme=${root.dataset.theme}; path=/; max-age=31536000; samesite=lax`;
    document.dispatchEvent(new Event("nexus:theme"));
  };
  // What changes something is a form with the page's token, as everywhere.
  const post = (address) => {
    const form = document.createElement("form");
    form.method = "post";
    form.action = address;
    form.hidden = true;
    const token = document.createElement("input");
    token.name = "__RequestVerificationToken";
    token.value = list.querySelector("[data-token]").dataset.token;
    form.append(token);
    document.body.append(form);
    form.submit();
  };
  const act = (option) => {
    dialog.close();
    const { href, post: address, act: own } = option.dataset;
    if (own === "theme") theme();
    else if (own === "keys") document.dispatchEvent(new Event("nexus:keys"));
    else if (address) post(address);
    else location.assign(href);
  };

  field.addEventListener("keydown", (event) => {
    const all = options();
    const at = all.indexOf(chosen());
    const step = { ArrowDown: at + 1, ArrowUp: at < 0 ? all.length - 1 : at - 1, Home: event.ctrlKey ? 0 : undefined, End: event.ctrlKey ? all.length - 1 : undefined }[event.key];
    if (step !== undefined && all.length > 0) choose(all[(step + all.length) % all.length]);
    else if (event.key !== "Enter") return;
    else if (answered !== field.value) pressed = true;
    else if (chosen()) act(chosen());
    event.preventDefault();
  });
  field.addEventListener("input", () => { pressed = false; });
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) act(option);
  });
  list.addEventListener("htmx:afterSwap", (event) => {
    if (!dialog.open) return;
    answered = event.detail.requestConfig.parameters.q ?? "";
    const all = options();
    choose(all[0]);
    document.getElementById("palette-count").textContent = all.length === 0 ? "Nothing is found" : all.length === 1 ? "1 result" : `${all.length} results`;
    if (pressed && answered === field.value && all.length > 0) act(all[0]);
  });
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  for (const button of document.querySelectorAll("[data-palette]")) {
    button.hidden = false;
    button.addEventListener("click", open);
  }
  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
    event.preventDefault();
    if (dialog.open) dialog.close();
    else open();
  });

  // An address such as /dashboard/keys#new-key opens that dialog.
  const arrive = () => {
    const wanted = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
    if (wanted instanceof HTMLDialogElement && !wanted.open && !document.querySelector("dialog:modal")) wanted.showModal();
  };
  arrive();
  addEventListener("hashchange", arrive);
})();
