// Slow, broken, away: what is asked for says that it is on its way, what failed says so and how to try again, and never in silence.
(() => {
  const SLOW_MS = 300;
  const TALL = 120;
  const away = () => document.getElementById("away");
  // Asked for by somebody, also by a key that presses a button for them; what a page asks by itself comes of other events.
  const HAND = ["click", "change", "submit", "input", "search", "keyup"];
  const byHand = (config) => HAND.includes(config?.triggeringEvent?.type);

  // A skeleton over what is about to be replaced; what was there stays below it until the answer is here.
  const waiting = new WeakMap();
  const done = (config) => {
    const wait = waiting.get(config);
    if (!wait) return;
    waiting.delete(config);
    clearTimeout(wait.timer);
    wait.target.removeAttribute("aria-busy");
    wait.cover?.remove();
  };
  document.body.addEventListener("htmx:beforeRequest", (event) => {
    const { requestConfig, target } = event.detail;
    if (!byHand(requestConfig) || !target || target.offsetHeight < TALL) return;
    const wait = { target };
    wait.timer = setTimeout(() => {
      target.setAttribute("aria-busy", "true");
      wait.cover = document.getElementById("waiting").content.firstElementChild.cloneNode(true);
      target.append(wait.cover);
    }, SLOW_MS);
    waiting.set(requestConfig, wait);
  });
  for (const name of ["htmx:beforeSwap", "htmx:afterRequest", "htmx:sendError", "htmx:timeout", "htmx:sendAbort"]) {
    document.body.addEventListener(name, (event) => done(event.detail.requestConfig));
  }

  // In place where somebody has just asked for it; above what is there where the page wanted to freshen itself.
  const notice = (html) => {
    const place = away();
    if (!place) return;
    place.innerHTML = html;
    htmx.process(place);
  };
  // What an error's answer says in the page is not said once more beside it.
  const shown = new WeakSet();
  document.body.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr, requestConfig } = event.detail;
    if (event.detail.shouldSwap) shown.add(xhr);
    if (xhr.status !== 503 || byHand(requestConfig)) return;
    event.detail.shouldSwap = false;
    // What stands there already says more: of when the figures are.
    if (!away()?.childElementCount) notice(xhr.responseText);
  });
  // What the page itself has read anew takes the notice off; what others answer, such as the palette, says nothing of its figures.
  const own = ({ pathInfo }) => new URL(pathInfo.requestPath, location.href).pathname === location.pathname;
  document.body.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.successful && own(event.detail) && !event.detail.xhr.getResponseHeader("X-Nexus-Database-Away")) away()?.replaceChildren();
  });

  // What shows old figures asks by itself whether there are new ones, wherever the page knows how to read itself anew.
  setInterval(() => {
    // What took too long is not asked for over and over.
    if (document.hidden || !away()?.childElementCount || away().querySelector("[data-slow]")) return;
    for (const element of document.querySelectorAll('[hx-trigger*="resync"]')) htmx.trigger(element, "resync");
  }, 5000);

  const toast = (text, retry, word = "Try again") => {
    const place = document.getElementById("toast");
    place.className = "toast bad";
    place.textContent = text;
    if (retry) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = word;
      button.addEventListener("click", (event) => {
        place.hidden = true;
        retry(event);
      });
      place.append(" ", button);
    }
    const close = document.createElement("button");
    close.type = "button";
    close.className = "quiet";
    close.textContent = "✕";
    close.setAttribute("aria-label", "Close");
    close.addEventListener("click", () => { place.hidden = true; });
    place.append(" ", close);
    place.hidden = false;
  };
  // What only reads can be asked again; what changes something is for the person to send again.
  const again = ({ requestConfig, pathInfo, elt, target }) =>
    requestConfig?.verb === "get" ? (event) => htmx.ajax("GET", pathInfo.finalRequestPath, { source: elt, target, event }) : null;
  const what = (detail) => (detail.requestConfig?.verb === "get" ? "This part could not be loaded" : "This was not done");
  const why = (xhr) => {
    const text = xhr.getResponseHeader("Content-Type")?.startsWith("text/plain") ? xhr.responseText.trim() : "";
    if (text.length > 0 && text.length < 300) return text;
    if (xhr.status === 400) return "the gateway did not understand it (400). Load the page again: its form may be old.";
    if (xhr.status === 403) return "you may not (403). Ask who runs this gateway for the right.";
    if (xhr.status === 404) return "it is not there any more (404). Load the page again.";
    return `the gateway answered ${xhr.status}. Its log has the reason.`;
  };
  document.body.addEventListener("htmx:responseError", (event) => {
    const { xhr } = event.detail;
    if (shown.has(xhr)) return;
    const text = `${what(event.detail)}: ${why(xhr)}`;
    if (xhr.getResponseHeader("X-Nexus-Load-Again")) toast(text, () => location.reload(), "Load again");
    else toast(text, again(event.detail));
  });

  const clock = () => new Date().toTimeString().slice(0, 8);
  document.body.addEventListener("htmx:sendError", (event) => {
    if (byHand(event.detail.requestConfig)) {
      toast(`${what(event.detail)}: the gateway cannot be reached. Is it running?`, again(event.detail));
    } else if (away()?.childElementCount === 0) {
      notice(`<div class="notice bad" role="alert"><strong>The gateway cannot be reached</strong> since ${clock()}. What is shown is of then; this page goes on by itself when it answers again.</div>`);
    }
  });

  // A stream cannot be sent to the login; a question can, and comes back here afterwards.
  let asked = 0;
  document.body.addEventListener("htmx:sseError", async (event) => {
    if (event.detail.source?.readyState !== EventSource.CLOSED || Date.now() - asked < 10000) return;
    asked = Date.now();
    try {
      const answer = await fetch(location.href, { headers: { "HX-Request": "true", "HX-Current-URL": location.href }, redirect: "manual" });
      const login = answer.headers.get("HX-Redirect");
      if (login) location.href = login;
    } catch {
      // The stream itself is tried again.
    }
  });
})();
