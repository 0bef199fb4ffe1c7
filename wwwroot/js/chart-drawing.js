// Charts as they live on a page: drawn, zoomed, narrowed to a stretch of time, saved, printed.
(() => {
  const charts = window.nexusCharts;
  const drawn = new Map();

  const save = (name, blob) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  };

  // Of what is shown: without the series that are hidden, and the zoomed stretch alone.
  const csv = (model, selected, zoom) => {
    // A cell that a spreadsheet would take for a formula is told to be text.
    const cell = (value) => { const text = String(value ?? ""); const safe = typeof value === "string" && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text; return /[",\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe; };
    const scale = model.unit === "money" ? 1e6 : 1;
    const shown = model.series.filter((series) => selected[series.name]);
    const head = ["start", ...shown.map((series) => series.name)];
    const rows = model.starts.map((start, i) => [new Date(start).toISOString(), ...shown.map((series) => series.values[i] === null ? "" : series.values[i] / scale)])
      .slice(zoom?.startValue ?? 0, (zoom?.endValue ?? model.starts.length - 1) + 1);
    return new Blob([[head, ...rows].map((line) => line.map(cell).join(",") + "\r\n").join("")], { type: "text/csv" });
  };

  const png = (svg, width, height) => new Promise((resolve, reject) => {
    const image = new Image();
    image.onload = () => {
      const canvas = document.createElement("canvas");
      [canvas.width, canvas.height] = [width * 2, height * 2];
      canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
      canvas.toBlob((blob) => blob ? resolve(blob) : reject(new Error("the browser made no picture")), "image/png");
    };
    image.onerror = () => reject(new Error("the browser made no picture"));
    image.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(svg);
  });

  const local = (model, at) => {
    const parts = Object.fromEntries(new Intl.DateTimeFormat("en", { timeZone: model.zone, year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).formatToParts(at).map((part) => [part.type, part.value]));
    return `${parts.year}-${parts.month}-${parts.day}T${parts.hour}:${parts.minute}`;
  };

  class Drawing {
    constructor(figure) {
      this.plot = figure.querySelector(".chart-plot");
      this.hidden = new Set();
      this.chart = window.echarts.init(this.plot, null, { renderer: "svg" });
      if (figure.dataset.group) {
        this.chart.group = figure.dataset.group;
        window.echarts.connect(figure.dataset.group);
      }
      this.chart.on("datazoom", (event) => this.zoomed(event));
      new ResizeObserver(() => { if (charts.scheme === "") this.chart.resize(); }).observe(this.plot);
    }

    // The figure may be a new one with the same id: the plot moves into it and keeps its zoom and hidden series.
    show(figure) {
      this.figure = figure;
      const before = this.model;
      this.model = JSON.parse(figure.querySelector("script[type='application/json']").textContent);
      // Another stretch of time is shown as a whole.
      const same = before && before.starts[0] === this.model.starts[0] && before.starts.length === this.model.starts.length;
      const place = figure.querySelector(".chart-plot");
      if (place !== this.plot) place.replaceWith(this.plot);
      for (const button of figure.querySelectorAll("[data-series]")) {
        button.setAttribute("aria-pressed", String(!this.hidden.has(button.dataset.series)));
        button.addEventListener("click", (event) => this.toggle(button.dataset.series, event.altKey || event.shiftKey));
        button.addEventListener("dblclick", () => this.toggle(button.dataset.series, true));
      }
      for (const button of figure.querySelectorAll("[data-save]")) button.addEventListener("click", () => this.save(button.dataset.save));
      figure.querySelector(".chart-reset").addEventListener("click", () => this.chart.dispatchAction({ type: "dataZoom", start: 0, end: 100 }));
      const out = figure.querySelector(".chart-out");
      out.hidden = !this.model.rangeHref || new URLSearchParams(location.search).get("range") !== "custom";
      out.addEventListener("click", () => this.zoomOut());
      figure.querySelector(".chart-tools").hidden = false;
      this.draw(same ? this.chart.getOption()?.dataZoom?.[0] : null);
      this.zoomed();
      figure.dataset.drawn = "";
    }

    selected() { return Object.fromEntries(this.model.series.map((series) => [series.name, !this.hidden.has(series.name)])); }

    draw(zoom = this.chart.getOption()?.dataZoom?.[0]) {
      this.chart.setOption(charts.option(this.model, this.selected()), { notMerge: true });
      if (zoom && (zoom.start > 0 || zoom.end < 100)) this.chart.dispatchAction({ type: "dataZoom", start: zoom.start, end: zoom.end });
      this.chart.dispatchAction({ type: "takeGlobalCursor", key: "dataZoomSelect", dataZoomSelectActive: true });
    }

    // One alone, or all again when it is alone already.
    toggle(name, alone) {
      const others = this.model.series.map((series) => series.name).filter((other) => other !== name);
      if (alone) this.hidden = new Set(others.every((other) => this.hidden.has(other)) ? [] : others);
      else if (!this.hidden.delete(name)) this.hidden.add(name);
      for (const button of this.figure.querySelectorAll("[data-series]")) {
        const hidden = this.hidden.has(button.dataset.series);
        button.setAttribute("aria-pressed", String(!hidden));
        this.chart.dispatchAction({ type: hidden ? "legendUnSelect" : "legendSelect", name: button.dataset.series });
      }
    }

    zoomed(event) {
      const zoom = this.chart.getOption().dataZoom[0];
      // Only what was dragged over comes as places; the wheel, a neighbour's wheel and a redraw say shares.
      if (this.model.rangeHref && event?.batch?.[0].startValue !== undefined) return this.goTo(this.model.starts[zoom.startValue], this.model.starts[zoom.endValue + 1] ?? this.model.end);
      const whole = zoom.start <= 0 && zoom.end >= 100;
      this.figure.querySelector(".chart-reset").hidden = whole;
      const link = this.figure.querySelector(".chart-range");
      link.hidden = whole || !this.model.rangeHref;
      if (!link.hidden) link.href = this.address(this.model.starts[zoom.startValue], this.model.starts[zoom.endValue + 1] ?? this.model.end);
    }

    address(from, to) {
      const address = new URL(this.model.rangeHref, location.href);
      address.searchParams.set("range", "custom");
      address.searchParams.set("from", local(this.model, from));
      address.searchParams.set("to", local(this.model, to));
      return address.pathname + address.search;
    }

    // Through the page's own filter, so that its fields say what is shown; all charts of a group tell of the same drag.
    goTo(from, to) {
      if (charts.going) return;
      charts.going = true;
      setTimeout(() => { charts.going = false; }, 0);
      const form = document.querySelector("form.filters select[name='range']")?.form;
      if (form?.elements.from && new URL(form.action).pathname === new URL(this.model.rangeHref, location.href).pathname) {
        form.elements.range.value = "custom";
        form.elements.from.value = local(this.model, from);
        form.elements.to.value = local(this.model, to);
        form.requestSubmit();
      } else {
        location.assign(this.address(from, to));
      }
    }

    zoomOut() {
      const [from, to] = [this.model.starts[0], this.model.end];
      this.goTo(from - (to - from) / 2, Math.min(to + (to - from) / 2, Math.max(to, Date.now())));
    }

    async save(kind) {
      const name = `${this.model.title.toLowerCase().replace(/[^a-z0-9]+/g, "-")}-${new Date(this.model.starts[0]).toISOString().slice(0, 10)}.${kind}`;
      if (kind === "csv") return save(name, csv(this.model, this.selected(), this.chart.getOption().dataZoom[0]));
      const [width, height] = [Math.max(720, this.chart.getWidth()), 420];
      const picture = window.echarts.init(null, null, { renderer: "svg", ssr: true, width, height });
      picture.setOption(charts.pictureOption(this.model, this.selected(), this.chart.getOption().dataZoom[0]));
      const svg = picture.renderToSVGString();
      picture.dispose();
      save(name, kind === "svg" ? new Blob([svg], { type: "image/svg+xml" }) : await png(svg, width, height));
    }
  }

  charts.knows = (id) => drawn.has(id);
  charts.forget = () => { for (const [id, drawing] of drawn) if (!document.getElementById(id)) { drawing.chart.dispose(); drawn.delete(id); } };
  charts.show = (figure) => {
    if (!drawn.has(figure.id)) drawn.set(figure.id, new Drawing(figure));
    drawn.get(figure.id).show(figure);
  };

  const redraw = () => { for (const drawing of drawn.values()) drawing.draw(); };
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  new MutationObserver(redraw).observe(document.documentElement, { attributes: true });

  // Paper is light and narrower than most windows.
  const PAPER = 680;
  const print = (on) => {
    // Also when told twice: a page may be asked to be on paper by more than one event, and leaves it after the last.
    charts.scheme = on ? "light" : "";
    for (const drawing of drawn.values()) drawing.chart.resize(on ? { width: Math.min(PAPER, drawing.chart.getWidth()) } : undefined);
    redraw();
  };
  addEventListener("beforeprint", () => print(true));
  addEventListener("afterprint", () => print(false));
  matchMedia("print").addEventListener("change", (event) => print(event.matches));
})();
