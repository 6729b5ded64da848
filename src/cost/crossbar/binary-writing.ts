/** What turns old cells into new ones: pulses up and down, the longest of each group summed, groups pulsed in either direction, cells written. */
export interface Changes {
  readonly up: number;
  readonly down: number;
  readonly set: number;
  readonly reset: number;
  readonly steps: number;
  readonly writes: number;
}

/** Whether `flips` can count these cells four at a time. */
export const inWords = (old: Uint8Array, levels: Uint8Array, columns: number, group: number): boolean =>
  columns % 4 === 0 && group % 4 === 0 && old.byteOffset % 4 === 0 && levels.byteOffset % 4 === 0;

/**
 * Counts the cells that differ, each a byte of 0 or 1, four at a time.
 *
 * @param group neighbouring cells of a row that are written together, a multiple of 4, as is the number of columns.
 * @param wear per cell, raised by one for every write.
 */
export function flips(old: Uint8Array, levels: Uint8Array, columns: number, group: number, wear?: Uint32Array): Changes {
  const was = new Uint32Array(old.buffer, old.byteOffset, old.length >> 2);
  const is = new Uint32Array(levels.buffer, levels.byteOffset, levels.length >> 2);
  const row = columns >> 2;
  const step = Math.min(group, columns) >> 2;
  let [up, down, set, reset] = [0, 0, 0, 0];
  for (let begin = 0; begin < was.length; begin += row)
    for (let from = begin; from < begin + row; from += step) {
      const to = Math.min(begin + row, from + step);
      let raised = 0;
      let lowered = 0;
      for (let k = from; k < to; k++) {
        const a = was[k]!;
        const b = is[k]!;
        if (a === b) continue;
        // Bytes are 0 or 1: the product's top byte is their sum.
        raised += Math.imul(b & ~a, 0x01010101) >>> 24;
        lowered += Math.imul(a & ~b, 0x01010101) >>> 24;
        if (wear !== undefined) {
          const at = k << 2;
          const differs = a ^ b;
          wear[at] = wear[at]! + (differs & 1);
          wear[at + 1] = wear[at + 1]! + ((differs >>> 8) & 1);
          wear[at + 2] = wear[at + 2]! + ((differs >>> 16) & 1);
          wear[at + 3] = wear[at + 3]! + (differs >>> 24);
        }
      }
      up += raised;
      down += lowered;
      if (raised > 0) set++;
      if (lowered > 0) reset++;
    }
  return { up, down, set, reset, steps: set + reset, writes: up + down };
}
