// Draws [data-chart] figures with ECharts, which is fetched when the first one comes into view. Nothing here writes markup:
// the page's policy allows no inline style, and names in a chart are whatever clients called their models.
(() => {
  const LIBRARY = "/lib/echarts.common.min.js";
  const drawn = new Map();
  let library;

  const load = () => library ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = LIBRARY;
    script.onload = () => resolve(window.echarts);
    script.onerror = () => { library = undefined; reject(new Error("the chart library did not load")); };
    document.head.append(script);
  });

  // ECharts writes the font into a quoted attribute as it stands: double quotes would end it in a saved picture.
  const family = () => getComputedStyle(document.documentElement).getPropertyValue("--sans").trim().replaceAll('"', "'");
  // light-dark() is resolved by the browser alone: a probe element is asked for the colour.
  const color = (name) => {
    const probe = document.createElement("span");
    probe.hidden = true;
    probe.style.color = `var(${name})`;
    document.body.append(probe);
    const value = getComputedStyle(probe).color;
    probe.remove();
    return value;
  };
  const seriesColor = (index) => color(index === -1 ? "--c-rest" : index === -2 ? "--bad" : `--c${index}`);

  const plain = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
  const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
  const milliseconds = (value) => value < 1000 ? `${Math.round(value)} ms` : value < 60000 ? `${plain.format(value / 1000)} s` : `${plain.format(value / 60000)} min`;
  const money = (micros) => {
    const dollars = micros / 1e6;
    const digits = Math.abs(dollars) >= 1000 || dollars === 0 ? 0 : Math.abs(dollars) < 0.01 ? 4 : 2;
    return "$" + dollars.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  };
  const bytes = (value) => value >= 2 ** 30 ? `${plain.format(value / 2 ** 30)} GB` : value >= 1 << 20 ? `${plain.format(value / (1 << 20))} MB` : value >= 1024 ? `${plain.format(value / 1024)} KB` : `${value} B`;
  const units = { count: (v) => compact.format(v), tokens: (v) => compact.format(v), money, milliseconds, bytes, percent: (v) => `${plain.format(v * 100)} %` };
  const exact = { ...units, count: (v) => plain.format(v), tokens: (v) => plain.format(v) };

  const clocks = (model) => {
    const make = (options) => new Intl.DateTimeFormat(undefined, { timeZone: model.zone, ...options });
    const time = make({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
    const day = make({ day: "numeric", month: "short" });
    const weekday = make({ weekday: "short", day: "numeric", month: "short" });
    // Over a week and more the hour says less than the day.
    const long = model.end - model.starts[0] > 6 * 86400000;
    const label = (start) => model.daily || long ? day.format(start) : time.format(start) === "00:00" ? day.format(start) : time.format(start);
    const whole = (i) => {
      const start = model.starts[i];
      if (model.daily) return weekday.format(start);
      return `${weekday.format(start)}, ${time.format(start)}–${time.format(model.starts[i + 1] ?? model.end)}`;
    };
    return { label, whole };
  };

  const row = (name, value, swatch) => {
    const line = document.createElement("div");
    line.className = "chart-tip-row";
    const mark = document.createElement("span");
    mark.className = "swatch";
    if (swatch) mark.style.background = swatch;
    const label = document.createElement("span");
    label.textContent = name;
    const number = document.createElement("strong");
    number.textContent = value;
    line.append(mark, label, number);
    return line;
  };

  const tip = (model, when) => (items) => {
    const box = document.createElement("div");
    const head = document.createElement("div");
    head.className = "chart-tip-head";
    head.textContent = when.whole(items[0].dataIndex);
    box.append(head);
    const known = items.filter((item) => item.value !== null && item.value !== undefined && item.value !== "-");
    const shown = model.stacked ? known.filter((item) => item.value !== 0).sort((a, b) => b.value - a.value) : known;
    for (const item of shown.slice(0, 12)) box.append(row(item.seriesName, exact[model.unit](item.value), item.color));
    if (shown.length > 12) box.append(row(`and ${shown.length - 12} more`, ""));
    if (known.length === 0) box.append(row("nothing is known", ""));
    else if (shown.length === 0) box.append(row("nothing", "0"));
    else if (model.stacked && shown.length > 1) box.append(row("All", exact[model.unit](known.reduce((sum, item) => sum + item.value, 0))));
    return box;
  };

  const option = (model, selected) => {
    const when = clocks(model);
    const [text, muted, line, surface] = [color("--text"), color("--muted"), color("--line"), color("--surface")];
    const bars = model.kind === "bars";
    const font = { color: muted, fontFamily: family(), fontSize: 12 };
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches || document.documentElement.dataset.still !== undefined;
    return {
      animation: !still, animationDuration: 250, animationDurationUpdate: 250,
      grid: { left: 8, right: 12, top: 16, bottom: 4, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
      legend: { show: false, selected },
      toolbox: { show: true, left: -1000, feature: { dataZoom: { yAxisIndex: "none", brushStyle: { color: color("--accent"), opacity: 0.15 } } } },
      tooltip: {
        trigger: "axis", axisPointer: { type: bars ? "shadow" : "line", shadowStyle: { color: muted, opacity: 0.12 } },
        className: "chart-tip", backgroundColor: surface, borderColor: line, textStyle: { color: text, fontFamily: family(), fontSize: 13 },
        confine: true, transitionDuration: 0, formatter: tip(model, when),
      },
      xAxis: {
        type: "category", data: model.starts.map(String), boundaryGap: bars,
        axisLabel: { ...font, hideOverlap: true, formatter: (value) => when.label(Number(value)) },
        axisTick: { show: false }, axisLine: { lineStyle: { color: line } },
      },
      yAxis: {
        type: "value", min: 0, minInterval: model.unit === "count" || model.unit === "tokens" ? 1 : undefined, splitNumber: 4,
        axisLabel: { ...font, formatter: units[model.unit] }, splitLine: { lineStyle: { color: line } },
      },
      dataZoom: [{ type: "inside", zoomOnMouseWheel: "ctrl", moveOnMouseMove: false, moveOnMouseWheel: false }],
      series: model.series.map((series, index) => ({
        name: series.name, type: bars ? "bar" : "line", stack: model.stacked ? "all" : undefined, data: series.values.map((value) => value ?? "-"),
        itemStyle: { color: seriesColor(series.color) }, lineStyle: { width: 2, color: seriesColor(series.color) },
        barMaxWidth: 40, barCategoryGap: "20%", symbol: "circle", symbolSize: 5, showSymbol: model.starts.length < 40, connectNulls: false,
        emphasis: { focus: model.series.length > 1 ? "series" : "none" }, blur: { itemStyle: { opacity: 0.35 }, lineStyle: { opacity: 0.35 } },
        markLine: index === 0 && model.limit !== null ? {
          silent: true, symbol: "none", lineStyle: { color: color("--bad"), type: "dashed" },
          label: { formatter: `limit ${exact[model.unit](model.limit)}`, position: "insideEndTop", ...font, color: color("--bad") }, data: [{ yAxis: model.limit }],
        } : undefined,
      })),
    };
  };

  const save = (name, blob) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  };

  const csv = (model) => {
    // A cell that a spreadsheet would take for a formula is told to be text.
    const cell = (value) => { const text = String(value ?? ""); const safe = typeof value === "string" && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text; return /[",\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe; };
    const scale = model.unit === "money" ? 1e6 : 1;
    const head = ["start", ...model.series.map((series) => series.name)];
    const rows = model.starts.map((start, i) => [new Date(start).toISOString(), ...model.series.map((series) => series.values[i] === null ? "" : series.values[i] / scale)]);
    return new Blob([[head, ...rows].map((line) => line.map(cell).join(",") + "\r\n").join("")], { type: "text/csv" });
  };

  const png = (svg, width, height) => new Promise((resolve, reject) => {
    const image = new Image();
    image.onload = () => {
      const canvas = document.createElement("canvas");
      [canvas.width, canvas.height] = [width * 2, height * 2];
      const context = canvas.getContext("2d");
      context.fillStyle = color("--surface");
      context.fillRect(0, 0, canvas.width, canvas.height);
      context.drawImage(image, 0, 0, canvas.width, canvas.height);
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
      this.chart.on("datazoom", () => this.zoomed());
      new ResizeObserver(() => this.chart.resize()).observe(this.plot);
    }

    // The figure may be a new one with the same id: the plot moves into it and keeps its zoom and hidden series.
    show(figure) {
      this.figure = figure;
      this.model = JSON.parse(figure.querySelector("script[type='application/json']").textContent);
      const place = figure.querySelector(".chart-plot");
      if (place !== this.plot) place.replaceWith(this.plot);
      for (const button of figure.querySelectorAll("[data-series]")) {
        button.setAttribute("aria-pressed", String(!this.hidden.has(button.dataset.series)));
        button.addEventListener("click", (event) => this.toggle(button.dataset.series, event.altKey || event.shiftKey));
        button.addEventListener("dblclick", () => this.toggle(button.dataset.series, true));
      }
      for (const button of figure.querySelectorAll("[data-save]")) button.addEventListener("click", () => this.save(button.dataset.save));
      figure.querySelector(".chart-reset").addEventListener("click", () => this.chart.dispatchAction({ type: "dataZoom", start: 0, end: 100 }));
      figure.querySelector(".chart-tools").hidden = false;
      this.draw();
      this.zoomed();
    }

    draw() {
      const zoom = this.chart.getOption()?.dataZoom?.[0];
      this.chart.setOption(option(this.model, Object.fromEntries(this.model.series.map((series) => [series.name, !this.hidden.has(series.name)]))), { notMerge: true });
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

    zoomed() {
      const zoom = this.chart.getOption().dataZoom[0];
      const whole = zoom.start <= 0 && zoom.end >= 100;
      this.figure.querySelector(".chart-reset").hidden = whole;
      const link = this.figure.querySelector(".chart-range");
      link.hidden = whole || !this.model.rangeHref;
      if (link.hidden) return;
      const address = new URL(this.model.rangeHref, location.href);
      address.searchParams.set("range", "custom");
      address.searchParams.set("from", local(this.model, this.model.starts[zoom.startValue]));
      address.searchParams.set("to", local(this.model, this.model.starts[zoom.endValue + 1] ?? this.model.end));
      link.href = address.pathname + address.search;
    }

    async save(kind) {
      const name = `${this.model.title.toLowerCase().replace(/[^a-z0-9]+/g, "-")}-${new Date(this.model.starts[0]).toISOString().slice(0, 10)}.${kind}`;
      if (kind === "csv") return save(name, csv(this.model));
      const svg = this.chart.renderToSVGString();
      save(name, kind === "svg" ? new Blob([svg], { type: "image/svg+xml" }) : await png(svg, this.chart.getWidth(), this.chart.getHeight()));
    }
  }

  const draw = async (figure) => {
    try {
      await load();
      if (!figure.isConnected) return;
      if (!drawn.has(figure.id)) drawn.set(figure.id, new Drawing(figure));
      drawn.get(figure.id).show(figure);
    } catch (error) {
      const plot = figure.querySelector(".chart-plot");
      plot.textContent = `No picture: ${error.message}. The table below has the numbers.`;
      figure.querySelector("details").open = true;
    }
  };

  // What is looked at first; the rest when there is time, so that a print or a picture of the whole page has it, too.
  const start = (figure) => {
    seen.unobserve(figure);
    if (figure.dataset.started !== undefined || !figure.isConnected) return;
    figure.dataset.started = "";
    draw(figure);
  };
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) if (entry.isIntersecting) start(entry.target);
  }, { rootMargin: "200px" });
  const later = window.requestIdleCallback ?? ((act) => setTimeout(act, 300));

  const find = (root) => {
    for (const [id, drawing] of drawn) if (!document.getElementById(id)) { drawing.chart.dispose(); drawn.delete(id); }
    for (const figure of root.querySelectorAll("[data-chart]:not([data-found])")) {
      figure.dataset.found = "";
      if (figure.querySelector(".chart-plot")) drawn.has(figure.id) ? draw(figure) : (seen.observe(figure), later(() => start(figure)));
    }
  };
  find(document);
  document.body.addEventListener("htmx:load", (event) => find(event.detail.elt.parentElement ?? document));
  const redraw = () => { for (const drawing of drawn.values()) drawing.draw(); };
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  document.addEventListener("nexus:theme", redraw);
})();
