import { BOUNDARIES, type NestCost } from "../../../cost/nest/cost.js";
import { measure } from "../../../cost/nest/evaluate.js";
import type { FlatMapping } from "../../../cost/nest/mapping.js";
import { IRRELEVANT, MOST_LEVELS, type Prepared } from "../../../cost/nest/prepare.js";
import { heldBits } from "../../../cost/nest/tiles.js";
import type { Factor } from "./factors.js";

/** A mapping in the making: levels `0..closed[o] - 1` of operand `o` have their cuts, the others still grow. */
export interface Draft {
  readonly prepared: Prepared;
  readonly mapping: FlatMapping;
  readonly cost: NestCost;
  readonly closed: Int32Array;
}

/** Gives the levels of `o` that still grow the cut `at`. */
export function openAt({ prepared, mapping, closed }: Draft, at: number): void {
  for (let o = 0; o < prepared.operands.length; o++) {
    const { levels } = prepared.operands[o]!;
    for (let m = closed[o]!; m < levels; m++) mapping.cuts[o * MOST_LEVELS + m] = m === levels - 1 ? mapping.temporalCount : at;
  }
}

/**
 * The first memory that is too small if every level that still grows spans the first `at` loops; -1 if none is. Results
 * count as wide only where that is decided: what is too much now stays too much.
 */
export function overfull(draft: Draft, at: number): number {
  const { prepared: p, mapping, cost, closed } = draft;
  openAt(draft, at);
  const { unit } = measure(p, mapping, cost);
  const { held } = cost.scratch;
  held.fill(0);
  for (let o = 0; o < p.operands.length; o++) {
    const { levels, memory, bits } = p.operands[o]!;
    for (let m = 0; m < levels - 1; m++) {
      const decided = p.conventions.tiles === "uniform" ? m < closed[o]! : m <= closed[o]!;
      held[memory[m]!]! += unit[o * BOUNDARIES + m + 1]! * (decided ? heldBits(p, o, m, cost.scratch) : bits);
    }
  }
  for (let i = 0; i < held.length; i++) if (held[i]! > p.memorySize[i]!) return i;
  return -1;
}

/**
 * Cuts for the order in the draft: every tile grows as far as its memory has room. Where several operands compete for a
 * memory, those first in `yielding` stop growing first.
 *
 * @returns `none` where no cuts fit, `forced` where the competition never arose and `chosen` where it did
 */
export function growTiles(draft: Draft, order: readonly Factor[], yielding: readonly number[]): "none" | "forced" | "chosen" {
  const { prepared: p, mapping, closed } = draft;
  setOrder(mapping, order);
  closed.fill(0);
  let outcome: "forced" | "chosen" = "forced";
  for (let k = 0; k < order.length; k++) {
    for (let full = overfull(draft, k + 1); full >= 0; full = overfull(draft, k + 1)) {
      let stopped = -1;
      for (const o of yielding) {
        const { kind, levels, memory } = p.operands[o]!;
        const level = memory.indexOf(full);
        if (kind[order[k]!.loop] === IRRELEVANT || level < closed[o]! || level >= levels - 1) continue;
        if (stopped >= 0) outcome = "chosen";
        else stopped = o;
      }
      if (stopped < 0) return "none";
      const level = p.operands[stopped]!.memory.indexOf(full);
      for (let m = closed[stopped]!; m <= level; m++) mapping.cuts[stopped * MOST_LEVELS + m] = k;
      closed[stopped] = level + 1;
    }
  }
  openAt(draft, order.length);
  return outcome;
}

export function setOrder(mapping: FlatMapping, order: readonly Factor[]): void {
  mapping.temporalCount = order.length;
  for (let i = 0; i < order.length; i++) {
    mapping.temporalLoop[i] = order[i]!.loop;
    mapping.temporalSize[i] = order[i]!.size;
  }
}
