/** A problem in flat arrays, for pricing thousands of orders. */
export interface Flat {
  readonly steps: number;
  readonly buffers: number;
  /** Operands of step s: `operand[start[s] .. start[s + 1] - 1]`, each once, and how it uses each. */
  readonly start: Int32Array;
  readonly operand: Int32Array;
  /** `READS`, `WRITES` or both. */
  readonly use: Uint8Array;
  readonly footprint: Float64Array;
  readonly size: Float64Array;
  /** 1 where the first content lies off chip. */
  readonly offChip: Uint8Array;
  /** 1 where the last content goes off chip in any case. */
  readonly keep: Uint8Array;
  /** First and last layer that accesses a buffer. */
  readonly firstLayer: Int32Array;
  readonly lastLayer: Int32Array;
}

export const READS = 1;
export const WRITES = 2;

/** Which buffer goes first: by distance to its next use, times this factor where sending it away costs no write. */
const CLEAN_FACTORS = [1, 2, 1.4] as const;
export const POLICIES = CLEAN_FACTORS.length;

/** Of a buffer that is not used again within the part. */
const NEVER = 1e9;

/**
 * Bytes spilled and re-fetched by a part of an order, layers `from .. to` of it, under a replacement rule: furthest
 * next use first. What the part takes from before is fetched, what it leaves for later is written; of a whole
 * order there is no such thing. Infinite where an operator does not fit or the sum reaches `limit`.
 */
export interface Pricer {
  price(order: Int32Array, length: number, policy: number, limit: number, from: number, to: number): number;
  /** Of the last call: which buffers left before which position of the order. */
  evictions(): readonly { readonly buffer: number; readonly before: number }[];
  /** Steps simulated so far, in all calls. */
  spent(): number;
}

export function pricer(flat: Flat, capacity: number): Pricer {
  const { buffers, start, operand, use, footprint, size, offChip, keep, firstLayer, lastLayer } = flat;
  const uses = new Int32Array(operand.length); // positions of accesses, buffer by buffer
  const next = new Int32Array(buffers); // into `uses`
  const end = new Int32Array(buffers);
  const writesLeft = new Int32Array(buffers);
  const copied = new Uint8Array(buffers);
  const place = new Int32Array(buffers); // in `resident`, or -1
  const lock = new Int32Array(buffers);
  const fetched = new Uint8Array(buffers);
  const resident = new Int32Array(buffers);
  const touched = new Int32Array(buffers);
  const stamp = new Int32Array(buffers);
  let round = 0;
  let spent = 0;
  let evictions: { buffer: number; before: number }[] = [];

  const price: Pricer["price"] = (order, length, policy, limit, from, to) => {
    const factor = CLEAN_FACTORS[policy]!;
    round++;
    evictions = [];
    let many = 0;
    for (let t = 0; t < length; t++) {
      const s = order[t]!;
      for (let k = start[s]!; k < start[s + 1]!; k++) {
        const b = operand[k]!;
        if (stamp[b] !== round) {
          stamp[b] = round;
          touched[many++] = b;
          end[b] = 0;
          writesLeft[b] = 0;
          copied[b] = 1;
          place[b] = -1;
          lock[b] = -1;
          fetched[b] = offChip[b] && firstLayer[b]! >= from ? 0 : 1;
        }
        end[b]!++;
        if (use[k]! & WRITES) writesLeft[b]!++;
      }
    }
    let at = 0;
    for (let i = 0; i < many; i++) {
      const b = touched[i]!;
      next[b] = at;
      at += end[b]!;
      end[b] = next[b]!;
    }
    for (let t = 0; t < length; t++) {
      const s = order[t]!;
      for (let k = start[s]!; k < start[s + 1]!; k++) uses[end[operand[k]!]!++] = t;
    }

    let moved = 0;
    let count = 0;
    let occupied = 0;
    const remove = (b: number) => {
      const last = resident[--count]!;
      resident[place[b]!] = last;
      place[last] = place[b]!;
      place[b] = -1;
      occupied -= footprint[b]!;
    };
    const write = (b: number) => {
      if (copied[b]) return;
      copied[b] = 1;
      if (!(keep[b] && writesLeft[b] === 0 && lastLayer[b]! <= to)) moved += size[b]!;
    };
    for (let t = 0; t < length; t++) {
      spent++;
      const s = order[t]!;
      let need = 0;
      for (let k = start[s]!; k < start[s + 1]!; k++) {
        const b = operand[k]!;
        lock[b] = t;
        if (place[b]! < 0) need += footprint[b]!;
      }
      for (let missing = occupied + need - capacity; missing > 0; ) {
        let victim = -1;
        let top = -1;
        for (let i = 0; i < count; i++) {
          const b = resident[i]!;
          if (lock[b] === t) continue;
          const away = next[b]! < end[b]! ? uses[next[b]!]! - t : NEVER;
          const score = copied[b] ? away * factor : away;
          if (score < top || (score === top && !better(footprint[b]!, footprint[victim]!, missing))) continue;
          top = score;
          victim = b;
        }
        if (victim < 0) return Number.POSITIVE_INFINITY;
        write(victim);
        evictions.push({ buffer: victim, before: t });
        missing -= footprint[victim]!;
        remove(victim);
      }
      for (let k = start[s]!; k < start[s + 1]!; k++) {
        const b = operand[k]!;
        if (place[b]! < 0) {
          place[b] = count;
          resident[count++] = b;
          occupied += footprint[b]!;
          if (use[k]! & READS) {
            if (fetched[b]) moved += size[b]!;
          }
          fetched[b] = 1;
        }
        next[b]!++;
        if (use[k]! & WRITES) {
          copied[b] = 0;
          writesLeft[b]!--;
        }
        if (next[b] === end[b]) {
          if (lastLayer[b]! > to) write(b);
          if (lastLayer[b]! <= to || copied[b]) remove(b);
        }
      }
      if (moved >= limit) return Number.POSITIVE_INFINITY;
    }
    return moved;
  };
  return { price, spent: () => spent, evictions: () => evictions };
}

/** Of two equally good victims: the smallest that makes enough room, else the largest. */
function better(footprint: number, other: number, missing: number): boolean {
  if (footprint >= missing) return other < missing || footprint < other;
  return other < missing && footprint > other;
}
