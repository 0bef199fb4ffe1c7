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
  // Filters and older pages may show a table that is not live.
  document.body.addEventListener("htmx:afterSettle", () => {
    if (!document.querySelector("[sse-connect]")) state(document.querySelector(".live-state")?.dataset.past ?? "Not live: these requests are in the past", false);
  });

  // A row may come with the page and once more with the first push.
  const tidy = (body) => {
    const seen = new Set();
    for (const row of [...body.rows]) {
      if (seen.has(row.id)) row.remove();
      seen.add(row.id);
    }
    if (body.rows.length <= MOST_ROWS) return;
    while (body.rows.length > MOST_ROWS) body.rows[body.rows.length - 1].remove();
    const older = document.querySelector(".pager .older");
    if (!older) return;
    const address = new URL(older.href);
    address.searchParams.set("before", body.rows[body.rows.length - 1].id.slice(2));
    older.href = address.pathname + address.search;
    older.setAttribute("hx-get", older.href);
    htmx.process(older);
  };
  document.body.addEventListener("htmx:sseMessage", (event) => {
    if (event.target.id === "request-rows" || event.target.id === "log-rows") tidy(event.target);
  });

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
