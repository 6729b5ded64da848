import type { Mip, MipLimits, MipSolver } from "../../../search/mip.js";
import { type Network, needOf } from "./network.js";
import { ancestors, type Bits, hasBit } from "./slots.js";

/**
 * A bound over all orders from what must wait: while operator `v` runs, every tensor born of what precedes `v` and
 * read by what follows it waits, in any order. What does not fit beside `v` is away, so it is fetched again before
 * one of its readers, and written once if it lies nowhere off chip. One row per operator, and one for the whole:
 * at its fullest moment any order has `peak` bytes waiting.
 *
 * @param peak the least over all orders, or a bound on it.
 * @see docs/math/scratchpad.md, bound (C)
 */
export async function coverBound(network: Network, peak: number, capacity: number, solver: MipSolver, limits: MipLimits): Promise<number> {
  const { mip, unit } = coverProgramme(network, peak, capacity);
  if (mip.rowLower.length === 0) return 0;
  const answer = await solver(mip, limits);
  if (answer.status === "failed" || answer.status === "infeasible") return 0;
  // Every cost is a whole number of units, so a bound rounds up to one; the solver's tolerances are given away before.
  const slack = SLACK * Math.max(1, Math.abs(answer.bound));
  return Math.max(0, Math.ceil(answer.bound - slack)) * unit;
}

/** Relative; ten times what the solver may be off. */
const SLACK = 1e-5;

/** Costs in units of their greatest common divisor, rooms as shares of what is missing. */
function coverProgramme(network: Network, peak: number, capacity: number): { readonly mip: Mip; readonly unit: number } {
  const { ops, tensors } = network;
  const before = ancestors(network);
  const unit = tensors.reduce((d, t) => gcd(gcd(d, t.size), t.write), 0) || 1;
  const rows: { readonly index: readonly number[]; readonly value: readonly number[]; readonly lower: number }[] = [];
  const columns: { readonly cost: number }[] = [];
  const fetchColumn = tensors.map((t) => t.consumers.map(() => -1));
  const writeColumn = tensors.map(() => -1);
  const fetchOf = (t: number, c: number): number => {
    const { consumers, size } = tensors[t]!;
    const i = consumers.indexOf(c);
    if (fetchColumn[t]![i] === -1) fetchColumn[t]![i] = columns.push({ cost: size / unit }) - 1;
    return fetchColumn[t]![i]!;
  };
  const awayColumn = new Map<string, number>();
  /** 1 only if the tensor is away and comes back before one of these readers. */
  const awayOf = (t: number, readers: readonly number[]): number => {
    const fetches = readers.map((c) => fetchOf(t, c));
    if (fetches.length === 1) return fetches[0]!;
    const key = fetches.join();
    const known = awayColumn.get(key);
    if (known !== undefined) return known;
    const column = columns.push({ cost: 0 }) - 1;
    awayColumn.set(key, column);
    rows.push({ index: [...fetches, column], value: [...fetches.map(() => 1), -1], lower: 0 });
    return column;
  };
  const seen = new Set<string>();
  const cover = (missing: number, away: readonly { readonly t: number; readonly readers: readonly number[] }[]) => {
    if (missing <= 0) return;
    const index = away.map(({ t, readers }) => awayOf(t, readers));
    // More room than is missing helps no more than what is missing.
    const value = away.map(({ t }) => Math.min(1, tensors[t]!.footprint / missing));
    const key = `${index.join()}|${missing}`;
    if (!seen.has(key)) rows.push({ index, value, lower: 1 });
    seen.add(key);
  };
  ops.forEach((_, v) => {
    const forced = tensors.flatMap((_, t) => {
      const readers = forcedReaders(network, before, t, v);
      return readers.length > 0 ? [{ t, readers }] : [];
    });
    cover(forced.reduce((sum, { t }) => sum + tensors[t]!.footprint, needOf(network, v)) - capacity, forced);
  });
  cover(
    peak - capacity,
    tensors.flatMap(({ consumers, producer }, t) => {
      const readers = producer >= 0 ? consumers : laterReaders(before, consumers);
      return readers.length > 0 ? [{ t, readers }] : [];
    }),
  );
  tensors.forEach(({ write }, t) => {
    if (write === 0) return;
    for (const e of fetchColumn[t]!) {
      if (e === -1) continue;
      if (writeColumn[t] === -1) writeColumn[t] = columns.push({ cost: write / unit }) - 1;
      rows.push({ index: [writeColumn[t]!, e], value: [1, -1], lower: 0 });
    }
  });
  const rowStart = [0];
  for (const { index } of rows) rowStart.push(rowStart.at(-1)! + index.length);
  return {
    unit,
    mip: {
      columns: columns.length,
      cost: Float64Array.from(columns, ({ cost }) => cost),
      columnLower: new Float64Array(columns.length),
      columnUpper: new Float64Array(columns.length).fill(1),
      integer: new Uint8Array(columns.length),
      rowStart: Int32Array.from(rowStart),
      index: Int32Array.from(rows.flatMap(({ index }) => index)),
      value: Float64Array.from(rows.flatMap(({ value }) => value)),
      rowLower: Float64Array.from(rows, ({ lower }) => lower),
      rowUpper: new Float64Array(rows.length).fill(Number.POSITIVE_INFINITY),
    },
  };
}

/** Readers of which one is the next after `v` in any order, where the tensor waits while `v` runs in every order; else none. */
function forcedReaders({ ops, tensors }: Network, before: readonly Bits[], t: number, v: number): readonly number[] {
  const { producer, consumers } = tensors[t]!;
  if (ops[v]!.ins.includes(t) || ops[v]!.outs.includes(t)) return [];
  const born = producer >= 0 ? hasBit(before[v]!, producer) : consumers.some((c) => hasBit(before[v]!, c));
  if (!born || !consumers.some((c) => hasBit(before[c]!, v))) return [];
  return consumers.filter(
    (c) => !hasBit(before[v]!, c) && !consumers.some((between) => hasBit(before[between]!, v) && hasBit(before[c]!, between)),
  );
}

/** Without those that are first in every order: that fetch is compulsory. */
const laterReaders = (before: readonly Bits[], consumers: readonly number[]): readonly number[] =>
  consumers.filter((c) => !consumers.every((d) => d === c || hasBit(before[d]!, c)));

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}
