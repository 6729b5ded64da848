import type { Unit } from "./quantity.js";
import type { Column, Table } from "./table.js";

/** A picture as data. The page draws it and shows `chartTable` of it to those who cannot see it. */
export type Chart = Scatter | Roofline | Bars | Brackets | Histogram | Heat;

interface Titled {
  readonly title: string;
  /** A sentence below: what to see in it, or where the numbers are from. */
  readonly note?: string;
}

/** A quantity along one side of a chart. */
export interface Scale {
  readonly label: string;
  readonly unit: Unit;
  readonly spacing: "linear" | "log";
}

/** Points of which some are on the Pareto front (joined by a line), and some of those are knees (named; of few points all are). Less is better on both sides. */
export interface Scatter extends Titled {
  readonly kind: "scatter";
  readonly x: Scale;
  readonly y: Scale;
  readonly points: readonly {
    readonly label: string;
    readonly x: number;
    readonly y: number;
    readonly front?: boolean;
    readonly knee?: boolean;
  }[];
}

/** Attained against attainable rate. Both sides are logarithmic; every value is more than 0. */
export interface Roofline extends Titled {
  readonly kind: "roofline";
  /** Flat roofs, in MACs per second. */
  readonly peaks: readonly { readonly label: string; readonly macsPerSecond: number }[];
  /** Sloped roofs, in bytes per second. */
  readonly links: readonly { readonly label: string; readonly bytesPerSecond: number }[];
  /** MACs per byte over the first link, and MACs per second. Those of one `series` share a mark. */
  readonly points: readonly {
    readonly label: string;
    readonly series: string;
    readonly macsPerByte: number;
    readonly macsPerSecond: number;
  }[];
}

/** Stacked bars, one for each group: energy by level, cycles by part. `values[i]` belongs to `series[i]`. */
export interface Bars extends Titled {
  readonly kind: "bars";
  readonly unit: Unit;
  readonly series: readonly string[];
  readonly groups: readonly { readonly label: string; readonly values: readonly number[] }[];
  /** A line across all bars: a budget, or the slowest stage. */
  readonly mark?: { readonly label: string; readonly value: number };
}

/** Groups of consecutive operators, half-open, over the operator order. Groups do not overlap; an operator may be in none. */
export interface Brackets extends Titled {
  readonly kind: "brackets";
  readonly operators: readonly string[];
  readonly groups: readonly { readonly label: string; readonly start: number; readonly end: number; readonly note: string }[];
  /** A height over each operator, such as its off-chip bytes; `outline` draws what to hold it against. */
  readonly heights?: {
    readonly label: string;
    readonly unit: Unit;
    readonly values: readonly number[];
    readonly outline?: { readonly label: string; readonly values: readonly number[] };
  };
}

/** How many things have a value within each bin, half-open. */
export interface Histogram extends Titled {
  readonly kind: "histogram";
  readonly x: Scale;
  readonly counted: string;
  readonly bins: readonly { readonly start: number; readonly end: number; readonly count: number }[];
}

/** A value for each place of a grid, row by row; at most 10,000 places. */
export interface Heat extends Titled {
  readonly kind: "heat";
  readonly unit: Unit;
  readonly label: string;
  /** Rows may have names. */
  readonly rows: { readonly label: string; readonly count: number; readonly names?: readonly string[] };
  readonly columns: { readonly label: string; readonly count: number };
  readonly values: readonly number[];
}

/** The numbers of a chart. */
export function chartTable(chart: Chart): Table {
  const table = (columns: readonly Column[], rows: Table["rows"]): Table => ({ key: chart.kind, title: chart.title, columns, rows });
  switch (chart.kind) {
    case "scatter":
      return table(
        [word("label", "point"), number("x", chart.x), number("y", chart.y), word("role", "front")],
        chart.points.map(({ label, x, y, front, knee }) => ({ label, x, y, role: knee ? "knee" : front ? "front" : "" })),
      );
    case "roofline":
      return table(
        [
          word("label", "point"),
          word("series", "series"),
          number("macsPerByte", { label: "intensity", unit: "MAC/B" }),
          number("macsPerSecond", { label: "rate", unit: "MAC/s" }),
        ],
        chart.points,
      );
    case "bars":
      return table(
        [word("label", "bar"), ...chart.series.map((label, i) => number(`v${i}`, { label, unit: chart.unit }))],
        chart.groups.map(({ label, values }) => ({ label, ...Object.fromEntries(chart.series.map((_, i) => [`v${i}`, values[i] ?? 0])) })),
      );
    case "brackets":
      return table(
        [word("label", "group"), word("first", "first operator"), word("last", "last operator"), word("note", "note")],
        chart.groups.map(({ label, start, end, note }) => ({
          label,
          first: chart.operators[start] ?? "",
          last: chart.operators[end - 1] ?? "",
          note,
        })),
      );
    case "histogram":
      return table(
        [
          number("start", { ...chart.x, label: `${chart.x.label}, from` }),
          number("end", { ...chart.x, label: "to" }),
          number("count", { label: chart.counted, unit: "" }),
        ],
        chart.bins,
      );
    case "heat":
      return table(
        [
          chart.rows.names ? word("row", chart.rows.label) : number("row", { label: chart.rows.label, unit: "" }),
          number("column", { label: chart.columns.label, unit: "" }),
          number("value", chart),
        ],
        chart.values.map((value, i) => {
          const row = Math.floor(i / chart.columns.count);
          return { row: chart.rows.names?.[row] ?? row, column: i % chart.columns.count, value };
        }),
      );
  }
}

const word = (key: string, label: string): Column => ({ key, label });
const number = (key: string, { label, unit }: { readonly label: string; readonly unit: Unit }): Column => ({ key, label, unit });
