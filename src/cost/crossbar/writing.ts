import type { Seconds } from "../../base/units.js";
import type { Programming } from "../../target/crossbar-target.js";
import { type Changes, flips, inWords } from "./binary-writing.js";
import { differ, type Format, filled, formatOf, type Wear, wearOut } from "./cells.js";

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
  readonly cellBits: number;
  readonly unit: { readonly rows: number; readonly columns: number };
}

/** Cells in words (`formatOf`), and the rows that a load uses: no others change. */
export interface Cells {
  readonly cells: Uint32Array;
  readonly used: Uint8Array;
}

/**
 * Counts what turns `old` cells into those of `next`: the write models of docs/math/crossbar.md, "Writing". Rows
 * without a difference take nothing, except under `fixed`, where one difference makes all used rows be written.
 *
 * @param wear raised by one for every write of a cell.
 */
export function writing(old: Uint32Array, { cells, used }: Cells, grid: Grid, programming: Programming, wear?: Wear): Writing {
  const { model, attempts, verifyRead } = programming;
  const { rows, columns, cellBits } = grid;
  const format = formatOf(rows, columns, cellBits);
  const group = model === "driver" || model === "unit" ? Math.min(programming.drivers, columns) : columns;
  const { up, down, set, reset, steps, writes } =
    cellBits === 1 && model !== "erase" && inWords(group, columns)
      ? flips(old, cells, used, format.rowWords, group >= columns ? format.rowWords * 32 : group, wear)
      : changes(old, cells, used, format, programming, group, wear);
  const pulsing = attempts * (set * (programming.set + verifyRead) + reset * (programming.reset + verifyRead));
  const time =
    model === "fixed"
      ? writes > 0
        ? used.reduce((sum, line) => sum + line, 0) * programming.row
        : 0
      : pulsing + (model === "unit" ? touched(old, cells, used, grid, format) * programming.row : 0);
  return { time: time as Seconds, up: up * attempts, down: down * attempts, steps, writes };
}

/** Goes through the cells that change, row by row; under `erase` through all that are or were not 0, in rows that change. */
function changes(
  old: Uint32Array,
  cells: Uint32Array,
  used: Uint8Array,
  { bits, rowWords, words }: Format,
  { model, pulses: kind }: Programming,
  group: number,
  wear: Wear | undefined,
): Changes {
  const single = kind === "single";
  const level = 2 ** bits - 1;
  let [up, down, steps, writes, set, reset] = [0, 0, 0, 0, 0, 0];
  // Of the group at hand.
  let [highest, lowest, end] = [0, 0, 0];
  const closed = () => {
    set += highest;
    reset += lowest;
    steps += Number(highest > 0) + Number(lowest > 0);
    highest = 0;
    lowest = 0;
  };
  for (let row = 0; row < words; row += rowWords) {
    if (used[row / rowWords] === 0) continue;
    const erased = model === "erase" && differ(old, cells, row * 32, rowWords * 32);
    end = 0;
    for (let at = row; at < row + rowWords; at++) {
      const was = old[at]!;
      const is = cells[at]!;
      for (let left = filled(erased ? was | is : was ^ is, bits); left !== 0; left &= left - 1) {
        const lowestOne = left & -left;
        const shift = 31 - Math.clz32(lowestOne);
        const column = ((at - row) * 32 + shift) / bits;
        if (column >= end) {
          closed();
          end = (Math.floor(column / group) + 1) * group;
        }
        const [before, after] = [(was >>> shift) & level, (is >>> shift) & level];
        const raised = erased ? after : after - before;
        const lowered = erased ? before : before - after;
        if (raised > 0) {
          const pulses = single ? 1 : raised;
          up += pulses;
          writes++;
          if (wear !== undefined) wearOut(wear, at, lowestOne);
          if (pulses > highest) highest = pulses;
        }
        if (lowered > 0) {
          const pulses = single ? 1 : lowered;
          down += pulses;
          writes++;
          if (wear !== undefined) wearOut(wear, at, lowestOne);
          if (pulses > lowest) lowest = pulses;
        }
      }
    }
    closed();
  }
  return { up, down, set, reset, steps, writes };
}

/** Operation units in which a cell changes. */
function touched(
  old: Uint32Array,
  cells: Uint32Array,
  used: Uint8Array,
  { rows, columns, unit }: Grid,
  { bits, rowWords }: Format,
): number {
  let count = 0;
  for (let top = 0; top < rows; top += unit.rows)
    for (let left = 0; left < columns; left += unit.columns) {
      const width = (Math.min(columns, left + unit.columns) - left) * bits;
      let changed = false;
      for (let row = top; row < Math.min(rows, top + unit.rows) && !changed; row++)
        changed = used[row] === 1 && differ(old, cells, row * rowWords * 32 + left * bits, width);
      count += Number(changed);
    }
  return count;
}
