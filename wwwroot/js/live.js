// Live pages: says whether the connection stands, keeps pushed rows unique and few, and lets go of it in a hidden tab.
(() => {
  const MOST_ROWS = 200;
  const HIDDEN_MS = 60000;

  const state = (text, live) => {
    for (const place of document.querySelectorAll(".live-state")) {
      place.textContent = text;
      place.classList.toggle("on", live);
      place.hidden = false;
    }
  };
  document.body.addEventListener("htmx:sseOpen", () => state("Live", true));
  document.body.addEventListener("htmx:sseError", () => state("Reconnecting…", false));
  // All places for live pages are taken: the page says so and asks no more, until somebody loads it again.
  const opened = new WeakSet();
  document.body.addEventListener("htmx:sseOpen", ({ detail: { source } }) => {
    if (opened.has(source)) return;
    opened.add(source);
    source.addEventListener("full", (full) => {
      for (const element of document.querySelectorAll("[sse-connect]")) htmx.trigger(element, "htmx:beforeCleanupElement");
      source.close();
      state(full.data, false);
    });
  });
  // Filters and older pages may show a table that is not live.
  document.body.addEventListener("htmx:afterSettle", () => {
    if (!document.querySelector("[sse-connect]")) state(document.querySelector(".live-state")?.dataset.past ?? "Not live: these requests are in the past", false);
  });

  // A row may come with the page and once more with the first push.
  const tidy = (body) => {
    const most = Number(body.dataset.most ?? MOST_ROWS);
    const seen = new Set();
    for (const row of [...body.children]) {
      if (seen.has(row.id)) row.remove();
      seen.add(row.id);
    }
    if (body.children.length <= most) return;
    while (body.children.length > most) body.lastElementChild.remove();
    const older = body.id === "request-rows" && document.querySelector(".pager .older");
    if (!older) return;
    const address = new URL(older.href);
    address.searchParams.set("before", body.lastElementChild.id.slice(2));
    older.href = address.pathname + address.search;
    older.setAttribute("hx-get", older.href);
    htmx.process(older);
  };
  const flows = (element) => element.id === "request-rows" || element.id === "log-rows" || element.dataset.most !== undefined;
  document.body.addEventListener("htmx:sseMessage", (event) => {
    if (flows(event.target)) tidy(event.target);
  });

  // Who points at a row, or has reached one by the keyboard, is about to use it: what comes meanwhile waits, and is counted.
  const pointers = window.matchMedia("(hover: hover)");
  const held = new Map();
  const area = (element) => element.closest("[data-hold-area]") ?? element;
  // Without a pointer: a finger on the rows, or rows that have been scrolled to. What is put above what is read pushes it away.
  let touched = null;
  const scrolled = (element) => (element.closest(".tail-scroll")?.scrollTop ?? -element.getBoundingClientRect().top) > 0;
  const still = (element) => scrolled(element) || (touched !== null && area(element).contains(touched));
  const holds = (element) => still(element) || (pointers.matches && area(element).matches(":hover")) || area(element).contains(document.activeElement);
  // Above all that can be scrolled away: how many wait, and the way to them.
  const offer = (count) => {
    let button = document.getElementById("new-rows");
    if (!button && count > 0) {
      button = document.createElement("button");
      button.id = "new-rows";
      button.type = "button";
      button.addEventListener("click", () => scrollTo({ top: 0 }));
      document.body.append(button);
    }
    if (!button) return;
    button.hidden = count === 0;
    button.textContent = `${count === MOST_ROWS ? `${count} or more` : count} new`;
  };
  const tell = (element, count) => {
    const text = count > 0 ? `Paused: ${count === MOST_ROWS ? `${count} or more` : count} new` : "";
    const place = area(element).querySelector(".held");
    if (place) place.textContent = text;
    else state(text || "Live", count === 0);
    if (!place) offer(scrolled(element) ? count : 0);
  };
  // What stands above rows that are held, such as the requests in flight, keeps its height too: of it only the last word counts.
  const latest = new Map();
  const releaseAbove = () => {
    for (const [element, html] of latest) {
      const rows = document.getElementById(element.dataset.holdWith);
      if (element.isConnected && rows && still(rows)) continue;
      latest.delete(element);
      if (element.isConnected) htmx.swap(element, html, { swapStyle: "innerHTML", swapDelay: 0, settleDelay: 0 });
    }
  };
  const release = () => {
    releaseAbove();
    for (const [element, rows] of held) {
      if (element.isConnected && holds(element)) continue;
      held.delete(element);
      if (!element.isConnected) continue;
      htmx.swap(element, rows.map((row) => row.outerHTML).join(""), { swapStyle: "afterbegin", swapDelay: 0, settleDelay: 0 });
      tidy(element);
      tell(element, 0);
    }
  };
  document.body.addEventListener("htmx:sseBeforeMessage", (event) => {
    const element = event.target;
    const below = element.dataset.holdWith && document.getElementById(element.dataset.holdWith);
    if (below && still(below)) {
      event.preventDefault();
      latest.set(element, event.detail.data);
      return;
    }
    latest.delete(element);
    if (element.dataset.hold === undefined || !holds(element)) {
      release();
      return;
    }
    event.preventDefault();
    const template = document.createElement("template");
    template.innerHTML = event.detail.data;
    const rows = [...template.content.children, ...(held.get(element) ?? [])].slice(0, MOST_ROWS);
    held.set(element, rows);
    tell(element, rows.filter((row) => row.id).length);
  });
  const look = () => { if (held.size > 0 || latest.size > 0) requestAnimationFrame(release); };
  for (const name of ["pointerout", "focusout", "blur"]) document.addEventListener(name, look);
  document.addEventListener("scroll", look, { capture: true, passive: true });
  document.addEventListener("touchstart", (event) => { touched = event.target; }, { passive: true });
  for (const name of ["touchend", "touchcancel"]) {
    document.addEventListener(name, (event) => {
      if (event.touches.length > 0) return;
      touched = null;
      look();
    }, { passive: true });
  }

  // A page that flows by can be held: its connection is given back, and what it misses is read anew.
  const pauses = () => { for (const button of document.querySelectorAll("[data-pause]")) button.hidden = false; };
  document.body.addEventListener("htmx:sseOpen", pauses);
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-pause]");
    if (!button) return;
    if (button.dataset.pause === "held") {
      htmx.trigger(document.querySelector(".resync"), "resync");
      return;
    }
    for (const element of document.querySelectorAll("[sse-connect]")) htmx.trigger(element, "htmx:beforeCleanupElement");
    button.dataset.pause = "held";
    button.textContent = "Go on";
    state("Paused", false);
  });

  // A browser grants few connections a host: a tab that nobody looks at gives its own back, and catches up when seen again.
  let timer = 0;
  let paused = false;
  document.addEventListener("visibilitychange", () => {
    clearTimeout(timer);
    if (document.hidden) {
      timer = setTimeout(() => {
        for (const element of document.querySelectorAll("[sse-connect]")) htmx.trigger(element, "htmx:beforeCleanupElement");
        paused = true;
      }, HIDDEN_MS);
    } else if (paused) {
      location.reload();
    }
  });
})();
