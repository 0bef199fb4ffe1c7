// Finds [data-chart] figures and draws each when it comes into view. The library, and what draws with it, is fetched with the first
// of them; the addresses are told by the layout, which knows the files' versions.
(() => {
  const parts = document.currentScript.dataset.parts.split(" ");
  const waiting = new Set();
  let library;

  const fetchPart = (address) => new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = address;
    // In the order they are asked for.
    script.async = false;
    script.onload = resolve;
    script.onerror = () => { script.remove(); reject(new Error("the chart library did not load")); };
    document.head.append(script);
  });
  const later = window.requestIdleCallback ?? ((act) => setTimeout(act, 300));
  const load = () => library ??= Promise.all(parts.map(fetchPart)).then(() => {
    // Now that it is here, the others are drawn when there is time, so that a print of the whole page has them, too.
    later(() => { for (const figure of [...waiting]) start(figure); });
    return window.nexusCharts;
  }, (error) => { library = undefined; throw error; });

  const draw = async (figure) => {
    try {
      const charts = await load();
      if (figure.isConnected) charts.show(figure);
    } catch (error) {
      const plot = figure.querySelector(".chart-plot");
      plot.textContent = `No picture: ${error.message}. The table below has the numbers.`;
      figure.querySelector("details").open = true;
    }
  };
  const start = (figure) => {
    seen.unobserve(figure);
    waiting.delete(figure);
    if (figure.isConnected) draw(figure);
  };
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) if (entry.isIntersecting) start(entry.target);
  }, { rootMargin: "200px" });

  const find = (root) => {
    for (const figure of waiting) if (!figure.isConnected) { seen.unobserve(figure); waiting.delete(figure); }
    window.nexusCharts?.forget();
    for (const figure of root.querySelectorAll("[data-chart]:not([data-found])")) {
      figure.dataset.found = "";
      if (!figure.querySelector(".chart-plot")) continue;
      // One that follows another of its name keeps that one's zoom: it is drawn at once.
      if (window.nexusCharts?.knows(figure.id)) draw(figure);
      else { waiting.add(figure); seen.observe(figure); }
    }
  };
  find(document);
  document.body.addEventListener("htmx:load", (event) => find(event.detail.elt.parentElement ?? document));
})();
