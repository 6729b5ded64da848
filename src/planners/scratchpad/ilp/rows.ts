import type { Mip } from "../../../search/mip.js";

/** A coefficient and the column it stands before. */
export type Term = readonly [coefficient: number, column: number];

/** Writes a programme column by column and row by row; terms of one row that share a column are added up. */
export interface MipWriter {
  /** A whole column from `lower` to `upper`; its number. */
  column(cost: number, lower: number, upper: number): number;
  row(lower: number, terms: readonly Term[], upper: number): void;
  done(): Mip;
}

export function mipWriter(): MipWriter {
  const cost: number[] = [];
  const columnLower: number[] = [];
  const columnUpper: number[] = [];
  const rowStart: number[] = [0];
  const index: number[] = [];
  const value: number[] = [];
  const rowLower: number[] = [];
  const rowUpper: number[] = [];
  return {
    column(price, lower, upper) {
      columnLower.push(lower);
      columnUpper.push(upper);
      return cost.push(price) - 1;
    },
    row(lower, terms, upper) {
      const start = index.length;
      for (const [coefficient, column] of terms) {
        const at = index.indexOf(column, start);
        if (at >= 0) value[at]! += coefficient;
        else {
          index.push(column);
          value.push(coefficient);
        }
      }
      rowStart.push(index.length);
      rowLower.push(lower);
      rowUpper.push(upper);
    },
    done: () => ({
      columns: cost.length,
      cost: Float64Array.from(cost),
      columnLower: Float64Array.from(columnLower),
      columnUpper: Float64Array.from(columnUpper),
      integer: new Uint8Array(cost.length).fill(1),
      rowStart: Int32Array.from(rowStart),
      index: Int32Array.from(index),
      value: Float64Array.from(value),
      rowLower: Float64Array.from(rowLower),
      rowUpper: Float64Array.from(rowUpper),
    }),
  };
}
