import { CAUSES } from "./causes.js";
import { roomBytes } from "./culprits.js";
import type { Figure } from "./facts.js";
import { bytesText, exactBytesText, lowered, percentText, printable, secondsText } from "./format.js";
import { clockedText, exactText, quantityText } from "./quantity.js";
import type { MemoryReport, Report } from "./report.js";
import { type Column, isNumeric, type Table } from "./table.js";

/** What a piece of text is, for a caller that colours it. */
export type Tone = "title" | "heading" | "good" | "warn" | "dim";

/** The plan on one screen of a terminal. `style` may colour; it must not change what is visible. */
export function text(report: Report, style: (tone: Tone, text: string) => string = (_, plain) => plain): string {
  const { objective: o, memories, coverage } = report;
  const heading = (words: string) => style("heading", words);
  const summary = columns(
    [["", "plan", "exactly", "proven floor", "gap"], ...report.figures.flatMap((f) => figureLines(f, report))],
    "lrrrr",
  );

  return [
    style("title", `${printable(report.model)} on ${printable(report.target)}`),
    `${style(report.status === "optimal" ? "good" : "warn", report.status)}, ${style("good", "verified by replay")}, ${report.steps.length} steps${timeText(report)}`,
    "",
    ...summary.map((line, i) => (i === 0 ? style("dim", line) : line)),
    "",
    `Busy: ${busyText(report)}`,
    `Bound on ${lowered(o.label)}: ${o.scope}; ${printable(o.proof)}`,
    ...(o.orderBound === undefined || o.orderBound <= o.bound ? [] : [`For this order alone: at least ${exactText(o.orderBound, o.unit)}`]),
    ...memories.slice(0, MEMORIES).flatMap((memory) => livePeak(report, memory, heading)),
    ...culprits(report, heading),
    ...tightest(report, heading),
    ...report.tables.flatMap((table) => familyTable(report, table, heading)),
    "",
    coverageText(coverage),
    ...coverage.notModelled
      .slice(0, 3)
      .map((n) => style("warn", `  ${printable(n.type)} ${short(n.operator, 40)}: ${printable(n.reason)}`)),
    ...warningsText(report).map((line) => style("warn", line)),
    "",
  ].join("\n");
}

/** Rows shown of each of a family's tables, memories and resources spelt out. */
const ROWS = 8;
const MEMORIES = 3;
const RESOURCES = 6;

/** A figure's line; below the traffic, its parts, and what is proven about those beyond the compulsory. */
function figureLines(figure: Figure, report: Report): Line[] {
  const { figures, traffic, objective } = report;
  const beyond = figures.find(({ key }) => key === BEYOND);
  if (figure.key === BEYOND && figures.some(({ key }) => key === TRAFFIC)) return [];
  const line = figureLine(figure, report);
  if (figure.key !== TRAFFIC) return [line];
  const parts = (compulsory: boolean): Line[] =>
    traffic
      .filter((row) => row.compulsory === compulsory && row.sizeBytes > 0)
      .map((row) => [`    ${CAUSES[row.cause].label}`, bytesText(row.sizeBytes), exactBytesText(row.sizeBytes), "", ""]);
  const sum = (compulsory: boolean) => traffic.reduce((n, row) => (row.compulsory === compulsory ? n + row.sizeBytes : n), 0);
  const { fragmentationBytes } = objective;
  return [
    line,
    ["  compulsory", bytesText(sum(true)), exactBytesText(sum(true)), "", ""],
    ...parts(true),
    beyond === undefined
      ? ["  beyond compulsory", bytesText(sum(false)), exactBytesText(sum(false)), "", ""]
      : figureLine({ ...beyond, label: "  beyond compulsory" }, report),
    ...parts(false),
    ...(fragmentationBytes === undefined
      ? []
      : [["    of it by fragmentation", bytesText(fragmentationBytes), exactBytesText(fragmentationBytes), "", ""]]),
  ];
}

const TRAFFIC = "offChipBytes";
const BEYOND = "nonCompulsoryBytes";

function figureLine({ label, value, unit, bound, gap, of }: Figure, { clockHertz }: Report): Line {
  // Beside the time stands the number of cycles, and so it does for the floor.
  const proven =
    bound === undefined || gap === undefined ? ["", ""] : [`≥ ${quantityText(bound, unit)}`, value <= bound ? "none" : percentText(gap)];
  const capacity = of === undefined ? "" : `, of ${quantityText(of, unit)}`;
  return [label + capacity, clockedText(value, unit, clockHertz), exactText(value, unit), ...proven];
}

/** Shares of the time that the events cover: of a pipeline or of a table that repeats, more than one frame. */
function busyText({ resources, slices }: Report): string {
  const span = slices.reduce((end, slice) => Math.max(end, slice.endCycle), 0);
  const shown = resources.slice(0, RESOURCES).map((r) => `${printable(r.name)} ${percentText(span === 0 ? 0 : r.busyCycles / span)}`);
  const more = resources.length - shown.length;
  return [...shown, ...(more > 0 ? [`and ${more} more`] : [])].join(", ");
}

function timeText({ seconds }: Report): string {
  const total = Object.values(seconds).reduce((sum, s) => sum + s, 0);
  return total > 0 ? `, ${secondsText(total)}` : "";
}

function livePeak(
  { lives, tensors, steps }: Report,
  { name, peakStep, liveAtPeak, peakBytes, liveAtPeakBytes }: MemoryReport,
  heading: (words: string) => string,
): string[] {
  const rows = liveAtPeak.slice(0, 3).flatMap((i): Line[] => {
    const life = lives[i];
    return life ? [[`  ${short(tensors[life.tensor]?.name ?? "", 40)}`, bytesText(life.sizeBytes), life.kind]] : [];
  });
  const others = liveAtPeak.slice(3).reduce((sum, i) => sum + (lives[i]?.sizeBytes ?? 0), 0);
  if (others > 0) rows.push([`  and ${liveAtPeak.length - 3} more`, bytesText(others), ""]);
  if (peakBytes > liveAtPeakBytes) rows.push(["  free or reserved below the peak", bytesText(peakBytes - liveAtPeakBytes), ""]);
  return [
    "",
    ...titled(heading, columns([[`${printable(name)} at its peak, step ${peakStep} of ${steps.length}`, "size", ""], ...rows], "lrl")),
  ];
}

function culprits({ tensors, steps, culprits: { tensors: worst } }: Report, heading: (words: string) => string): string[] {
  if (worst.length === 0) return [];
  const others = worst.some((i) => (tensors[i]?.otherBytes ?? 0) > 0);
  const rows = worst.slice(0, 5).flatMap((i): Line[] => {
    const t = tensors[i];
    return t
      ? [
          [
            `  ${short(t.name, 40)}`,
            bytesText(t.sizeBytes),
            bytesText(t.spillBytes),
            bytesText(t.refetchBytes),
            ...(others ? [bytesText(t.otherBytes)] : []),
            short(steps[t.producer]?.name ?? "outside", 32),
          ],
        ]
      : [];
  });
  return [
    "",
    ...titled(
      heading,
      columns(
        [["Most bytes beyond compulsory", "size", "spilled", "fetched again", ...(others ? ["otherwise"] : []), "made by"], ...rows],
        others ? "lrrrrl" : "lrrrl",
      ),
    ),
  ];
}

function tightest(report: Report, heading: (words: string) => string): string[] {
  const room = roomBytes(report);
  const rows = report.culprits.steps.slice(0, 3).flatMap((i): Line[] => {
    const s = report.steps[i];
    return s ? [[`  ${short(s.name, 40)}`, bytesText(s.needBytes), bytesText(room - s.needBytes), s.type]] : [];
  });
  return rows.length === 0
    ? []
    : ["", ...titled(heading, columns([["Tightest steps", "operands", "leave free", "type"], ...rows], "lrrl"))];
}

function familyTable(report: Report, table: Table, heading: (words: string) => string): string[] {
  if (table.rows.length === 0) return [];
  const cell = (row: Table["rows"][number], { key, unit, refers }: Column): string => {
    const value = row[key] ?? "";
    if (refers === "step") return short(report.steps[Number(value)]?.name ?? "", 32);
    return typeof value === "number" ? quantityText(value, unit ?? "") : short(value, 32);
  };
  const shown = table.columns.filter(({ detail }) => detail !== true);
  const rows = table.rows.slice(0, ROWS).map((row) => shown.map((column, c) => (c === 0 ? "  " : "") + cell(row, column)));
  const titles = shown.map(({ label }, c) => (c === 0 ? [table.title, label].filter(Boolean).join(": ") : label));
  const more = table.rows.length - rows.length;
  return [
    "",
    ...titled(heading, columns([titles, ...rows], shown.map((column) => (isNumeric(table, column) ? "r" : "l")).join(""))),
    ...(more > 0 ? [`  and ${more} more; \`stowage export --to csv --table ${table.key}\` has them all`] : []),
  ];
}

const coverageText = ({ macs, activationBytes, notModelled }: Report["coverage"]): string =>
  `Coverage: ${percentText(macs)} of the MACs, ${percentText(activationBytes)} of the activation bytes${
    notModelled.length === 0 ? "" : `; ${notModelled.length} not modelled:`
  }`;

function warningsText({ warnings }: Report): string[] {
  const shown = warnings.slice(0, 3).map((w) => `${w.code}: ${printable(w.message)} (${printable(w.where)})`);
  return warnings.length > 3 ? [...shown, `and ${warnings.length - 3} more warnings`] : shown;
}

/** A name in at most `width` characters; what goes is the middle, because ends tell operators apart. */
export function short(name: string, width: number): string {
  const clean = [...printable(name)];
  if (clean.length <= width) return clean.join("");
  const tail = Math.ceil((width - 1) * 0.6);
  return `${clean.slice(0, width - 1 - tail).join("")}…${clean.slice(-tail).join("")}`;
}

export type Line = readonly string[];

/** Lines of equal column widths, two spaces between; `align` has `l` or `r` for each column. */
export function columns(rows: readonly Line[], align: string): string[] {
  const widths = [...align].map((_, c) => rows.reduce((w, row) => Math.max(w, [...(row[c] ?? "")].length), 0));
  return rows.map((row) =>
    row
      .map((cell, c) => {
        const pad = " ".repeat((widths[c] ?? 0) - [...cell].length);
        return align[c] === "r" ? pad + cell : cell + pad;
      })
      .join("  ")
      .trimEnd(),
  );
}

const titled = (heading: (words: string) => string, [first = "", ...rest]: readonly string[]): string[] => [heading(first), ...rest];
