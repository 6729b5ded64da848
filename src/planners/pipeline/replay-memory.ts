import type { Interval } from "../../base/interval.js";
import type { Residency } from "../../base/replay.js";
import { type Bytes, bytes, cycles } from "../../base/units.js";
import type { Device } from "./plan.js";

/** A kind of RAM of the device; what lies in it is counted in whole RAMs. */
export interface Memory {
  readonly name: string;
  readonly capacity: Bytes;
  readonly kind: "bram18" | "uram";
  /** Bytes of a RAM. */
  readonly unit: number;
}

/** RAMs that hold something as long as the partition runs. */
export interface Room {
  readonly name: string;
  readonly kind: "weight" | "activation";
  readonly bram18: number;
  readonly uram: number;
}

/** Bytes of a block RAM of 18 Kbit and of an URAM. */
const BLOCK = 18432 / 8;
const ULTRA = 294912 / 8;

/** @param replaced block RAMs that LUTs stand in for */
export const memoriesOf = ({ resources: { bram18, uram } }: Device, replaced: number): readonly Memory[] => [
  { name: "Block RAM", capacity: bytes(bram18 * BLOCK), kind: "bram18", unit: BLOCK },
  ...(uram > 0 ? [{ name: "UltraRAM", capacity: bytes(uram * ULTRA), kind: "uram" as const, unit: ULTRA }] : []),
  ...(replaced > 0
    ? [{ name: "LUTs in place of block RAM", capacity: bytes(replaced * BLOCK), kind: "bram18" as const, unit: BLOCK }]
    : []),
];

/** Everything in its place, one after the other: weights first, and what block RAM has no room for in LUTs. */
export function residencyOf(memories: readonly Memory[], rooms: readonly Room[], time: Interval, steps: Interval): Residency[] {
  const filled = memories.map(() => 0);
  const span = { start: cycles(Math.floor(time.start)), end: cycles(Math.ceil(time.end)) };
  const inOrder = [...rooms.filter(({ kind }) => kind === "weight"), ...rooms.filter(({ kind }) => kind !== "weight")];
  return inOrder.flatMap((room) => {
    const left = { bram18: room.bram18 * BLOCK, uram: room.uram * ULTRA };
    return memories.flatMap(({ capacity, kind }, memory) => {
      const last = !memories.some((other, m) => m > memory && other.kind === kind);
      const size = last ? left[kind] : Math.min(left[kind], Math.max(0, capacity - filled[memory]!));
      if (size <= 0) return [];
      left[kind] -= size;
      const offset = filled[memory]!;
      filled[memory]! += size;
      return [{ memory, name: room.name, kind: room.kind, offset: bytes(offset), size: bytes(size), cycles: span, steps }];
    });
  });
}
