import type { Report } from "./report.js";
import { PLAN_TABLES } from "./table.js";

/** The keys of the tables that this report has. */
export const csvTables = ({ tables }: Report): readonly string[] => [...PLAN_TABLES, ...tables.map(({ key }) => key)];

/**
 * One table of the report as CSV (RFC 4180: CRLF, quoted where needed), with a header whose names carry the unit.
 * A text cell that a spreadsheet would run as a formula gets an apostrophe before it; numbers stay numbers.
 *
 * @param key one of `csvTables`; undefined comes back for any other.
 */
export function csv(report: Report, key: string): string | undefined {
  const table = planTable(report, key) ?? familyTable(report, key);
  if (table === undefined) return undefined;
  const [header, rows] = table;
  return [header, ...rows].map((cells) => `${cells.map(cell).join(",")}\r\n`).join("");
}

type Cell = string | number;
type Lines = readonly [header: readonly string[], rows: readonly (readonly Cell[])[]];

function planTable({ ledger, lives, tensors, memories, steps }: Report, key: string): Lines | undefined {
  switch (key as (typeof PLAN_TABLES)[number]) {
    case "ledger":
      return [
        ["step", "operator", "tensor", "link", "direction", "cause", "sizeBytes"],
        ledger.map((l) => [l.step, l.operator, tensors[l.tensor]?.name ?? "", l.link, l.direction, l.cause, l.sizeBytes]),
      ];
    case "residency":
      return [
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
      ];
    case "steps":
      return [
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
      ];
    default:
      return undefined;
  }
}

function familyTable({ tables, steps }: Report, key: string): Lines | undefined {
  const table = tables.find((t) => t.key === key);
  return (
    table && [
      table.columns.map((column) => column.key),
      table.rows.map((row) =>
        table.columns.map((column) => (column.refers === "step" ? (steps[Number(row[column.key])]?.name ?? "") : (row[column.key] ?? ""))),
      ),
    ]
  );
}

function cell(value: Cell): string {
  if (typeof value === "number") return String(value);
  // Tab and carriage return count too: spreadsheets skip them and run what follows.
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
