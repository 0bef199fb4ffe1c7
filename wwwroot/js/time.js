// Times on the viewer's clock, with UTC for the pointer; elapsed times that count on by themselves.
(() => {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  // The same words as the server's (Kit/ViewerClock): what it has just written for this zone stays as it is, and nothing moves.
  const parts = new Intl.DateTimeFormat("en-GB", { year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
  const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

  const words = (at) => {
    const now = new Date();
    const part = Object.fromEntries(parts.formatToParts(at).map(({ type, value }) => [type, value]));
    const clock = `${part.hour}:${part.minute}:${part.second}`;
    if (at.toDateString() === now.toDateString()) return clock;
    const day = `${at.getDate()} ${months[at.getMonth()]}`;
    return `${day}${at.getFullYear() === now.getFullYear() ? "" : ` ${at.getFullYear()}`}, ${clock}`;
  };

  const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
  const ago = (at) => {
    const seconds = (at - Date.now()) / 1000;
    for (const [unit, length] of [["day", 86400], ["hour", 3600], ["minute", 60]]) {
      if (Math.abs(seconds) >= length) return relative.format(Math.round(seconds / length), unit);
    }
    return relative.format(Math.round(seconds), "second");
  };

  const write = (element) => {
    const at = new Date(element.getAttribute("datetime"));
    if (Number.isNaN(at.getTime())) return;
    const isRelative = element.dataset.relative !== undefined;
    const text = isRelative ? ago(at) : words(at);
    if (element.textContent !== text) element.textContent = text;
    // Both are had: relative in the page, exact under the pointer.
    if (isRelative) {
      const title = `${words(at)} · ${element.title.split(" · ").at(-1)}`;
      if (element.title !== title) element.title = title;
    }
    if (element.dataset.zone !== zone) element.dataset.zone = zone;
  };

  // Also what is written for this zone: a page that is shown from memory may be of yesterday.
  const seen = new WeakSet();
  const show = (root) => {
    for (const element of root.querySelectorAll("time[datetime]")) {
      if (seen.has(element)) continue;
      seen.add(element);
      write(element);
    }
  };

  const milliseconds = (value) =>
    value < 1000 ? `${Math.round(value)} ms` : value < 60000 ? `${(value / 1000).toFixed(1)} s` : `${Math.floor(value / 60000)} min ${Math.floor((value % 60000) / 1000)} s`;

  // Counted from the server's clock at the time of the push, so that a wrong clock here shows no wrong time.
  const tick = () => {
    for (const list of document.querySelectorAll("[data-now]")) {
      list.pushedAt ??= performance.now();
      const now = Date.parse(list.dataset.now) + performance.now() - list.pushedAt;
      for (const element of list.querySelectorAll("[data-since]")) {
        element.textContent = milliseconds(Math.max(0, now - Date.parse(element.dataset.since)));
      }
    }
  };

  show(document);
  document.body.addEventListener("htmx:load", (event) => {
    show(event.detail.elt.parentElement ?? document);
    tick();
  });
  setInterval(tick, 100);
  setInterval(() => {
    for (const element of document.querySelectorAll("time[data-relative]")) write(element);
  }, 10000);

  // The server counts "today" by this, and reads and writes times in it.
  const cookie = `nexus_zone=${encodeURIComponent(zone)}`;
  if (zone && !document.cookie.split("; ").includes(cookie)) {
    document.cookie = `${cookie}; path=/; max-age=31536000; samesite=lax`;
    document.body.dispatchEvent(new Event("zone"));
  }
})();
