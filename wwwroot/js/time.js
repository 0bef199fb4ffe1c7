// Times on the viewer's clock, with UTC for the pointer; elapsed times that count on by themselves.
(() => {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
  const day = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric" });
  const year = new Intl.DateTimeFormat(undefined, { year: "numeric", month: "short", day: "numeric" });

  const words = (at) => {
    const now = new Date();
    if (at.toDateString() === now.toDateString()) return clock.format(at);
    return `${(at.getFullYear() === now.getFullYear() ? day : year).format(at)}, ${clock.format(at)}`;
  };

  const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
  const ago = (at) => {
    const seconds = (at - Date.now()) / 1000;
    for (const [unit, length] of [["day", 86400], ["hour", 3600], ["minute", 60]]) {
      if (Math.abs(seconds) >= length) return relative.format(Math.round(seconds / length), unit);
    }
    return relative.format(Math.round(seconds), "second");
  };

  const show = (root) => {
    for (const element of root.querySelectorAll("time[datetime]:not([data-local])")) {
      const at = new Date(element.getAttribute("datetime"));
      if (Number.isNaN(at.getTime())) continue;
      element.textContent = element.dataset.relative === undefined ? words(at) : ago(at);
      element.dataset.local = "";
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
    for (const element of document.querySelectorAll("time[data-relative]")) element.textContent = ago(new Date(element.getAttribute("datetime")));
  }, 10000);

  // The server counts "today" by this, and reads the times of a filter in it.
  const cookie = `nexus_zone=${encodeURIComponent(zone)}`;
  if (zone && !document.cookie.split("; ").includes(cookie)) {
    document.cookie = `${cookie}; path=/; max-age=31536000; samesite=lax`;
    document.body.dispatchEvent(new Event("zone"));
  }
})();
