import { isDone } from "./done.js";
import type { Network } from "./network.js";
import { type Node, rankBeyond } from "./states.js";

/** What running an operator means in any node, as masks over slots, two words each. */
export interface Effect {
  readonly v: number;
  readonly in0: number;
  readonly in1: number;
  readonly out0: number;
  readonly out1: number;
  /** Results with a copy off chip from the start. */
  readonly copied0: number;
  readonly copied1: number;
  readonly grow: number;
  readonly outBytes: number;
  readonly outSize: number;
  /** Operands that nobody else reads, their masks and their bytes to move. */
  readonly sole: readonly number[];
  readonly sole0: number;
  readonly sole1: number;
  readonly soleSize: number;
  /** Operands that others read too. */
  readonly shared: readonly number[];
}

/** Running an operator in a given node. */
export interface Move {
  readonly effect: Effect;
  /** Operands that were not waiting before and are born here, and all that is born, in bytes occupied and moved. */
  readonly freshIns: readonly number[];
  readonly fresh0: number;
  readonly fresh1: number;
  readonly bornBytes: number;
  readonly bornSize: number;
  /** Of the fresh operands, those that lie off chip. */
  readonly copied0: number;
  readonly copied1: number;
  /** Operands that nobody reads afterwards. */
  readonly dying: readonly number[];
  readonly dead0: number;
  readonly dead1: number;
  /** What at least moves after it. */
  readonly ahead: number;
  /** Rank beyond value of the states it leads to. */
  readonly beyond: number;
  /** The node it leads to; -1 until a state does. */
  child: number;
}

export function effectsOf({ ops, tensors }: Network, low: Int32Array, high: Int32Array): readonly Effect[] {
  const mask = (ids: readonly number[], of: Int32Array) => ids.reduce((m, t) => m | of[t]!, 0);
  const total = (ids: readonly number[], of: "size" | "footprint") => ids.reduce((sum, t) => sum + tensors[t]![of], 0);
  return ops.map(({ ins, outs, grow }, v) => {
    const copied = outs.filter((t) => tensors[t]!.write === 0);
    const sole = ins.filter((t) => tensors[t]!.consumers.length === 1);
    return {
      v,
      in0: mask(ins, low),
      in1: mask(ins, high),
      out0: mask(outs, low),
      out1: mask(outs, high),
      copied0: mask(copied, low),
      copied1: mask(copied, high),
      grow,
      outBytes: total(outs, "footprint"),
      outSize: total(outs, "size"),
      sole,
      sole0: mask(sole, low),
      sole1: mask(sole, high),
      soleSize: total(sole, "size"),
      shared: ins.filter((t) => tensors[t]!.consumers.length > 1),
    };
  });
}

const NONE: readonly number[] = [];

export function moveOf(
  effect: Effect,
  { tensors }: Network,
  node: Node,
  low: Int32Array,
  high: Int32Array,
  ahead: number,
  crowding: number,
): Move {
  let dying = effect.sole;
  let dead0 = effect.sole0;
  let dead1 = effect.sole1;
  let freshIns = NONE;
  let fresh0 = 0;
  let fresh1 = 0;
  let copied0 = 0;
  let copied1 = 0;
  let bornBytes = effect.outBytes;
  let bornSize = effect.outSize;
  let waitingBytes = node.waitingBytes + effect.outSize - effect.soleSize;
  for (const t of effect.shared) {
    const { producer, consumers, footprint, size, write } = tensors[t]!;
    let left = 0; // readers still to run, this one included
    for (const c of consumers) if (!isDone(node.done, c)) left++;
    if (producer < 0 && left === consumers.length) {
      freshIns = [...freshIns, t];
      fresh0 |= low[t]!;
      fresh1 |= high[t]!;
      if (write === 0) {
        copied0 |= low[t]!;
        copied1 |= high[t]!;
      }
      bornBytes += footprint;
      bornSize += size;
      waitingBytes += size;
    }
    if (left === 1) {
      dying = [...dying, t];
      dead0 |= low[t]!;
      dead1 |= high[t]!;
      waitingBytes -= size;
    }
  }
  const beyond = rankBeyond({ ahead, waitingBytes }, crowding);
  return {
    effect,
    freshIns,
    fresh0,
    fresh1,
    bornBytes,
    bornSize,
    copied0,
    copied1,
    dying,
    dead0,
    dead1,
    ahead,
    beyond,
    child: -1,
  };
}
