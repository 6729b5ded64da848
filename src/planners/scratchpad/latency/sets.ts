/** `count` sets of whole numbers below `most`, as bits. */
export interface Sets {
  readonly insert: (set: number, i: number) => void;
  readonly has: (set: number, i: number) => boolean;
  /** Adds what is in another set. */
  readonly unite: (set: number, other: number) => void;
  /** Sum of a figure over the members. */
  readonly total: (set: number, of: Float64Array) => number;
  readonly members: (set: number) => readonly number[];
}

export function makeSets(count: number, most: number): Sets {
  const words = (most + 31) >> 5;
  const bits = new Int32Array(count * words);
  return {
    insert: (set, i) => {
      bits[set * words + (i >> 5)]! |= 1 << (i & 31);
    },
    has: (set, i) => (bits[set * words + (i >> 5)]! & (1 << (i & 31))) !== 0,
    unite: (set, other) => {
      for (let w = 0; w < words; w++) bits[set * words + w]! |= bits[other * words + w]!;
    },
    total: (set, of) => {
      let sum = 0;
      for (let w = 0; w < words; w++)
        for (let m = bits[set * words + w]!; m !== 0; m &= m - 1) sum += of[(w << 5) + 31 - Math.clz32(m & -m)]!;
      return sum;
    },
    members: (set) => {
      const found: number[] = [];
      for (let w = 0; w < words; w++)
        for (let m = bits[set * words + w]!; m !== 0; m &= m - 1) found.push((w << 5) + 31 - Math.clz32(m & -m));
      return found;
    },
  };
}
