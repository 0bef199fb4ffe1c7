// The keyboard: one table says which key does what; it acts, and it is what the help shows. Nothing fires while somebody types.
(() => {
  const find = (selector) => document.querySelector(selector);
  const shown = (element) => element !== null && element.checkVisibility();
  const follow = (...selectors) => {
    const link = selectors.map(find).find(shown);
    link?.click();
    return Boolean(link);
  };

  // What is walked: rows of tables, items of lists that are marked for it, and what is marked itself, such as the turns of a conversation.
  const ITEMS = "main tbody tr, main [data-walk] > *, main [data-walked]";
  // A row is selected by the focus of its first link: a screen reader says it, and Enter opens it, without anything of ours.
  const rows = () => [...document.querySelectorAll(ITEMS)].filter(shown);
  const target = (row) => {
    // A turn opens what is folded in it.
    const link = (row.matches("[data-walked]") && row.querySelector("summary")) || row.querySelector("a[href]");
    if (!link) row.tabIndex = -1;
    return link ?? row;
  };
  let last;
  const move = (step) => {
    const all = rows();
    const from = document.activeElement.closest?.(ITEMS) ?? (last && document.getElementById(last));
    const at = all.indexOf(from);
    const row = at < 0 ? all[step > 0 ? 0 : all.length - 1] : all[Math.min(all.length - 1, Math.max(0, at + step))];
    if (!row) return;
    last = row.id;
    target(row).focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  };

  // Some lists only know the way on: where one came from is remembered in this tab.
  const back = (address) => sessionStorage.getItem(`page ${address}`);
  document.addEventListener("click", (event) => {
    const link = event.target.closest(".pager a.older");
    if (link) sessionStorage.setItem(`page ${link.pathname}${link.search}`, location.pathname + location.search);
  }, true);
  const previous = () => {
    const from = back(location.pathname + location.search);
    if (shown(find(".pager a.newer"))) find(".pager a.newer").click();
    else if (from && find(".pager")) location.assign(from);
    else follow("main a[rel=prev]", ".pager a:not(.older)");
  };

  const refresh = () => {
    const results = document.getElementById("results");
    if (results && window.htmx) htmx.ajax("GET", location.pathname + location.search, { target: results, swap: "innerHTML" });
    else location.reload();
  };

  // What somebody has begun to fill in is not left by a key that they may have meant for something else.
  const begun = () => [...document.forms].some((form) => (form.method !== "get" || form.hasAttribute("hx-post")) && [...form.elements].some((field) =>
    field.options ? [...field.options].some((option) => option.selected !== option.defaultSelected) && [...field.options].some((option) => option.defaultSelected || option.index > 0 && option.selected)
      : field.matches("[type=checkbox], [type=radio]") ? field.checked !== field.defaultChecked
        : field.matches("input:not([type=hidden]), textarea") && field.value !== field.defaultValue));
  // False: there was nothing to do, and the key is the browser's.
  const leave = () => {
    const menu = find("main details.menu[open]");
    if (menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    } else if (document.activeElement.closest?.(ITEMS)) document.activeElement.blur();
    else if (document.activeElement !== document.body || begun()) return false;
    else return follow("main .crumbs a");
    return true;
  };

  const search = () => {
    const field = find("main input[type=search]");
    if (shown(field)) field.select();
    else window.openPalette?.();
  };

  const SHORTCUTS = [
    { keys: ["/"], words: "Search", act: search },
    { keys: ["f"], words: "Filters", act: () => find("main .filters :is(select, input:not([type=hidden]))")?.focus() },
    { keys: ["j"], words: "Next row", act: () => move(1) },
    { keys: ["k"], words: "Row before", act: () => move(-1) },
    { keys: ["Enter"], words: "Open the row" },
    { keys: ["["], words: "Page or item before", act: previous },
    { keys: ["]"], words: "Next page or item", act: () => follow("main a[rel=next]", ".pager a.older") },
    { keys: ["r"], words: "Load anew", act: refresh },
    { keys: ["Escape"], words: "Close, or back to the list", act: leave },
    { keys: ["?"], words: "These keys", act: () => help() },
    { keys: ["Ctrl K", "⌘ K"], words: "Find anything" },
  ];
  // Letters after g are those of the navigation: a page that somebody may not see has none.
  const places = () => [...document.querySelectorAll("header.top nav a[data-go]:not([data-go=\"\"])")];

  const line = (keys, words) => {
    const row = document.createElement("div");
    const term = document.createElement("dt");
    for (const [i, key] of keys.entries()) {
      if (i > 0) term.append(" or ");
      for (const part of key.split(" ")) {
        const cap = document.createElement("kbd");
        cap.textContent = part === "Escape" ? "Esc" : part;
        term.append(cap, " ");
      }
    }
    const said = document.createElement("dd");
    said.textContent = words;
    row.append(term, said);
    return row;
  };
  const list = (title, lines) => {
    const section = document.createElement("section");
    const head = document.createElement("h3");
    head.textContent = title;
    const body = document.createElement("dl");
    body.append(...lines);
    section.append(head, body);
    return section;
  };
  const help = () => {
    const dialog = document.getElementById("keyboard");
    dialog.querySelector(".keyboard-lists").replaceChildren(
      list("On every page", SHORTCUTS.map((shortcut) => line(shortcut.keys, shortcut.words))),
      list("Go to", places().map((link) => line([`g ${link.dataset.go}`], link.textContent))));
    if (!document.querySelector("dialog:modal")) dialog.showModal();
  };
  document.addEventListener("nexus:keys", help);

  const typing = (element) => element.isContentEditable || element.matches?.("input:not([type=checkbox], [type=radio], [type=button], [type=submit]), textarea, select");
  let going = 0;
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    // Open dialogs and popovers are closed by the browser; within :is a word that it does not know breaks nothing.
    if (typing(event.target) || document.querySelector(":is(dialog:modal, :popover-open)")) return;
    const went = Date.now() - going < 1500;
    going = 0;
    if (went) {
      const place = places().find((link) => link.dataset.go === event.key);
      if (place) {
        event.preventDefault();
        place.click();
      }
      return;
    }
    if (event.key === "g") {
      going = Date.now();
      return;
    }
    const act = SHORTCUTS.find((shortcut) => shortcut.keys.includes(event.key))?.act;
    if (!act) return;
    if (act() !== false || event.key !== "Escape") event.preventDefault();
  });

  // A menu lets go when somebody clicks elsewhere, and a list does not load itself anew under an open one.
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
  });
  document.body.addEventListener("htmx:beforeRequest", (event) => {
    const { elt, target } = event.detail;
    if (!elt.matches("a, form, button, input, select") && target.querySelector("details.menu[open]")) event.preventDefault();
  });
  // A list that loads itself anew keeps the row that is selected in it.
  document.body.addEventListener("htmx:beforeSwap", (event) => {
    const row = document.activeElement.closest?.(ITEMS);
    if (!row?.id || !event.detail.target.contains(row)) return;
    event.detail.target.addEventListener("htmx:afterSettle", () => {
      const same = document.getElementById(row.id);
      if (same && document.activeElement === document.body) target(same).focus({ preventScroll: true });
    }, { once: true });
  });
})();
