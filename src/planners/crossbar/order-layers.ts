import { bundleAt } from "../../cost/crossbar/geometry.js";
import type { Budget } from "../../search/budget.js";
import { type Placed, withTable } from "./images.js";
import { type Contents, changes, ordered } from "./order.js";

/** Layers whose contents come in a better order, on better lines. */
export interface Reordered {
  readonly layers: readonly Placed[];
  /** Per layer and lane: its strips in the order in which they come. */
  readonly turns: readonly (readonly Int32Array[])[];
  /** Per layer: cells that change in one pass, and that did before; no order within the scope changes fewer than the bound. */
  readonly counts: readonly Count[];
}

export interface Count {
  value: number;
  before: number;
  bound: number;
}

/** Steps of assignments that one search node of a budget stands for, and how many weights add another. */
const STEPS = 2000;
const WEIGHTS = 32_000;
/** Share of all steps that is too little to go on with. */
const REST = 0.01;
/** Codes of so few bits are often equal, and equal ones need no assignment. */
const NARROW = 16;

/** The strips of every lane in their own order. */
export const inTurn = (strips: number, lanes: number): readonly Int32Array[] =>
  Array.from({ length: lanes }, (_, lane) =>
    Int32Array.from({ length: Math.max(0, Math.ceil((strips - lane) / lanes)) }, (_, turn) => lane + turn * lanes),
  );

/**
 * Orders the contents of every layer on its own cells: bundles one after the other where a strip has one round, else the rounds of every
 * bundle, strip after strip; and permutes their lines. First
 * what promises most for its effort: narrow codes, and steps from one strip to the next.
 *
 * @param lanes strips of each layer that are side by side.
 * @param shared outputs that are asked to share an order, where that is.
 */
export function reordered(layers: readonly Placed[], lanes: readonly number[], budget: Budget, shared?: number): Reordered {
  const desks = layers.map((p, l) => deskOf(p, lanes[l]!, shared));
  const weights = layers.reduce((sum, { matrix }) => sum + matrix.values.length, 0);
  const steps = budget.nodes * (STEPS + weights / WEIGHTS);
  let left = steps;
  for (const early of [true, false])
    for (const desk of desks) {
      if (budget.stop()) break;
      budget.progress({ phase: `order of ${desk.p.matrix.name}` });
      for (let group = 0; group < desk.groups; group++) left -= treat(desk, group, early, left < REST * steps ? 0 : left);
    }
  return {
    layers: desks.map(({ p, table }) => (table === undefined ? p : withTable(p, table))),
    turns: desks.map(({ turns }) => turns),
    counts: desks.map(({ done }) =>
      done.reduce<Count>(
        (sum, count) => ({
          value: sum.value + (count?.value ?? 0),
          before: sum.before + (count?.before ?? 0),
          bound: sum.bound + (count?.bound ?? 0),
        }),
        { value: 0, before: 0, bound: 0 },
      ),
    ),
  };
}

/** A layer that is being put in order. */
interface Desk {
  readonly p: Placed;
  /** Its table, once it is no longer the given one. */
  table: Placed["table"] | undefined;
  readonly turns: Int32Array[];
  /** What is ordered by itself: a lane where strips have one round, else each place for a bundle of each lane. */
  readonly groups: number;
  /** Per group. */
  readonly done: (Count | undefined)[];
  /** Codes of the weights, packed. */
  readonly code: Uint32Array;
  /** Whether inputs have to stay in their own order. */
  readonly own: boolean;
  readonly narrow: boolean;
}

function deskOf(p: Placed, lanes: number, shared: number | undefined): Desk {
  const { geometry, matrix, code, cellBits, sharing, rounds } = p;
  const { slices, across, high, strips } = geometry;
  const packed = new Uint32Array(2 ** matrix.bits);
  for (let u = 0; u < packed.length; u++)
    for (let slice = 0; slice < slices; slice++) packed[u] = packed[u]! | (code.levels[u * slices + slice]! << (slice * cellBits));
  // Those of fewer outputs than share an order keep their inputs in their own.
  const own = shared !== undefined && sharing < Math.min(shared, matrix.outputs);
  const groups = rounds === 1 ? lanes : lanes * across * high;
  return {
    p,
    table: undefined,
    turns: [...inTurn(strips, lanes)],
    groups,
    done: new Array<Count | undefined>(groups),
    code: packed,
    own,
    narrow: sharing * slices * cellBits <= NARROW,
  };
}

/** Orders a group, if it is its time and `left` steps suffice; returns the steps taken. */
function treat(desk: Desk, group: number, early: boolean, left: number): number {
  const { p, narrow, own, done } = desk;
  const { rounds, geometry } = p;
  const { across, high } = geometry;
  const lane = rounds === 1 ? group : Math.floor(group / (across * high));
  const turns = desk.turns[lane]!;
  const wide = !narrow && (turns.length > 2 || rounds > 1);
  if (early ? wide && turns.length === 1 : done[group] !== undefined && !wide) return 0;
  if (turns.length * rounds < 2 || (early && (own || left <= 0))) return 0;
  const slots = rounds === 1 ? Array.from({ length: across * high }, (_, slot) => slot) : [group % (across * high)];
  const seats = slots.map((slot) => seatOf(desk, turns, slot)).filter((seat) => seat !== undefined);
  if (seats.length === 0) return 0;
  const sizes = rounds === 1 ? [turns.length] : seats[0]!.sizes;
  const sequences = seats.map(({ contents }) => contents);
  const known = done[group];
  const free = !(early && wide);
  // Where weighing orders takes too long, lines are matched in the order as it is.
  const matched = () => (known === undefined && free ? ordered(sequences, sizes, false, left) : undefined);
  const found = left > 0 && !own ? (ordered(sequences, sizes, free, left) ?? matched()) : undefined;
  if (found === undefined) {
    if (early || known !== undefined) return 0;
    const order = Int32Array.from({ length: turns.length * rounds }, (_, k) => k);
    const before = sequences.reduce((sum, contents) => sum + changes(contents, contents.held, order), 0);
    done[group] = { value: before, before, bound: 0 };
    return 0;
  }
  done[group] = { value: found.value, before: known?.before ?? found.before, bound: found.bound };
  if (found.value < found.before) {
    desk.table ??= p.table.slice();
    seats.forEach(({ seated }, s) => {
      seated(found.order, found.held[s]!, desk.table!);
    });
    if (rounds === 1) desk.turns[lane] = found.order.map((k) => turns[k]!);
  }
  return found.steps;
}

/** What one place for bundles of a lane holds, strip after strip. */
interface Seat {
  readonly contents: Contents;
  readonly sizes: readonly number[];
  /** Puts contents in an order into a table. */
  readonly seated: (order: Int32Array, held: Int32Array, table: Placed["table"]) => void;
}

function seatOf({ p, table: own, code }: Desk, turns: Int32Array, slot: number): Seat | undefined {
  const { geometry, matrix, sharing, rounds, cellBits } = p;
  const { across, high, bundles, lines, slices } = geometry;
  const table = own ?? p.table;
  const bundleOf = (turn: number) => turns[turn]! * across * high + slot;
  if (turns.every((_, turn) => bundleOf(turn) >= bundles)) return undefined;
  const n = turns.length * rounds;
  /** Where the table has what comes at a place: rounds go forth, and back in every other turn. -1 where the strip is short of this bundle. */
  const from = Int32Array.from({ length: n }, (_, place) => {
    const [turn, t] = [Math.floor(place / rounds), place % rounds];
    const bundle = bundleOf(turn);
    return bundle >= bundles ? -1 : (bundle * rounds + (turn % 2 === 0 ? t : rounds - 1 - t)) * lines;
  });
  const used: number[] = [];
  for (let line = 0; line < lines; line++)
    for (let place = 0; place < n; place++)
      if (from[place]! >= 0 && table[from[place]! + line]! >= 0) {
        used.push(line);
        break;
      }

  const perWord = Math.floor(32 / (slices * cellBits));
  const length = Math.ceil(sharing / perWord);
  const words = new Uint32Array(turns.length * matrix.inputs * length);
  const masks = new Uint32Array(n * length);
  const held = new Int32Array(n * used.length).fill(-1);
  const low = 2 ** matrix.bits - 1;
  for (let turn = 0; turn < turns.length; turn++) {
    const bundle = bundleOf(turn);
    if (bundle >= bundles) {
      masks.fill(0xffffffff, turn * rounds * length, (turn + 1) * rounds * length);
      continue;
    }
    const { group, first, outputs } = bundleAt(geometry, matrix, sharing, bundle);
    for (let output = 0; output < outputs; output++) {
      const shift = (output % perWord) * slices * cellBits;
      let at = turn * matrix.inputs * length + Math.floor(output / perWord);
      let weight = (group * matrix.outputs + first + output) * matrix.inputs;
      for (let k = 0; k < matrix.inputs; k++, at += length, weight++)
        words[at] = words[at]! | (code[matrix.values[weight]! & low]! << shift);
    }
    const ones = 2 ** (slices * cellBits) - 1;
    for (let place = turn * rounds; place < (turn + 1) * rounds; place++) {
      for (let output = 0; output < outputs; output++) {
        const at = place * length + Math.floor(output / perWord);
        masks[at] = masks[at]! | (ones << ((output % perWord) * slices * cellBits));
      }
      for (let i = 0; i < used.length; i++) {
        const input = table[from[place]! + used[i]!]!;
        if (input >= 0) held[place * used.length + i] = turn * matrix.inputs + input;
      }
    }
  }
  return {
    contents: { words, length, cellBits, masks, lines: used.length, held },
    sizes: rounds === 1 ? [n] : stagesOf(held, used.length, rounds, n),
    seated: (order, lined, to) => {
      for (let place = 0; place < n; place++) {
        // With one round bundles stay with their strips, and strips change places; else rounds of a bundle do.
        const at = rounds === 1 ? from[order[place]!]! : from[place]!;
        if (at < 0) continue;
        for (let i = 0; i < used.length; i++) {
          const code = lined[place * used.length + i]!;
          to[at + used[i]!] = code < 0 ? -1 : code % matrix.inputs;
        }
      }
    },
  };
}

/** Rounds of a strip that use all lines change places among themselves; those in which lines idle stay. */
function stagesOf(held: Int32Array, lines: number, rounds: number, n: number): readonly number[] {
  const full = new Uint8Array(n).fill(1);
  for (let k = 0; k < held.length; k++) if (held[k]! < 0) full[Math.floor(k / lines)] = 0;
  const sizes: number[] = [];
  for (let place = 0; place < n; place++) {
    const joins = place % rounds !== 0 && full[place]! + full[place - 1]! === 2;
    if (joins) sizes[sizes.length - 1]!++;
    else sizes.push(1);
  }
  return sizes;
}
