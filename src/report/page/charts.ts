import { type Chart, chartTable } from "../chart.js";
import { printable } from "../format.js";
import { bars } from "./chart-bars.js";
import { brackets } from "./chart-brackets.js";
import { roofline, scatter } from "./chart-points.js";
import { heat, histogram } from "./chart-spread.js";
import type { Names } from "./data.js";
import { h, swatch } from "./dom.js";
import { type Tip, tips } from "./drawing.js";
import { familyTable } from "./family-table.js";
import { seriesColour } from "./palette.js";
import type { Store } from "./state.js";

/** What the family draws. Each picture has its numbers below, for those who cannot see it or want them exactly. */
export function charts(drawn: readonly Chart[], data: Names, store: Store): readonly HTMLElement[] {
  if (drawn.length === 0) return [];
  return [h("section", { class: "charts", "aria-label": "Charts" }, ...drawn.map((chart) => figure(chart, data, store)))];
}

function figure(chart: Chart, data: Names, store: Store): HTMLElement {
  const box = h("div", { class: "chart-box" });
  const tip = tips(box);
  let width = 0;
  let picture: SVGElement | undefined;
  new ResizeObserver(() => {
    if (box.clientWidth === width || box.clientWidth === 0) return;
    width = box.clientWidth;
    const next = draw(chart, width, tip);
    next.setAttribute("role", "img");
    next.setAttribute("aria-label", printable(`${chart.title}. ${chart.note ?? ""} The numbers are below.`));
    if (picture) picture.replaceWith(next);
    else box.prepend(next);
    picture = next;
  }).observe(box);

  const numbers = h("div", { class: "numbers" });
  const details = h(
    "details",
    {
      ontoggle: () => {
        if (details.open && numbers.childElementCount === 0) numbers.append(familyTable(chartTable(chart), data, store));
      },
    },
    h("summary", {}, "Numbers"),
    numbers,
  );
  return h(
    "figure",
    { class: `chart chart-${chart.kind}` },
    h("figcaption", {}, h("h2", {}, printable(chart.title)), chart.note ? h("p", { class: "muted" }, printable(chart.note)) : null),
    box,
    legendOf(chart),
    details,
  );
}

function draw(chart: Chart, width: number, tip: Tip): SVGElement {
  switch (chart.kind) {
    case "scatter":
      return scatter(chart, width, tip);
    case "roofline":
      return roofline(chart, width, tip);
    case "bars":
      return bars(chart, width, tip);
    case "brackets":
      return brackets(chart, width, tip);
    case "histogram":
      return histogram(chart, width, tip);
    case "heat":
      return heat(chart, width, tip);
  }
}

function legendOf(chart: Chart): HTMLElement | null {
  const series = chart.kind === "bars" ? chart.series : chart.kind === "roofline" ? [...new Set(chart.points.map((p) => p.series))] : [];
  if (series.length < 2) return null;
  return h("ul", { class: "legend" }, ...series.map((name, i) => h("li", {}, swatch(seriesColour(i)), h("bdi", {}, printable(name)))));
}
