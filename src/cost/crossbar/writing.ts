import type { Seconds } from "../../base/units.js";
import type { Programming } from "../../target/crossbar-target.js";
import { type Changes, flips, inWords } from "./binary-writing.js";

/** What writing new levels into a crossbar takes. */
export interface Writing {
  readonly time: Seconds;
  /** Pulses that raise and that lower cells, verification's repetitions included. */
  readonly up: number;
  readonly down: number;
  /** Groups of cells (rows, where all columns are written at once) that were pulsed, each direction by itself. */
  readonly steps: number;
  /** Writes of cells; a cell that is reset and then set counts twice. */
  readonly writes: number;
}

/** Cells of a crossbar and its operation units. */
export interface Grid {
  readonly rows: number;
  readonly columns: number;
  readonly unit: { readonly rows: number; readonly columns: number };
  /** Bits of a cell; one-bit cells are counted four at a time. */
  readonly cellBits?: number;
}

/** Levels of cells, row-major, and the rows that a load uses, which only the model `fixed` asks for. */
export interface Cells {
  readonly levels: Uint8Array;
  readonly used: Uint8Array;
}

/**
 * Counts what turns `old` levels into those of `next`: the write models of docs/math/crossbar.md, "Writing". Rows
 * without a difference take nothing, except under `fixed`, where one difference makes all used rows be written.
 *
 * @param old row-major levels, `rows` x `columns`.
 * @param wear per cell, raised by one for every write.
 */
export function writing(old: Uint8Array, next: Cells, grid: Grid, programming: Programming, wear?: Uint32Array): Writing {
  const { model, attempts, verifyRead } = programming;
  const { columns } = grid;
  const group = model === "driver" || model === "unit" ? Math.min(programming.drivers, columns) : columns;
  const { levels, used } = next;
  const words = grid.cellBits === 1 && model !== "erase" && inWords(old, levels, columns, group);
  const { up, down, set, reset, steps, writes } = words
    ? flips(old, levels, columns, group, wear)
    : changes(old, levels, grid, programming, group, wear);
  const pulsing = attempts * (set * (programming.set + verifyRead) + reset * (programming.reset + verifyRead));
  const time =
    model === "fixed"
      ? writes > 0
        ? used.reduce((sum, line) => sum + line, 0) * programming.row
        : 0
      : pulsing + (model === "unit" ? touched(old, levels, grid) * programming.row : 0);
  return { time: time as Seconds, up: up * attempts, down: down * attempts, steps, writes };
}

function changes(
  old: Uint8Array,
  levels: Uint8Array,
  { rows, columns }: Grid,
  { model, pulses: kind }: Programming,
  group: number,
  wear: Uint32Array | undefined,
): Changes {
  const single = kind === "single";
  let [up, down, steps, writes, set, reset] = [0, 0, 0, 0, 0, 0];
  for (let row = 0; row < rows; row++) {
    const end = (row + 1) * columns;
    const erased = model === "erase" && differs(old, levels, row * columns, end);
    for (let from = row * columns; from < end; from += group) {
      const to = Math.min(end, from + group);
      let highest = 0;
      let lowest = 0;
      for (let k = from; k < to; k++) {
        const was = old[k]!;
        const is = levels[k]!;
        if (was === is && !erased) continue;
        const raised = erased ? is : is - was;
        const lowered = erased ? was : was - is;
        if (raised > 0) {
          const pulses = single ? 1 : raised;
          up += pulses;
          writes++;
          if (wear !== undefined) wear[k] = wear[k]! + 1;
          if (pulses > highest) highest = pulses;
        }
        if (lowered > 0) {
          const pulses = single ? 1 : lowered;
          down += pulses;
          writes++;
          if (wear !== undefined) wear[k] = wear[k]! + 1;
          if (pulses > lowest) lowest = pulses;
        }
      }
      set += highest;
      reset += lowest;
      steps += Number(highest > 0) + Number(lowest > 0);
    }
  }
  return { up, down, set, reset, steps, writes };
}

function differs(old: Uint8Array, levels: Uint8Array, from: number, to: number): boolean {
  for (let k = from; k < to; k++) if (old[k] !== levels[k]) return true;
  return false;
}

/** Operation units in which a cell changes. */
function touched(old: Uint8Array, levels: Uint8Array, { rows, columns, unit }: Grid): number {
  let count = 0;
  for (let top = 0; top < rows; top += unit.rows)
    for (let left = 0; left < columns; left += unit.columns) {
      const right = Math.min(columns, left + unit.columns);
      let changed = false;
      for (let row = top; row < Math.min(rows, top + unit.rows) && !changed; row++)
        changed = differs(old, levels, row * columns + left, row * columns + right);
      count += Number(changed);
    }
  return count;
}
