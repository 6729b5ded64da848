import { type Diagnostic, fail } from "../../base/diagnostic.js";
import type { CrossbarRotation } from "../../base/replay.js";
import { seconds } from "../../base/units.js";
import { formatOf, renew, wearOf, wornCells } from "../../cost/crossbar/cells.js";
import { type Writing, writing } from "../../cost/crossbar/writing.js";
import type { CrossbarPlan, Machine, Rotation } from "./plan.js";
import { countsOf, type Rig } from "./replay-cells.js";

/** Watches a full turn of a rotation: sees every crossbar once, after a run of the table. */
export interface TurnWatch {
  readonly see: (rig: Rig) => void;
  readonly seen: () => CrossbarRotation;
}

/** What is wrong with a rotation before anything turns: it does not fit the machine or the table, or does not move (XBR-33). */
export function rotationViolations({ rows, crossbars }: Machine, { rotation, inferences }: CrossbarPlan): readonly Diagnostic[] {
  if (rotation === undefined) return [];
  const wrong = (key: string, message: string, fix: string) => [fail("XBR-33", `plan.rotation.${key}`, message, fix)];
  if (rotation.every % inferences !== 0)
    return wrong("every", `shifts every ${rotation.every} inferences, a table covers ${inferences}`, "shift between runs of the table");
  if (rotation.rows >= rows) return wrong("rows", `moves by ${rotation.rows} of ${rows} rows`, "move by fewer rows");
  if (rotation.crossbars > 0 && crossbars < 2) return wrong("crossbars", "there is no other crossbar to move to", "move rows alone");
  if (rotation.rows + rotation.crossbars === 0) return wrong("rows", "nothing moves", "leave the rotation out");
  return [];
}

/** A rotation that wears cells otherwise than it claims (XBR-33). */
export function rotationClaims({ claims }: Rotation, { maxCellWrites, cellWrites }: CrossbarRotation): readonly Diagnostic[] {
  const check = (key: "maxCellWrites" | "cellWrites", measured: number, what: string) =>
    Math.abs(claims[key] - measured) <= ROUNDING * measured
      ? []
      : [
          fail(
            "XBR-33",
            `plan.rotation.claims.${key}`,
            `plan claims ${claims[key]} ${what} per inference, a full turn makes ${measured}`,
            "report this: the planner miscounts",
          ),
        ];
  return [...check("maxCellWrites", maxCellWrites, "writes of a cell"), ...check("cellWrites", cellWrites, "writes by shifting")];
}

const ROUNDING = 1e-9;

/**
 * Counts a full turn on real cells. At each place that a row comes to, `every` inferences of the table wear the cells there as the table
 * wears the row; each shift writes what differs between
 * what a cell holds and what comes next. Rows that come to the same places stand for one another, so that no shift has to be gone through twice.
 *
 * @param inferences of the table.
 */
export function watchTurn(machine: Machine, { every, rows: by, crossbars: across }: Rotation, inferences: number): TurnWatch {
  const { rows, columns, cellBits, crossbars, programming } = machine;
  const format = formatOf(rows, columns, cellBits);
  const { rowWords, words } = format;
  /** Places that each row comes to: every so-many-th of the crossbar, from its own. */
  const apart = by === 0 ? rows : divisor(rows, by);
  const places = rows / apart;
  const runs = every / inferences;
  const used = new Uint8Array(rows).fill(1);
  const worn = wearOf(format);
  const count = new Uint32Array(rows * columns);
  const shifted = new Uint32Array(words);
  /** Per cell where it is; all crossbars added up where they change places. */
  const cells = new Float64Array(rows * columns);
  let [most, written, time] = [0, 0, 0];
  let longest = 0;
  let held: { readonly first: Uint32Array; last: Uint32Array } | undefined;

  const wear = (row: number, column: number, writes: number) => {
    const at = row * columns + column;
    cells[at] = cells[at]! + writes;
  };
  /** What row `row` of `from` holds at its place after so many shifts, for all rows. */
  const after = (from: Uint32Array, shifts: number): Uint32Array => {
    for (let row = 0; row < rows; row++)
      shifted.set(from.subarray(row * rowWords, (row + 1) * rowWords), ((row + shifts * by) % rows) * rowWords);
    return shifted;
  };
  const change = (from: Uint32Array, to: Uint32Array): Writing => {
    renew(worn);
    const counted = writing(from, { cells: to, used }, machine, programming, worn);
    wornCells(worn, columns, count);
    return counted;
  };
  /** The last shift of a turn of rows, to another crossbar: rows back in their places hold what the crossbar before held. */
  const handOver = (from: Uint32Array, to: Uint32Array) => {
    const { writes, time: lasts } = change(after(from, places - 1), to);
    for (let at = 0; at < count.length; at++) wear(Math.floor(at / columns), at % columns, count[at]!);
    written += writes;
    longest = Math.max(longest, lasts);
    time += lasts;
  };

  return {
    see: (rig) => {
      const now = rig.cells.slice();
      // The table's own writes: each place of an orbit sees all rows of it, `runs` runs of the table each.
      const orbit = new Float64Array(apart * columns);
      const own = countsOf(rig);
      for (let at = 0; at < own.length; at++) {
        const key = (Math.floor(at / columns) % apart) * columns + (at % columns);
        orbit[key] = orbit[key]! + runs * own[at]!;
      }
      // Shifts of rows: from its place after k shifts to the next, all but the last of the turn where crossbars change then.
      const step = by === 0 ? undefined : change(now, after(now, 1));
      if (step !== undefined) {
        const steps = places - across;
        for (let at = 0; at < count.length; at++) {
          const key = (Math.floor(at / columns) % apart) * columns + (at % columns);
          orbit[key] = orbit[key]! + count[at]!;
        }
        written += steps * step.writes;
        time += steps * step.time;
        longest = Math.max(longest, step.time);
        // The step that is left out would have brought each row from the last of its places to its own.
        if (across === 1)
          for (let at = 0; at < count.length; at++) wear((Math.floor(at / columns) - by + rows) % rows, at % columns, -count[at]!);
      }
      for (let row = 0; row < rows; row++)
        for (let column = 0; column < columns; column++) wear(row, column, orbit[(row % apart) * columns + column]!);
      if (across === 0) {
        for (const writes of cells) most = Math.max(most, writes);
        cells.fill(0);
        return;
      }
      if (held === undefined) held = { first: now, last: now };
      else {
        handOver(now, held.last);
        held.last = now;
      }
    },
    seen: () => {
      if (held !== undefined) {
        handOver(held.first, held.last);
        for (const writes of cells) most = Math.max(most, writes);
      }
      const shifts = across === 1 ? places * crossbars : places;
      const turn = shifts * every;
      const { endurance, writers } = programming;
      return {
        turn,
        maxCellWrites: most / turn,
        // Of a turn: where crossbars change places every crossbar holds what each of them holds.
        cellWrites: ((across === 1 ? crossbars : 1) * written) / turn,
        programming: seconds((((across === 1 ? crossbars : 1) * time) / writers + shifts * longest) / turn),
        life: most > 0 ? Math.floor(endurance / most) * turn : 0,
      };
    },
  };
}

const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));
