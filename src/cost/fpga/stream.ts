import type { FabricResources, PipelineTarget } from "../../target/pipeline-target.js";
import { FEATURES, logic } from "./logic.js";
import { memoryCost, queueStyle, type Words } from "./memory.js";
import { NOTHING, sum } from "./resources.js";

type Fabric = PipelineTarget["fabric"];

/** Words that every stream holds at least. */
export const SHORTEST_QUEUE = 2;

/** A queue of `depth` >= 2 words: the word on offer stands in a register, the others in a memory. */
export function queueCost(fabric: Fabric, { width, depth }: Words): FabricResources {
  const memory: Words = { width, depth: depth - 1 };
  return sum([memoryCost(fabric, memory, queueStyle(memory), "ram"), logic("queue", FEATURES.queue(width, depth))]);
}

/** Words of `from` elements of `bits` into words of `to`: a shift register that both sides move. */
export const converterCost = (from: number, to: number, bits: number): FabricResources =>
  from === to ? NOTHING : logic("converter", converterFeatures(from, to, bits));

export function converterFeatures(from: number, to: number, bits: number): readonly number[] {
  const room = from % to === 0 || to % from === 0 ? from + to : from + 2 * to;
  return FEATURES.converter(room, bits, (room - from) / gcd(from, to) + 1, to % from !== 0);
}

function gcd(a: number, b: number): number {
  while (b > 0) [a, b] = [b, a % b];
  return a;
}
