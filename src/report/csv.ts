import type { Report } from "./report.js";

/** The tables that can be had as CSV; `csv` states their columns. */
export const CSV_TABLES = ["ledger", "residency", "steps"] as const;
export type CsvTable = (typeof CSV_TABLES)[number];

/**
 * One table of the report as CSV (RFC 4180: CRLF, quoted where needed), with a header whose names carry the unit.
 * A text cell that a spreadsheet would run as a formula gets an apostrophe before it; numbers stay numbers.
 */
export function csv(report: Report, table: CsvTable): string {
  const [header, rows] = TABLES[table](report);
  return [header, ...rows].map((cells) => `${cells.map(cell).join(",")}\r\n`).join("");
}

type Cell = string | number;
type Table = readonly [header: readonly string[], rows: readonly (readonly Cell[])[]];

const TABLES: Readonly<Record<CsvTable, (report: Report) => Table>> = {
  ledger: ({ ledger, tensors }) => [
    ["step", "operator", "tensor", "link", "direction", "cause", "sizeBytes"],
    ledger.map((l) => [l.step, l.operator, tensors[l.tensor]?.name ?? "", l.link, l.direction, l.cause, l.sizeBytes]),
  ],
  residency: ({ lives, tensors, memories }) => [
    ["memory", "tensor", "kind", "offsetBytes", "sizeBytes", "startStep", "endStep", "startCycle", "endCycle", "arrival", "departure"],
    lives.map((l) => [
      memories[l.memory]?.name ?? "",
      tensors[l.tensor]?.name ?? "",
      l.kind,
      l.offsetBytes,
      l.sizeBytes,
      l.startStep,
      l.endStep,
      l.startCycle,
      l.endCycle,
      l.arrival,
      l.departure,
    ]),
  ],
  steps: ({ steps }) => [
    ["step", "operator", "type", "startCycle", "endCycle", "stallCycles", "waitsFor", "needBytes", "liveBytes", "inBytes", "outBytes"],
    steps.map((s, i) => [
      i,
      s.name,
      s.type,
      s.startCycle,
      s.endCycle,
      s.stallCycles,
      s.waitsFor,
      s.needBytes,
      s.liveBytes,
      s.inBytes,
      s.outBytes,
    ]),
  ],
};

function cell(value: Cell): string {
  if (typeof value === "number") return String(value);
  // Tab and carriage return count too: spreadsheets skip them and run what follows.
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
