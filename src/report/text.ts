import { bytesText, cyclesText, energyText, exactBytesText, percentText, printable, secondsText } from "./format.js";
import type { Figure, MemoryReport, Report } from "./report.js";

/** What a piece of text is, for a caller that colours it. */
export type Tone = "title" | "heading" | "good" | "warn" | "dim";

/** The plan on one screen of a terminal. `style` may colour; it must not change what is visible. */
export function text(report: Report, style: (tone: Tone, text: string) => string = (_, plain) => plain): string {
  const { metrics: m, objective: o, memories, coverage } = report;
  const heading = (words: string) => style("heading", words);
  const figure = (key: Figure["key"]): Figure | undefined => report.figures.find((f) => f.key === key);
  const bounded = (key: Figure["key"], say: (n: number) => string): readonly [string, string] => {
    const f = figure(key);
    return f ? [`≥ ${say(f.bound)}`, gapText(f)] : ["", ""];
  };
  const bytes = (n: number) => [bytesText(n), exactBytesText(n)] as const;
  const part = (words: string, n: number): Line[] => (n === 0 ? [] : [[`    ${words}`, ...bytes(n), "", ""]]);

  const summary = columns(
    [
      ["", "plan", "exactly", "proven floor", "gap"],
      ["Off-chip traffic", ...bytes(m.offChipBytes), ...bounded("offChipBytes", bytesText)],
      ["  compulsory", ...bytes(m.compulsoryBytes), "", ""],
      ...part("inputs", m.inputBytes),
      ...part("weights", m.weightBytes),
      ...part("outputs", m.outputBytes),
      ["  beyond compulsory", ...bytes(m.nonCompulsoryBytes), ...bounded("nonCompulsoryBytes", bytesText)],
      ...part("spilled", m.spillBytes),
      ...part("fetched again", m.refetchBytes),
      [`Scratchpad peak, of ${bytesText(m.capacityBytes)}`, ...bytes(m.peakBytes), ...bounded("peakBytes", bytesText)],
      ["Latency", secondsText(m.latencySeconds), cyclesText(m.latencyCycles), ...bounded("latencyCycles", cyclesText)],
      [
        "Energy",
        energyText(m.energyPicojoules),
        `${Math.round(m.energyPicojoules).toLocaleString("en")} pJ`,
        ...bounded("energyPicojoules", energyText),
      ],
    ],
    "lrrrr",
  ).map((line, i) => (i === 0 ? style("dim", line) : line));

  return [
    style("title", `${printable(report.model)} on ${printable(report.target)}`),
    `${style(report.status === "optimal" ? "good" : "warn", report.status)}, ${style("good", "verified by replay")}, ${m.operators} steps${timeText(report)}`,
    "",
    ...summary,
    "",
    `Busy: ${report.resources.map((r) => `${r.name} ${percentText(m.latencyCycles === 0 ? 0 : r.busyCycles / m.latencyCycles)}`).join(", ")}`,
    `Bound: ${o.scope}; ${printable(o.proof)}`,
    ...(o.orderBound === undefined || o.orderBound <= o.bound
      ? []
      : [`For this order alone: at least ${exactBytesText(o.orderBound)} beyond compulsory`]),
    ...memories.flatMap((memory) => livePeak(report, memory, heading)),
    ...culprits(report, heading),
    ...tightest(report, heading),
    "",
    coverageText(coverage),
    ...coverage.notModelled
      .slice(0, 3)
      .map((n) => style("warn", `  ${printable(n.type)} ${short(n.operator, 40)}: ${printable(n.reason)}`)),
    ...warningsText(report).map((line) => style("warn", line)),
    "",
  ].join("\n");
}

function timeText({ seconds }: Report): string {
  const total = Object.values(seconds).reduce((sum, s) => sum + s, 0);
  return total > 0 ? `, ${secondsText(total)}` : "";
}

const gapText = ({ value, bound, gap }: Figure): string => (value <= bound ? "none" : percentText(gap));

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
  return ["", ...titled(heading, columns([[`${name} at its peak, step ${peakStep} of ${steps.length}`, "size", ""], ...rows], "lrl"))];
}

function culprits({ tensors, steps, culprits: { tensors: worst } }: Report, heading: (words: string) => string): string[] {
  if (worst.length === 0) return [];
  const rows = worst.slice(0, 5).flatMap((i): Line[] => {
    const t = tensors[i];
    return t
      ? [
          [
            `  ${short(t.name, 40)}`,
            bytesText(t.sizeBytes),
            bytesText(t.spillBytes),
            bytesText(t.refetchBytes),
            short(steps[t.producer]?.name ?? "outside", 32),
          ],
        ]
      : [];
  });
  return [
    "",
    ...titled(heading, columns([["Most bytes beyond compulsory", "size", "spilled", "fetched again", "made by"], ...rows], "lrrrl")),
  ];
}

function tightest({ steps, metrics: m, culprits: { steps: worst }, memories }: Report, heading: (words: string) => string): string[] {
  const reserved = (memories[0]?.reserved ?? []).reduce((sum, r) => sum + r.endByte - r.startByte, 0);
  const rows = worst.slice(0, 3).flatMap((i): Line[] => {
    const s = steps[i];
    return s ? [[`  ${short(s.name, 40)}`, bytesText(s.needBytes), bytesText(m.capacityBytes - reserved - s.needBytes), s.type]] : [];
  });
  return rows.length === 0
    ? []
    : ["", ...titled(heading, columns([["Tightest steps", "operands", "leave free", "type"], ...rows], "lrrl"))];
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
function short(name: string, width: number): string {
  const clean = [...printable(name)];
  if (clean.length <= width) return clean.join("");
  const tail = Math.ceil((width - 1) * 0.6);
  return `${clean.slice(0, width - 1 - tail).join("")}…${clean.slice(-tail).join("")}`;
}

type Line = readonly string[];

/** Lines of equal column widths, two spaces between; `align` has `l` or `r` for each column. */
function columns(rows: readonly Line[], align: string): string[] {
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
