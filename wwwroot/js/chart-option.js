// What ECharts is told of a chart's model: colours, units, clocks, axes. Nothing here writes markup: the page's policy allows no
// inline style, and names in a chart are whatever clients called their models.
(() => {
  const charts = window.nexusCharts = {};
  const COLORS = 12;

  // light-dark() is resolved by the browser alone: a probe element is asked for the colour.
  charts.scheme = "";
  const color = charts.color = (name) => {
    const probe = document.createElement("span");
    probe.hidden = true;
    probe.style.colorScheme = charts.scheme;
    probe.style.color = `var(${name})`;
    document.body.append(probe);
    const value = getComputedStyle(probe).color;
    probe.remove();
    return value;
  };
  // ECharts writes the font into a quoted attribute as it stands: double quotes would end it in a saved picture.
  const family = () => getComputedStyle(document.documentElement).getPropertyValue("--sans").trim().replaceAll('"', "'");

  // A number is a colour and, for names that share one in this picture, a pattern: see SeriesColors.
  const seriesColor = (number) => color(number === -1 ? "--c-rest" : number === -2 ? "--bad" : `--c${number % COLORS}`);
  const patternOf = (number) => number < 0 ? 0 : Math.floor(number / COLORS);
  const dashes = ["solid", "dashed", "dotted", [9, 3, 2, 3]];
  const decal = (pattern) => pattern === 0 ? undefined : {
    symbol: pattern === 3 ? "circle" : "rect", color: color("--surface"), symbolSize: pattern === 3 ? 0.6 : 1,
    dashArrayX: pattern === 3 ? [[5, 5], [0, 5, 5, 0]] : [1, 0], dashArrayY: pattern === 3 ? [5, 0] : [2, 4], rotation: pattern === 2 ? Math.PI / 4 : pattern === 1 ? -Math.PI / 4 : 0,
  };

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
    const stretch = `${weekday.format(model.starts[0])}, ${time.format(model.starts[0])} – ${weekday.format(model.end)}, ${time.format(model.end)} (${model.zone})`;
    return { label, whole, stretch };
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
    const last = items[0].dataIndex === model.starts.length - 1;
    head.textContent = when.whole(items[0].dataIndex) + (last && model.partial ? ", so far" : "");
    box.append(head);
    const known = items.map((item) => ({ ...item, number: item.value?.value ?? item.value })).filter((item) => typeof item.number === "number");
    const shown = model.stacked ? known.filter((item) => item.number !== 0).sort((a, b) => b.number - a.number) : known;
    for (const item of shown.slice(0, 12)) box.append(row(item.seriesName, exact[model.unit](item.number), item.color));
    if (shown.length > 12) box.append(row(`and ${shown.length - 12} more`, ""));
    if (known.length === 0) box.append(row("nothing is known", ""));
    else if (shown.length === 0) box.append(row("nothing", "0"));
    else if (model.stacked && shown.length > 1) box.append(row("All", exact[model.unit](known.reduce((sum, item) => sum + item.number, 0))));
    return box;
  };

  // A reading between two gaps has no line that would show it.
  const alone = (values) => new Set(values.map((_, i) => i).filter((i) => values[i] !== null && (values[i - 1] ?? null) === null && (values[i + 1] ?? null) === null));

  const seriesOf = (model, font) => (series, index) => {
    const bars = model.kind === "bars";
    const pattern = patternOf(series.color);
    const few = model.starts.length < 40;
    const single = bars ? null : alone(series.values);
    return {
      name: series.name, type: bars ? "bar" : "line", stack: model.stacked ? "all" : undefined, data: series.values.map((value) => value ?? "-"),
      itemStyle: { color: seriesColor(series.color), decal: bars ? decal(pattern) : undefined }, lineStyle: { width: 2, color: seriesColor(series.color), type: dashes[pattern] },
      barMaxWidth: 40, barCategoryGap: "20%", connectNulls: false,
      symbol: "circle", showSymbol: true, showAllSymbol: true, symbolSize: bars ? undefined : (_, item) => few || single.has(item.dataIndex) ? 5 : 0,
      emphasis: { focus: model.series.length > 1 ? "series" : "none" }, blur: { itemStyle: { opacity: 0.35 }, lineStyle: { opacity: 0.35 } },
      markLine: index === 0 && model.limit !== null ? {
        silent: true, symbol: "none", lineStyle: { color: color("--bad"), type: "dashed" },
        label: { formatter: `limit ${exact[model.unit](model.limit)}`, position: "insideEndTop", ...font, color: color("--bad") }, data: [{ yAxis: model.limit }],
      } : undefined,
    };
  };

  // A limit is in the picture once something comes near it.
  const most = (model, step) => ({ max }) => {
    const near = model.limit !== null && max < model.limit && max > model.limit / 2 ? model.limit * 1.05 : null;
    return step === undefined ? near : Math.ceil(Math.max(near ?? max, 1) / step) * step;
  };

  // Bytes are told by powers of 1,024, so steps must be round in those: else an axis reads 95.4 MB, 190.7 MB.
  const byteStep = (model) => {
    const most = Math.max(1, ...model.starts.map((_, i) => {
      const values = model.series.map((series) => series.values[i] ?? 0);
      return model.stacked ? values.reduce((sum, value) => sum + value, 0) : Math.max(0, ...values);
    }));
    const unit = 1024 ** Math.floor(Math.log(most / 2) / Math.log(1024));
    return [1, 2, 5, 10, 20, 50, 100, 200, 500].map((step) => step * Math.max(1, unit)).find((step) => most / step <= 5);
  };

  // Hours of the clock that people count in, nine at most; where days are told, or none of these fits, ECharts chooses.
  const marks = (model) => {
    const span = (model.end - model.starts[0]) / 60000;
    const step = [15, 30, 60, 120, 180, 240, 360, 720].find((minutes) => span / minutes <= 9);
    if (model.daily || step === undefined) return "auto";
    const clock = new Intl.DateTimeFormat("en", { timeZone: model.zone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
    const at = (start) => clock.format(start).split(":").reduce((hours, minutes) => hours * 60 + Number(minutes), 0);
    const round = model.starts.map((start) => at(start) % step === 0);
    return round.filter(Boolean).length < 3 ? "auto" : (index) => round[index];
  };

  charts.option = (model, selected) => {
    const when = clocks(model);
    const [text, muted, line, surface] = [color("--text"), color("--muted"), color("--line"), color("--surface")];
    const bars = model.kind === "bars";
    const font = { color: muted, fontFamily: family(), fontSize: 12 };
    const step = model.unit === "bytes" ? byteStep(model) : undefined;
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches || document.documentElement.dataset.still !== undefined || charts.scheme !== "";
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
        axisLabel: { ...font, interval: marks(model), hideOverlap: true, formatter: (value) => when.label(Number(value)) },
        axisTick: { show: false }, axisLine: { lineStyle: { color: line } },
      },
      // From zero: what is twice as high is twice as much.
      yAxis: {
        type: "value", min: 0, max: most(model, step), minInterval: model.unit === "count" || model.unit === "tokens" ? 1 : undefined, splitNumber: 4, interval: step,
        axisLabel: { ...font, formatter: units[model.unit] }, splitLine: { lineStyle: { color: line } },
      },
      dataZoom: [{ type: "inside", zoomOnMouseWheel: "ctrl", moveOnMouseMove: false, moveOnMouseWheel: false }],
      series: model.series.map(seriesOf(model, font)),
    };
  };

  // For a file, which stands alone: with its title, its time and the names of its series.
  charts.pictureOption = (model, selected, zoom) => {
    const option = charts.option(model, selected);
    const font = { color: color("--text"), fontFamily: family() };
    return {
      ...option, animation: false, backgroundColor: color("--surface"), tooltip: undefined, toolbox: undefined,
      title: { text: model.title + (model.per ? `, ${model.per}` : ""), subtext: clocks(model).stretch, left: 12, top: 8, textStyle: { ...font, fontSize: 16 }, subtextStyle: { ...font, color: color("--muted") } },
      legend: { show: true, selected, left: 12, right: 12, bottom: 8, textStyle: { ...font, fontSize: 12 }, itemWidth: 14, itemHeight: 10 },
      grid: { ...option.grid, left: 12, right: 20, top: 72, bottom: 24 + 22 * Math.ceil(model.series.length / 4) },
      dataZoom: zoom ? [{ type: "inside", start: zoom.start, end: zoom.end }] : [],
    };
  };
})();
