import type { Diagnostic } from "../base/diagnostic.js";
import type { Chart } from "./chart.js";
import { printable } from "./format.js";
import { exactText, quantityText, type Unit } from "./quantity.js";
import { isNumeric, type Table } from "./table.js";
import { columns, short, type Tone } from "./text.js";

/** A report that is not about one plan: a few figures, pictures and tables, as plain JSON. */
export interface Sheet {
  readonly title: string;
  readonly subtitle: string;
  /** One sentence: what came of it. */
  readonly lead: string;
  readonly figures: readonly SheetFigure[];
  readonly charts: readonly Chart[];
  readonly tables: readonly Table[];
  /** Sentences a reader must know before trusting a figure. */
  readonly assumptions: readonly string[];
  readonly warnings: readonly Diagnostic[];
  /** What it was made from: names and values. */
  readonly provenance: readonly (readonly [string, string])[];
}

export interface SheetFigure {
  readonly label: string;
  readonly value: number;
  readonly unit: Unit;
  readonly note: string;
}

/** Rows shown of each table, and warnings. */
const ROWS = 12;
const WARNINGS = 3;

/** The sheet on one screen of a terminal. `style` may colour; it must not change what is visible. */
export function sheetText(sheet: Sheet, style: (tone: Tone, text: string) => string = (_, plain) => plain): string {
  const { title, subtitle, lead, figures, tables, warnings } = sheet;
  return [
    style("title", printable(title)),
    style("dim", printable(subtitle)),
    "",
    printable(lead),
    "",
    ...columns(
      figures.map(({ label, value, unit, note }) => [label, quantityText(value, unit), exactText(value, unit), short(note, 60)]),
      "lrrl",
    ),
    ...tables.flatMap((table) => tableLines(table, style)),
    ...warnings.slice(0, WARNINGS).map(({ code, where, message }) => style("warn", `${code}: ${printable(message)} (${printable(where)})`)),
    ...(warnings.length > WARNINGS ? [style("warn", `and ${warnings.length - WARNINGS} more warnings`)] : []),
    "",
  ].join("\n");
}

function tableLines(table: Table, style: (tone: Tone, text: string) => string): string[] {
  if (table.rows.length === 0) return [];
  const shown = table.columns.filter(({ detail }) => detail !== true);
  const cell = (value: string | number, unit: Unit = ""): string =>
    typeof value === "number" ? quantityText(value, unit) : short(value, 56);
  const rows = table.rows.slice(0, ROWS).map((row) => shown.map(({ key, unit }) => cell(row[key] ?? "", unit)));
  const [head = "", ...body] = columns(
    [shown.map(({ label }) => label), ...rows],
    shown.map((column) => (isNumeric(table, column) ? "r" : "l")).join(""),
  );
  const more = table.rows.length - rows.length;
  return ["", style("heading", table.title), style("dim", head), ...body, ...(more > 0 ? [`and ${more} more`] : [])];
}
