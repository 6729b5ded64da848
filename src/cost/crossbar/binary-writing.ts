import { ones, type Wear, wearOut } from "./cells.js";

/** What turns old cells into new ones: pulses up and down, the longest of each group summed, groups pulsed in either direction, cells written. */
export interface Changes {
  readonly up: number;
  readonly down: number;
  readonly set: number;
  readonly reset: number;
  readonly steps: number;
  readonly writes: number;
}

/** Whether `flips` can count groups of so many cells: they fill words, or words hold so many of them. */
export const inWords = (group: number, columns: number): boolean => group >= columns || group % 32 === 0 || 32 % group === 0;

/**
 * Counts the cells that differ, each a bit, a word at a time.
 *
 * @param used rows that are looked at; `rowWords` words each.
 * @param group neighbouring cells of a row that are written together.
 */
export function flips(old: Uint32Array, next: Uint32Array, used: Uint8Array, rowWords: number, group: number, wear?: Wear): Changes {
  let [up, down, set, reset] = [0, 0, 0, 0];
  const wide = group >= 32 ? Math.min(rowWords, group / 32) : 1;
  for (let row = 0, at = 0; row < used.length; row++) {
    const end = (row + 1) * rowWords;
    if (used[row] === 0) {
      at = end;
      continue;
    }
    while (at < end) {
      let raised = 0;
      let lowered = 0;
      for (const last = Math.min(end, at + wide); at < last; at++) {
        const was = old[at]!;
        const is = next[at]!;
        const differs = was ^ is;
        if (differs === 0) continue;
        raised |= differs & is;
        lowered |= differs & was;
        up += ones(differs & is);
        down += ones(differs & was);
        if (wear !== undefined) wearOut(wear, at, differs);
      }
      if (raised !== 0) set += group >= 32 ? 1 : groups(raised, group);
      if (lowered !== 0) reset += group >= 32 ? 1 : groups(lowered, group);
    }
  }
  return { up, down, set, reset, steps: set + reset, writes: up + down };
}

/** Groups of `group` bits, a power of two, of which any is set. */
function groups(x: number, group: number): number {
  let folded = x;
  for (let half = 1; half < group; half *= 2) folded |= folded >>> half;
  // Beside each group's lowest bit stands what others left.
  return ones(folded & FIRSTS[group]!);
}

/** By the size of a group, the first bit of each. */
const FIRSTS: Readonly<Record<number, number>> = { 1: 0xffffffff, 2: 0x55555555, 4: 0x11111111, 8: 0x01010101, 16: 0x00010001 };
