import { sumWithin } from "../masks.js";

/** The states of one position, in parallel arrays: residents and copies as bit masks over slots, two words each. */
export interface Layer {
  count: number;
  r0: Int32Array<ArrayBuffer>;
  r1: Int32Array<ArrayBuffer>;
  c0: Int32Array<ArrayBuffer>;
  c1: Int32Array<ArrayBuffer>;
  /** Bytes paid, plus one fetch for every live buffer that is absent. */
  value: Float64Array<ArrayBuffer>;
  /** Bytes the slotted residents occupy. */
  occupied: Float64Array<ArrayBuffer>;
  /** Record of the state it came from; once kept, its own record. */
  record: Int32Array<ArrayBuffer>;
}

export function makeLayer(room: number): Layer {
  const n = Math.max(16, room);
  return {
    count: 0,
    r0: new Int32Array(n),
    r1: new Int32Array(n),
    c0: new Int32Array(n),
    c1: new Int32Array(n),
    value: new Float64Array(n),
    occupied: new Float64Array(n),
    record: new Int32Array(n),
  };
}

export function push(l: Layer, r0: number, r1: number, c0: number, c1: number, value: number, occupied: number, record: number): void {
  const i = l.count;
  if (i === l.r0.length) grow(l);
  l.r0[i] = r0;
  l.r1[i] = r1;
  l.c0[i] = c0;
  l.c1[i] = c1;
  l.value[i] = value;
  l.occupied[i] = occupied;
  l.record[i] = record;
  l.count = i + 1;
}

/** How many of the cheapest kept states a state is compared with. */
const COMPARED = 100;

/**
 * The states worth keeping, cheapest first: equal ones once, dominated ones not at all, at most `limit`.
 *
 * State A dominates B when A can turn itself into B, or into something at least as good, for no more than the
 * difference of their values: evict what only A holds (one more fetch each, `size`), and write what only B has
 * off chip (`write`). Source: docs/math/scratchpad.md, rule (D).
 */
export function dominant(from: Layer, limit: number, size: Float64Array, write: Float64Array): { layer: Layer; cheapestDropped: number } {
  const order = Int32Array.from({ length: from.count }, (_, i) => i);
  order.sort(
    (a, b) =>
      from.value[a]! - from.value[b]! ||
      from.r0[a]! - from.r0[b]! ||
      from.r1[a]! - from.r1[b]! ||
      from.c0[a]! - from.c0[b]! ||
      from.c1[a]! - from.c1[b]!,
  );
  const kept = makeLayer(Math.min(from.count, limit));
  const seen = new Set<string>();
  for (const i of order) {
    const r0 = from.r0[i]!;
    const r1 = from.r1[i]!;
    const c0 = from.c0[i]!;
    const c1 = from.c1[i]!;
    const value = from.value[i]!;
    if (from.count > COMPARED) {
      const key = `${r0},${r1},${c0},${c1}`;
      if (seen.has(key)) continue;
      seen.add(key);
    }
    let dominated = false;
    const compared = Math.min(kept.count, COMPARED);
    for (let k = 0; k < compared && !dominated; k++) {
      let allowance = value - kept.value[k]!;
      allowance -= sumWithin(kept.r0[k]! & ~r0, kept.r1[k]! & ~r1, size, allowance);
      if (allowance < 0) continue;
      dominated = sumWithin(c0 & ~kept.c0[k]!, c1 & ~kept.c1[k]!, write, allowance) <= allowance;
    }
    if (dominated) continue;
    if (kept.count === limit) return { layer: kept, cheapestDropped: value };
    push(kept, r0, r1, c0, c1, value, from.occupied[i]!, from.record[i]!);
  }
  return { layer: kept, cheapestDropped: Number.POSITIVE_INFINITY };
}

function grow(l: Layer): void {
  const wider = <A extends Int32Array<ArrayBuffer> | Float64Array<ArrayBuffer>>(a: A, b: A): A => {
    b.set(a);
    return b;
  };
  const n = 2 * l.r0.length;
  l.r0 = wider(l.r0, new Int32Array(n));
  l.r1 = wider(l.r1, new Int32Array(n));
  l.c0 = wider(l.c0, new Int32Array(n));
  l.c1 = wider(l.c1, new Int32Array(n));
  l.value = wider(l.value, new Float64Array(n));
  l.occupied = wider(l.occupied, new Float64Array(n));
  l.record = wider(l.record, new Int32Array(n));
}
