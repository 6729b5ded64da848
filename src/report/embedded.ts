import { type Columns, fromColumns, toColumns } from "./columns.js";
import type { Report } from "./report.js";
import type { LedgerLine, LifeRow, SliceRow, StepRow, TensorRow } from "./rows.js";

/** A report with its long tables turned into columns, as the page carries it. */
export interface Embedded {
  readonly report: Omit<Report, Table>;
  readonly tables: Readonly<Record<Table, Columns>>;
}

type Table = "tensors" | "steps" | "lives" | "slices" | "ledger";

export function embed(report: Report): Embedded {
  const { tensors, steps, lives, slices, ledger, ...rest } = report;
  return {
    report: rest,
    tables: {
      tensors: table<TensorRow>(tensors),
      steps: table<StepRow>(steps),
      lives: table<LifeRow>(lives),
      slices: table<SliceRow>(slices),
      ledger: table<LedgerLine>(ledger),
    },
  };
}

export const unembed = ({ report, tables }: Embedded): Report => ({
  ...report,
  tensors: fromColumns<TensorRow>(tables.tensors),
  steps: fromColumns<StepRow>(tables.steps),
  lives: fromColumns<LifeRow>(tables.lives),
  slices: fromColumns<SliceRow>(tables.slices),
  ledger: fromColumns<LedgerLine>(tables.ledger),
});

const table = <R extends Readonly<Record<string, string | number>>>(rows: readonly R[]): Columns =>
  toColumns(rows, Object.keys(rows[0] ?? {}));
