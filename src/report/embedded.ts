import { type Columns, fromColumns, type Row, toColumns } from "./columns.js";
import type { Report } from "./report.js";
import type { LedgerLine, LifeRow, SliceRow, StepRow, TensorRow } from "./rows.js";
import type { Table } from "./table.js";

/** A report with its long tables turned into columns, as the page carries it. */
export interface Embedded {
  readonly report: Omit<Report, Long | "tables">;
  readonly long: Readonly<Record<Long, Columns>>;
  readonly tables: readonly (Omit<Table, "rows"> & { readonly rows: Columns })[];
}

type Long = "tensors" | "steps" | "lives" | "slices" | "ledger";

export function embed({ tensors, steps, lives, slices, ledger, tables, ...report }: Report): Embedded {
  return {
    report,
    long: { tensors: packed(tensors), steps: packed(steps), lives: packed(lives), slices: packed(slices), ledger: packed(ledger) },
    tables: tables.map((table) => ({ ...table, rows: packed(table.rows) })),
  };
}

export const unembed = ({ report, long, tables }: Embedded): Report => ({
  ...report,
  tensors: fromColumns<TensorRow>(long.tensors),
  steps: fromColumns<StepRow>(long.steps),
  lives: fromColumns<LifeRow>(long.lives),
  slices: fromColumns<SliceRow>(long.slices),
  ledger: fromColumns<LedgerLine>(long.ledger),
  tables: tables.map((table) => ({ ...table, rows: fromColumns<Row>(table.rows) })),
});

const packed = (rows: readonly Row[]): Columns => toColumns(rows, Object.keys(rows[0] ?? {}));
