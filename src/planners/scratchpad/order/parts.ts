import type { Network, NetworkOp, NetworkTensor } from "./network.js";
import { ancestors, type Bits, hasBit } from "./slots.js";

/** A stretch of a network as a network of its own; `ops[i]` is the operator of the whole that operator i stands for, -1 for the source. */
export interface Part {
  readonly network: Network;
  readonly ops: readonly number[];
}

/**
 * Operators after which every order is in the same state: all before them are their ancestors, all after them
 * their descendants, and nothing waits but their own results. Numbers, ascending; the last operator is not one.
 */
export function seriesCuts({ ops, tensors }: Network, before: readonly Bits[]): readonly number[] {
  const n = ops.length;
  const descendants = new Int32Array(n);
  for (const mine of before)
    for (let w = 0; w < mine.length; w++) for (let m = mine[w]!; m !== 0; m &= m - 1) descendants[32 * w + 31 - Math.clz32(m & -m)]! += 1;
  const foreign = new Int32Array(n + 1); // tensors that wait across a position and are not its operator's results
  for (const { producer, consumers } of tensors) {
    const from = producer >= 0 ? producer + 1 : Math.min(...consumers);
    const to = Math.max(...consumers);
    if (from < to) {
      foreign[from]! += 1;
      foreign[to]! -= 1;
    }
  }
  const cuts: number[] = [];
  for (let v = 0, across = 0; v < n - 1; v++) {
    across += foreign[v]!;
    if (across > 0 || descendants[v] !== n - 1 - v) continue;
    let ancestorsOfV = 0;
    for (let u = 0; u < v; u++) if (hasBit(before[v]!, u)) ancestorsOfV++;
    if (ancestorsOfV === v) cuts.push(v);
  }
  return cuts;
}

/** The network between its series cuts, from the first stretch to the last. */
export function segments(network: Network): readonly Part[] {
  const ends = [...seriesCuts(network, ancestors(network)).map((v) => v + 1), network.ops.length];
  return ends.map((end, i) => segment(network, ends[i - 1] ?? 0, end));
}

/** The operators `from..to` (ascending numbers, half-open) between two series cuts; what comes in is resident, born of a source. */
export function segment(network: Network, from: number, to: number): Part {
  const inside = Array.from({ length: to - from }, (_, i) => from + i);
  const incoming = tensorsInto(network, new Set(inside));
  if (incoming.length === 0 || from === 0) return extract(network, inside, incoming, false);
  return extract(network, inside, incoming, true);
}

/** The operators that `done` leaves; what comes in lies off chip and its first read is free. Its optimum bounds what any state within `done` still has to pay. */
export function remainder(network: Network, done: ReadonlySet<number>): Part {
  const inside = network.ops.map((_, v) => v).filter((v) => !done.has(v));
  return extract(network, inside, tensorsInto(network, new Set(inside)), false);
}

const tensorsInto = ({ tensors }: Network, inside: ReadonlySet<number>): number[] =>
  tensors.flatMap(({ producer, consumers }, t) =>
    producer >= 0 && !inside.has(producer) && consumers.some((c) => inside.has(c)) ? [t] : [],
  );

function extract({ ops, tensors }: Network, inside: readonly number[], incoming: readonly number[], resident: boolean): Part {
  const shift = resident ? 1 : 0;
  const number = new Map(inside.map((v, i) => [v, i + shift]));
  const tensorNumber = new Map<number, number>();
  const kept: NetworkTensor[] = [];
  const folded = new Map<number, number>(); // operator -> bytes of operands that nobody else here reads and that are not waiting
  tensors.forEach((t, id) => {
    const consumers = t.consumers.flatMap((c) => number.get(c) ?? []);
    if (consumers.length === 0) return;
    const arrives = t.producer < 0 || !number.has(t.producer);
    if (arrives && !resident && consumers.length === 1) {
      folded.set(consumers[0]!, (folded.get(consumers[0]!) ?? 0) + t.footprint);
      return;
    }
    const producer = !arrives ? number.get(t.producer)! : resident && t.producer >= 0 ? 0 : -1;
    const waited = t.producer >= 0 || consumers.length < t.consumers.length;
    tensorNumber.set(id, kept.push({ ...t, write: producer === -1 && waited ? 0 : t.write, producer, consumers }) - 1);
  });
  const here = (ids: readonly number[]) => ids.flatMap((t) => tensorNumber.get(t) ?? []);
  const list = inside.map((v): NetworkOp => {
    const { members, ins, outs, after, grow } = ops[v]!;
    return {
      members,
      ins: here(ins),
      outs: here(outs),
      after: after.flatMap((a) => number.get(a) ?? []),
      grow: grow + (folded.get(number.get(v)!) ?? 0),
    };
  });
  if (!resident) return { network: { ops: list, tensors: kept }, ops: inside };
  const source: NetworkOp = {
    members: [],
    ins: [],
    outs: here(incoming),
    after: [],
    grow: incoming.reduce((sum, t) => sum + tensors[t]!.footprint, 0),
  };
  // Nothing may run before the source, or an operator without operands could pass it.
  return {
    network: { ops: [source, ...list.map((o) => (o.ins.length === 0 && o.after.length === 0 ? { ...o, after: [0] } : o))], tensors: kept },
    ops: [-1, ...inside],
  };
}
