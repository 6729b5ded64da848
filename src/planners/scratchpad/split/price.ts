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

/**
 * Bytes spilled and re-fetched by a part of an order, layers `from .. to` of it, under a replacement rule: furthest
 * next use first. What the part takes from before is fetched, what it leaves for later is written; of a whole
 * order there is no such thing. Infinite where an operator does not fit or the sum reaches `limit`.
 */
export interface Pricer {
  price(order: Int32Array, length: number, policy: number, limit: number, from: number, to: number): number;
  /** Of the last call: which buffers left before which position of the order. */
  evictions(): readonly { readonly buffer: number; readonly before: number }[];
  /** Accesses simulated so far, in all calls. */
  spent(): number;
}

export function pricer(flat: Flat, capacity: number): Pricer {
  const { buffers, start, operand, use, footprint, size, offChip, keep, firstLayer, lastLayer } = flat;
  const uses = new Int32Array(operand.length); // positions of accesses, buffer by buffer
  const next = new Int32Array(buffers); // into `uses`
  const end = new Int32Array(buffers);
  const writesLeft = new Int32Array(buffers);
  const copied = new Uint8Array(buffers);
  const fetched = new Uint8Array(buffers);
  const touched = new Int32Array(buffers);
  const stamp = new Int32Array(buffers);
  const when = new Float64Array(buffers); // position of the next access
  const clean = heap(buffers, when, footprint);
  const dirty = heap(buffers, when, footprint);
  const victims: number[] = [];
  const leavesBefore: number[] = [];
  let round = 0;
  let spent = 0;

  const price: Pricer["price"] = (order, length, policy, limit, from, to) => {
    const factor = CLEAN_FACTORS[policy]!;
    round++;
    victims.length = 0;
    leavesBefore.length = 0;
    clean.clear();
    dirty.clear();
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
    let occupied = 0;
    const write = (b: number) => {
      if (copied[b]) return;
      copied[b] = 1;
      if (!(keep[b] && writesLeft[b] === 0 && lastLayer[b]! <= to)) moved += size[b]!;
    };
    const makeRoom = (t: number, need: number): boolean => {
      const began = victims.length;
      let missing = occupied + need - capacity;
      while (missing > 0) {
        const c = clean.count() > 0 ? (when[clean.top()]! - t) * factor : 0;
        const d = dirty.count() > 0 ? when[dirty.top()]! - t : 0;
        if (c <= 0 && d <= 0) return false; // what is left is needed now
        const from = d > c ? dirty : clean;
        const victim = from.top();
        from.remove(victim);
        victims.push(victim);
        leavesBefore.push(t);
        missing -= footprint[victim]!;
      }
      // The last ones may have made so much room that earlier ones can stay.
      let kept = began;
      for (let i = began; i < victims.length; i++) {
        const b = victims[i]!;
        if (missing + footprint[b]! <= 0) {
          missing += footprint[b]!;
          (copied[b] ? clean : dirty).add(b);
        } else {
          occupied -= footprint[b]!;
          write(b);
          victims[kept++] = b;
        }
      }
      victims.length = kept;
      leavesBefore.length = kept;
      return true;
    };
    for (let t = 0; t < length; t++) {
      const s = order[t]!;
      spent += start[s + 1]! - start[s]!;
      let need = 0;
      for (let k = start[s]!; k < start[s + 1]!; k++) {
        const b = operand[k]!;
        if (!clean.has(b) && !dirty.has(b)) need += footprint[b]!;
      }
      if (occupied + need > capacity && !makeRoom(t, need)) return Number.POSITIVE_INFINITY;
      for (let k = start[s]!; k < start[s + 1]!; k++) {
        const b = operand[k]!;
        const place = clean.has(b) ? clean : dirty.has(b) ? dirty : undefined;
        if (place === undefined) {
          occupied += footprint[b]!;
          if (use[k]! & READS && fetched[b]) moved += size[b]!;
          fetched[b] = 1;
        }
        next[b]!++;
        if (use[k]! & WRITES) {
          copied[b] = 0;
          writesLeft[b]!--;
        }
        if (next[b] === end[b]) {
          if (lastLayer[b]! > to) write(b);
          place?.remove(b);
          occupied -= footprint[b]!;
          continue;
        }
        when[b] = uses[next[b]!]!;
        const belongs = copied[b] ? clean : dirty;
        if (place === belongs) place.raise(b);
        else {
          place?.remove(b);
          belongs.add(b);
        }
      }
      if (moved >= limit) return Number.POSITIVE_INFINITY;
    }
    return moved;
  };
  return { price, spent: () => spent, evictions: () => victims.map((buffer, i) => ({ buffer, before: leavesBefore[i]! })) };
}

/** Buffers, the one wanted latest on top; of several, the largest. */
interface Heap {
  clear(): void;
  count(): number;
  has(b: number): boolean;
  top(): number;
  add(b: number): void;
  remove(b: number): void;
  /** To be called when `when[b]` became later. */
  raise(b: number): void;
}

function heap(buffers: number, when: Float64Array, footprint: Float64Array): Heap {
  const list = new Int32Array(buffers);
  const place = new Int32Array(buffers).fill(-1);
  let count = 0;
  const above = (a: number, b: number): boolean => {
    if (when[a] !== when[b]) return when[a]! > when[b]!;
    if (footprint[a] !== footprint[b]) return footprint[a]! > footprint[b]!;
    return a < b;
  };
  const put = (b: number, i: number) => {
    list[i] = b;
    place[b] = i;
  };
  const rise = (b: number, from: number) => {
    let i = from;
    for (; i > 0; ) {
      const parent = (i - 1) >> 1;
      const p = list[parent]!;
      if (!above(b, p)) break;
      put(p, i);
      i = parent;
    }
    put(b, i);
  };
  const sink = (b: number, from: number) => {
    let i = from;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= count) break;
      if (child + 1 < count && above(list[child + 1]!, list[child]!)) child++;
      const c = list[child]!;
      if (!above(c, b)) break;
      put(c, i);
      i = child;
    }
    put(b, i);
  };
  return {
    clear: () => {
      for (let i = 0; i < count; i++) place[list[i]!] = -1;
      count = 0;
    },
    count: () => count,
    has: (b) => place[b]! >= 0,
    top: () => list[0]!,
    add: (b) => rise(b, count++),
    remove: (b) => {
      const i = place[b]!;
      place[b] = -1;
      const last = list[--count]!;
      if (i === count) return;
      if (i > 0 && above(last, list[(i - 1) >> 1]!)) rise(last, i);
      else sink(last, i);
    },
    raise: (b) => rise(b, place[b]!),
  };
}
