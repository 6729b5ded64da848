import type { Workload } from "../accesses.js";
import type { StepId } from "../plan.js";

/** One content of a buffer, from its birth to its last reader. What nobody reads later is not listed. */
export interface NetworkTensor {
  /** Bytes occupied and bytes moved. */
  readonly footprint: number;
  readonly size: number;
  /** Bytes to write before its first absence; 0 where it lies off chip anyway. */
  readonly write: number;
  /** Operator it is born of; -1 where it lies off chip and is born of its first reader. */
  producer: number;
  consumers: readonly number[];
}

/** Steps that run one right after the other in some best order. */
export interface NetworkOp {
  /** In the order they run. */
  readonly members: readonly StepId[];
  readonly ins: readonly number[];
  readonly outs: readonly number[];
  /** Operators that must run before, though nothing flows from them: readers of what this one overwrites. */
  readonly after: readonly number[];
  /** Bytes it occupies while running, beyond its `ins`: results, operands nobody else reads, inner tensors. */
  readonly grow: number;
}

/** What matters for choosing an order: operators and the tensors that may wait in between. */
export interface Network {
  readonly ops: readonly NetworkOp[];
  readonly tensors: readonly NetworkTensor[];
}

/** The steps of a problem as a network, one operator each, in the model's order. */
export function networkOf({ buffers, steps }: Workload): Network {
  interface Draft {
    buffer: number;
    write: number;
    producer: number;
    inPlace: boolean;
    consumers: number[];
  }
  const drafts: Draft[] = [];
  const current = new Int32Array(buffers.length).fill(-1);
  const writesLeft = new Int32Array(buffers.length);
  for (const s of steps) for (const b of s.writes) writesLeft[b]! += 1;
  const ins: number[][] = [];
  const outs: number[][] = [];
  const after: number[][] = [];
  steps.forEach((step, s) => {
    after.push(
      step.writes.flatMap((b) => {
        if (current[b] === -1) return [];
        const { consumers, producer } = drafts[current[b]!]!;
        return producer < 0 || step.reads.includes(b) ? [...consumers] : [...consumers, producer];
      }),
    );
    ins.push(
      step.reads.map((b) => {
        if (current[b] === -1) current[b] = drafts.push({ buffer: b, write: 0, producer: -1, inPlace: false, consumers: [] }) - 1;
        drafts[current[b]!]!.consumers.push(s);
        return current[b]!;
      }),
    );
    outs.push(
      step.writes.map((b) => {
        writesLeft[b]! -= 1;
        const { keep, size } = buffers[b]!;
        current[b] =
          drafts.push({
            buffer: b,
            write: keep && writesLeft[b] === 0 ? 0 : size,
            producer: s,
            inPlace: step.reads.includes(b),
            consumers: [],
          }) - 1;
        return current[b]!;
      }),
    );
  });

  const waits = (d: Draft) => d.consumers.length > (d.producer === -1 ? 1 : 0);
  const number = new Int32Array(drafts.length).fill(-1);
  const tensors: NetworkTensor[] = [];
  drafts.forEach((d, i) => {
    if (!waits(d)) return;
    const { footprint, size } = buffers[d.buffer]!;
    number[i] = tensors.push({ footprint, size, write: d.write, producer: d.producer, consumers: d.consumers }) - 1;
  });
  const footprint = (i: number) => buffers[drafts[i]!.buffer]!.footprint;
  const ops = steps.map((_, s): NetworkOp => {
    const single = ins[s]!.filter((i) => number[i] === -1);
    const made = outs[s]!.filter((i) => !drafts[i]!.inPlace);
    return {
      members: [s],
      ins: ins[s]!.map((i) => number[i]!).filter((t) => t >= 0),
      outs: outs[s]!.map((i) => number[i]!).filter((t) => t >= 0),
      after: after[s]!,
      grow: [...single, ...made].reduce((sum, i) => sum + footprint(i), 0),
    };
  });
  return { ops, tensors };
}

/** Bytes an operator occupies while it runs. */
export const needOf = ({ ops, tensors }: Network, v: number): number =>
  ops[v]!.ins.reduce((sum, t) => sum + tensors[t]!.footprint, ops[v]!.grow);

/**
 * Joins operators u and v into one where running v right after u is at least as good in every order:
 * x is u's only result, v its only reader and x all that v reads from others, and either
 * - forward: v's results take no more than x and v needs no more than u does: once u ran, v may as well; or
 * - backward: u has one operand y that dies in it, y takes no more than x, and u needs no more than v does:
 *   until v runs, y may as well wait instead of x.
 * Source: docs/math/scratchpad.md, rule (J); exchange argument.
 */
export function joined(network: Network): Network {
  const ops = network.ops.map((o) => ({ ...o, dead: false }));
  const tensors = network.tensors.map((t) => ({ ...t, dead: false }));
  const footprint = (ids: readonly number[]) => ids.reduce((sum, t) => sum + tensors[t]!.footprint, 0);
  const size = (ids: readonly number[]) => ids.reduce((sum, t) => sum + tensors[t]!.size, 0);
  const bound = new Set(ops.flatMap(({ after }, v) => (after.length > 0 ? [v, ...after] : []))); // left as they are
  const work = ops.map((_, i) => i).reverse();
  while (work.length > 0) {
    const u = work.pop()!;
    const first = ops[u]!;
    if (first.dead || first.outs.length !== 1) continue;
    const x = first.outs[0]!;
    const between = tensors[x]!;
    const v = between.consumers[0]!;
    const second = ops[v]!;
    if (between.consumers.length !== 1 || second.ins.length !== 1 || between.write === 0 || bound.has(u) || bound.has(v)) continue;
    const dying = first.ins.filter((t) => tensors[t]!.consumers.length === 1);
    const surviving = footprint(first.ins) - footprint(dying);
    const needFirst = footprint(first.ins) + first.grow;
    const needSecond = surviving + between.footprint + second.grow;
    const forward = footprint(second.outs) <= between.footprint && size(second.outs) <= between.size && needSecond <= needFirst;
    const only = first.ins.length === 1 && dying.length === 1 ? tensors[dying[0]!]! : undefined;
    const backward =
      only !== undefined &&
      only.producer >= 0 &&
      only.footprint <= between.footprint &&
      only.size <= between.size &&
      needFirst <= needSecond;
    if (!forward && !backward) continue;
    ops[u] = {
      ...first,
      members: [...first.members, ...second.members],
      outs: second.outs,
      grow: Math.max(needFirst, needSecond) - footprint(first.ins),
    };
    second.dead = true;
    between.dead = true;
    for (const t of second.outs) tensors[t]!.producer = u;
    work.push(u);
    for (const t of first.ins) if (tensors[t]!.producer >= 0) work.push(tensors[t]!.producer);
  }
  return compacted(ops, tensors);
}

type Marked<T> = T & { readonly dead: boolean };

/** Numbers what is left anew: operators by their last member, which is a topological order again. */
function compacted(ops: readonly Marked<NetworkOp>[], tensors: readonly Marked<NetworkTensor>[]): Network {
  const kept = ops.map((_, i) => i).filter((i) => !ops[i]!.dead);
  const keptTensors = tensors.map((_, i) => i).filter((i) => !tensors[i]!.dead);
  const tensorNumber = new Map(keptTensors.map((t, i) => [t, i]));
  const readers: number[][] = keptTensors.map(() => []);
  const order = topological(kept, ops, tensors);
  const number = new Map(order.map((o, i) => [o, i]));
  const out = order.map((o): NetworkOp => {
    const { members, ins, outs, after, grow } = ops[o]!;
    for (const t of ins) readers[tensorNumber.get(t)!]!.push(number.get(o)!);
    return {
      members,
      ins: ins.map((t) => tensorNumber.get(t)!),
      outs: outs.map((t) => tensorNumber.get(t)!),
      after: after.map((a) => number.get(a)!),
      grow,
    };
  });
  return {
    ops: out,
    tensors: keptTensors.map((t, i) => {
      const { footprint, size, write, producer } = tensors[t]!;
      return { footprint, size, write, producer: producer < 0 ? -1 : number.get(producer)!, consumers: readers[i]! };
    }),
  };
}

/** A topological order of the kept operators that follows the model's order of their last members. */
function topological(kept: readonly number[], ops: readonly NetworkOp[], tensors: readonly NetworkTensor[]): number[] {
  const rank = (o: number) => ops[o]!.members.at(-1)!;
  const sources = (o: number) => [...ops[o]!.ins.map((t) => tensors[t]!.producer).filter((p) => p >= 0), ...ops[o]!.after];
  const missing = new Map(kept.map((o) => [o, sources(o).length]));
  const followers = new Map<number, number[]>(kept.map((o) => [o, []]));
  for (const o of kept) for (const p of sources(o)) followers.get(p)!.push(o);
  const ready = kept.filter((o) => missing.get(o) === 0).sort((a, b) => rank(b) - rank(a)); // next one last
  const out: number[] = [];
  for (let o = ready.pop(); o !== undefined; o = ready.pop()) {
    out.push(o);
    for (const r of followers.get(o)!) {
      const left = missing.get(r)! - 1;
      missing.set(r, left);
      if (left > 0) continue;
      let at = ready.length;
      while (at > 0 && rank(ready[at - 1]!) < rank(r)) at--;
      ready.splice(at, 0, r);
    }
  }
  return out;
}

/** The steps in the order that runs the operators in `order`. */
export const stepsOf = ({ ops }: Network, order: readonly number[]): readonly StepId[] => order.flatMap((v) => ops[v]!.members);
