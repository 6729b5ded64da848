import { CAUSES } from "../causes.js";
import type { Figure } from "../facts.js";
import { bytesText, exactBytesText, grouped, lowered, percentText, printable } from "../format.js";
import { headline } from "../headline.js";
import { clockedText, exactText, quantityText } from "../quantity.js";
import type { Report } from "../report.js";
import { h, swatch } from "./dom.js";

/** Who, what, how good, and how sure. */
export function header(report: Report, restyle: () => void): HTMLElement {
  const { memories, status } = report;
  const sizes = memories.slice(0, 3).map(({ name, capacityBytes }) => `${bytesText(capacityBytes)} ${lowered(printable(name))} · `);
  return h(
    "header",
    { class: "top" },
    bar(restyle),
    h("h1", {}, h("bdi", {}, printable(report.model))),
    h(
      "p",
      { class: "sub" },
      "on ",
      h("bdi", { class: "strong" }, printable(report.target)),
      ` · ${sizes.join("")}${grouped(report.steps.length)} steps `,
      h("span", { class: `badge ${status}` }, status),
      h(
        "span",
        { class: "badge verified", title: "An independent judge replayed this plan step by step and found no violation." },
        "✓ verified by replay",
      ),
    ),
    h("p", { class: "lead" }, headline(report)),
    h("dl", { class: "figures" }, ...report.figures.map((figure) => figureCard(figure, report))),
    trafficBar(report),
  );
}

/** Who made the page, and the choice between light and dark. */
export const bar = (restyle: () => void): HTMLElement =>
  h(
    "div",
    { class: "bar" },
    h("span", { class: "mark" }, "stowage"),
    h("span", { class: "spring" }),
    h(
      "button",
      { type: "button", class: "quiet", onclick: () => turnTheme(restyle), "aria-label": "Switch between light and dark" },
      "Light / dark",
    ),
  );

/** One figure, and under it the bound: the bar is the value, the part beyond the tick is what a better plan could save at most. */
function figureCard(figure: Figure, { clockHertz }: Report): HTMLElement {
  const { label, value, unit, bound, of, boundNote, source } = figure;
  return h(
    "div",
    { class: "figure", title: `Source: ${source}. ${bound === undefined ? "" : "Floor: "}${printable(boundNote)}.` },
    h("dt", {}, label),
    h(
      "dd",
      {},
      h("span", { class: "big" }, clockedText(value, unit, clockHertz)),
      h("span", { class: "exact" }, `${exactText(value, unit)}${of === undefined ? "" : ` of ${quantityText(of, unit)}`}`),
    ),
    bound === undefined ? null : boundLine(figure, bound, clockHertz),
    h("dd", { class: "note" }, printable(boundNote)),
  );
}

function boundLine({ value, unit, gap = 0 }: Figure, bound: number, clockHertz: number): HTMLElement {
  const filled = h("span", { class: "floor" });
  filled.style.width = `${(value > 0 ? Math.min(1, bound / value) : 1) * 100}%`;
  return h(
    "dd",
    { class: "bound" },
    h("span", { class: "gauge", "aria-hidden": "true" }, filled),
    h("span", {}, `floor ${clockedText(bound, unit, clockHertz)}`),
    h("span", { class: value <= bound ? "gap none" : "gap" }, value <= bound ? "no gap" : `gap ${percentText(gap)}`),
  );
}

/** Off-chip bytes by cause, with the compulsory minimum and the proven floor marked. */
function trafficBar({ traffic, metrics: m, figures, objective }: Report): HTMLElement {
  const floor = figures.find(({ key }) => key === "offChipBytes")?.bound ?? m.compulsoryBytes;
  const total = Math.max(1, m.offChipBytes);
  const parts = traffic.filter((row) => row.sizeBytes > 0);
  const mark = (at: number, text: string, place: string) => {
    const tick = h("span", { class: `tick ${place}` }, h("span", { class: at / total > 0.6 ? "flip" : "" }, text));
    tick.style.left = `${(at / total) * 100}%`;
    return tick;
  };
  return h(
    "section",
    { class: "traffic", "aria-label": "Off-chip traffic by cause" },
    h("h2", {}, "Bytes across the chip boundary"),
    h(
      "div",
      {
        class: "traffic-bar",
        role: "img",
        "aria-label": parts.map((p) => `${CAUSES[p.cause].label} ${bytesText(p.sizeBytes)}`).join(", "),
      },
      mark(m.compulsoryBytes, `compulsory ${bytesText(m.compulsoryBytes)}`, "above"),
      h(
        "div",
        { class: "traffic-parts" },
        ...parts.map((part) => {
          const piece = h("span", { class: `c-${part.cause}`, title: `${CAUSES[part.cause].label}: ${exactBytesText(part.sizeBytes)}` });
          piece.style.width = `${(part.sizeBytes / total) * 100}%`;
          return piece;
        }),
      ),
      floor > m.compulsoryBytes ? mark(floor, `floor ${bytesText(floor)}, ${objective.scope}`, "below") : null,
    ),
    h(
      "ul",
      { class: "legend" },
      ...traffic.map((row) =>
        h(
          "li",
          { class: row.sizeBytes === 0 ? "nil" : "" },
          swatch(row.cause),
          `${CAUSES[row.cause].label} `,
          h("b", {}, bytesText(row.sizeBytes)),
          ` ${percentText(row.sizeBytes / total)}`,
        ),
      ),
      objective.fragmentationBytes === undefined
        ? null
        : h("li", {}, "of it by fragmentation ", h("b", {}, bytesText(objective.fragmentationBytes))),
    ),
  );
}

function turnTheme(restyle: () => void): void {
  const root = document.documentElement;
  const dark = (root.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  root.dataset.theme = dark ? "light" : "dark";
  restyle();
}
