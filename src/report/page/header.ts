import { bytesText, cyclesText, energyText, exactBytesText, grouped, percentText, printable, secondsText } from "../format.js";
import { headline } from "../headline.js";
import type { Figure, Report } from "../report.js";
import { h, swatch } from "./dom.js";

/** Who, what, how good, and how sure. */
export function header(report: Report, restyle: () => void): HTMLElement {
  const { metrics: m, status } = report;
  return h(
    "header",
    { class: "top" },
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
    ),
    h("h1", {}, h("bdi", {}, printable(report.model))),
    h(
      "p",
      { class: "sub" },
      "on ",
      h("bdi", { class: "strong" }, printable(report.target)),
      ` · ${bytesText(m.capacityBytes)} scratchpad · ${grouped(m.operators)} steps `,
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

/** One figure, and under it the bound: the bar is the value, the part beyond the tick is what a better plan could save at most. */
function figureCard(figure: Figure, report: Report): HTMLElement {
  const { big, exact, bound } = words(figure, report);
  const share = figure.value > 0 ? Math.min(1, figure.bound / figure.value) : 1;
  const filled = h("span", { class: "floor" });
  filled.style.width = `${share * 100}%`;
  return h(
    "div",
    { class: "figure", title: `Source: ${figure.source}. Floor: ${printable(figure.boundNote)}.` },
    h("dt", {}, figure.label),
    h("dd", {}, h("span", { class: "big" }, big), h("span", { class: "exact" }, exact)),
    h(
      "dd",
      { class: "bound" },
      h("span", { class: "gauge", "aria-hidden": "true" }, filled),
      h("span", {}, `floor ${bound}`),
      h(
        "span",
        { class: figure.value <= figure.bound ? "gap none" : "gap" },
        figure.value <= figure.bound ? "no gap" : `gap ${percentText(figure.gap)}`,
      ),
    ),
    h("dd", { class: "note" }, printable(figure.boundNote)),
  );
}

function words({ unit, value, bound }: Figure, { metrics: m, clockHertz }: Report): { big: string; exact: string; bound: string } {
  switch (unit) {
    case "B":
      return { big: bytesText(value), exact: exactBytesText(value), bound: bytesText(bound) };
    case "cycle":
      return { big: secondsText(m.latencySeconds), exact: cyclesText(value), bound: secondsText(bound / clockHertz) };
    case "s":
      return { big: secondsText(value), exact: `${value} s`, bound: secondsText(bound) };
    case "pJ":
      return { big: energyText(value), exact: `${grouped(Math.round(value))} pJ`, bound: energyText(bound) };
  }
}

/** Off-chip bytes by cause, with the compulsory minimum and the proven floor marked. */
function trafficBar({ traffic, metrics: m, objective }: Report): HTMLElement {
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
      { class: "traffic-bar", role: "img", "aria-label": parts.map((p) => `${p.cause} ${bytesText(p.sizeBytes)}`).join(", ") },
      mark(m.compulsoryBytes, `compulsory ${bytesText(m.compulsoryBytes)}`, "above"),
      h(
        "div",
        { class: "traffic-parts" },
        ...parts.map((part) => {
          const piece = h("span", { class: `c-${part.cause}`, title: `${part.cause}: ${exactBytesText(part.sizeBytes)}` });
          piece.style.width = `${(part.sizeBytes / total) * 100}%`;
          return piece;
        }),
      ),
      objective.bound > 0
        ? mark(m.compulsoryBytes + objective.bound, `floor ${bytesText(m.compulsoryBytes + objective.bound)}, ${objective.scope}`, "below")
        : null,
    ),
    h(
      "ul",
      { class: "legend" },
      ...traffic.map((row) =>
        h(
          "li",
          { class: row.sizeBytes === 0 ? "nil" : "" },
          swatch(row.cause),
          `${LABELS[row.cause]} `,
          h("b", {}, bytesText(row.sizeBytes)),
          ` ${percentText(row.sizeBytes / total)}`,
        ),
      ),
    ),
  );
}

const LABELS = { input: "inputs", weight: "weights", output: "outputs", spill: "spilled", refetch: "fetched again" } as const;

function turnTheme(restyle: () => void): void {
  const root = document.documentElement;
  const dark = (root.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  root.dataset.theme = dark ? "light" : "dark";
  restyle();
}
