import { formatOf, type Wear, wearOf, wornCells } from "../../cost/crossbar/cells.js";
import { writing } from "../../cost/crossbar/writing.js";
import type { Machine, Rotation } from "./plan.js";

/** Sees the crossbars one after the other, and then says how best to turn what they hold. */
export interface Turntable {
  /**
   * @param cells of the next crossbar, as they are when the table begins.
   * @param worn by one run of the table.
   */
  readonly see: (cells: Uint32Array, worn: Wear) => void;
  readonly best: () => Rotation | undefined;
}

/**
 * Of a cell, or of cells that wear alike: writes by a run of the table, summed over a full turn of one run at each place, and writes by
 * the turn itself.
 */
interface Worn {
  readonly runs: Float64Array;
  readonly turning: Float64Array;
  /** Shifts until everything is where it was. */
  readonly shifts: number;
  /** Writes by all shifts of a turn, all cells of all crossbars. */
  readonly written: number;
}

/** Doublings of the inferences between shifts that are tried, and the share of the longest life that fewer shifts may cost. */
const DOUBLINGS = 40;
const NEARLY = 0.99;

/**
 * Rows that move on by one now and then, crossbars that change places, or both: which one, and how seldom, makes the cell that is written
 * most last longest. In a full turn every cell holds
 * what every row of its crossbar (every crossbar at its row, or both) holds, equally long.
 *
 * @param inferences of the table.
 */
export function turntable(machine: Machine, inferences: number): Turntable {
  const { rows, columns, cellBits, crossbars, programming } = machine;
  const format = formatOf(rows, columns, cellBits);
  const { rowWords, words } = format;
  const used = new Uint8Array(rows).fill(1);
  const count = new Uint32Array(rows * columns);
  const moved = new Uint32Array(words);
  let most = 0;
  let seen = 0;
  let [first, before] = [new Uint32Array(0), new Uint32Array(0)];
  /** Per column of each crossbar. */
  const lines = { runs: new Float64Array(crossbars * columns), turning: new Float64Array(crossbars * columns) };
  /**
   * Per cell, all crossbars added up: by the table, by a row's step to the next, by a change of crossbars at the same row and with the
   * step back to the first.
   */
  const sums = { table: new Float64Array(rows * columns), step: new Float64Array(rows * columns) };
  const change = { same: new Float64Array(rows * columns), back: new Float64Array(rows * columns) };

  /** Adds up the writes of `from` to `to`; returns all of them. */
  const add = (from: Uint32Array, to: Uint32Array, into: Float64Array): number => {
    const worn = wearOf(format);
    const { writes } = writing(from, { cells: to, used }, machine, programming, worn);
    wornCells(worn, columns, count);
    for (let cell = 0; cell < count.length; cell++) into[cell] = into[cell]! + count[cell]!;
    return writes;
  };
  /** What the rows `by` further up hold, in `moved`. */
  const shift = (cells: Uint32Array, by: number): Uint32Array => {
    moved.set(cells.subarray(by * rowWords));
    moved.set(cells.subarray(0, by * rowWords), words - by * rowWords);
    return moved;
  };
  const handOver = (from: Uint32Array, to: Uint32Array) => {
    add(from, to, change.same);
    add(shift(from, 1 % rows), to, change.back);
  };

  return {
    see: (cells, worn) => {
      wornCells(worn, columns, count);
      for (let cell = 0; cell < count.length; cell++) {
        const writes = count[cell]!;
        const column = seen * columns + (cell % columns);
        if (writes > most) most = writes;
        sums.table[cell] = sums.table[cell]! + writes;
        lines.runs[column] = lines.runs[column]! + writes;
      }
      const mine = new Float64Array(rows * columns);
      add(cells, shift(cells, rows - 1), mine);
      for (let cell = 0; cell < mine.length; cell++) {
        const column = seen * columns + (cell % columns);
        sums.step[cell] = sums.step[cell]! + mine[cell]!;
        lines.turning[column] = lines.turning[column]! + mine[cell]!;
      }
      if (seen === 0) first = cells.slice();
      else handOver(cells, before);
      before = cells.slice();
      seen++;
    },
    best: () => {
      if (most === 0) return undefined;
      handOver(first, before); // to the last
      const candidates: readonly (Pick<Rotation, "rows" | "crossbars"> & { readonly worn: Worn })[] = [
        { rows: 1, crossbars: 0, worn: { ...lines, shifts: rows, written: rows * total(lines.turning) } },
        {
          rows: 0,
          crossbars: 1,
          worn: { runs: sums.table, turning: change.same, shifts: crossbars, written: crossbars * total(change.same) },
        },
        { rows: 1, crossbars: 1, worn: both(rows, columns, crossbars, sums, change.back) },
      ];
      const { endurance } = programming;
      let best: { readonly life: number; readonly rotation: Rotation } | undefined;
      let longest = (endurance / most) * inferences;
      for (const { rows: by, crossbars: across, worn } of candidates) {
        if (worn.shifts < 2) continue;
        const lives = Array.from({ length: DOUBLINGS }, (_, k) => lifeOf(worn, 2 ** k, inferences, endurance));
        const least = NEARLY * Math.max(...lives.map(({ life }) => life));
        const { life, every, writes } = lives.findLast((each) => each.life >= least)!;
        if (life <= longest) continue;
        longest = life;
        const turn = every * worn.shifts;
        const claims = { maxCellWrites: writes / turn, cellWrites: worn.written / turn };
        best = { life, rotation: { every, rows: by, crossbars: across, claims } };
      }
      return best?.rotation;
    },
  };
}

/** Rows in every place of a crossbar, then the next crossbar. The last step of a turn of rows is the change of crossbars. */
function both(
  rows: number,
  columns: number,
  crossbars: number,
  { table, step }: { readonly table: Float64Array; readonly step: Float64Array },
  back: Float64Array,
): Worn {
  const of = (cells: Float64Array, column: number) => {
    let sum = 0;
    for (let row = 0; row < rows; row++) sum += cells[row * columns + column]!;
    return sum;
  };
  const runs = Float64Array.from({ length: columns }, (_, column) => of(table, column));
  const steps = Float64Array.from({ length: columns }, (_, column) => of(step, column));
  const turning = Float64Array.from(back, (writes, cell) => steps[cell % columns]! - step[(cell + columns) % (rows * columns)]! + writes);
  return {
    runs: Float64Array.from(back, (_, cell) => runs[cell % columns]!),
    turning,
    shifts: rows * crossbars,
    written: crossbars * total(turning),
  };
}

const total = (cells: Float64Array): number => cells.reduce((sum, writes) => sum + writes, 0);

/** Inferences until a cell has its writes when everything shifts after so many tables, in full turns, and the most writes of a cell in a turn. */
function lifeOf({ runs, turning, shifts }: Worn, tables: number, inferences: number, endurance: number) {
  let writes = 0;
  for (let cell = 0; cell < runs.length; cell++) writes = Math.max(writes, tables * runs[cell]! + turning[cell]!);
  const every = tables * inferences;
  return { life: Math.floor(endurance / writes) * shifts * every, every, writes };
}
