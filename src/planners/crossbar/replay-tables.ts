import { base64Bytes, spanFromBase64, threeAt } from "../../base/base64.js";
import type { Layer } from "./plan.js";

/** A line that holds no input. */
export const IDLE = -1;

/** Bytes of an entry. */
export const entryBytes = ({ inputs }: Pick<Layer, "inputs">): 2 | 4 => (inputs >= 65_535 ? 4 : 2);

/** Whether the table of a bundle has so many entries of so many bytes, as far as its length says. */
export const hasEntries = (text: string, count: number, size: number): boolean => base64Bytes(text) === count * size;

/** Where entries are read to, and room for their bytes. */
export interface Entries {
  /** `IDLE` where the line holds nothing. */
  readonly inputs: Int32Array;
  readonly bytes: Uint8Array;
}

export const entriesFor = (count: number): Entries => ({
  inputs: new Int32Array(count + 2 * BESIDE),
  bytes: new Uint8Array(4 * count + 4),
});

/** Entries before and behind those asked for that may be read with them. */
export const BESIDE = 2;

/**
 * Reads entries of the table of a bundle, as plans have it: from `from` on so many.
 *
 * @param size bytes of each.
 * @param at where they go; up to `BESIDE` entries before and behind them may be overwritten.
 * @returns whether they were base64.
 */
export function readEntries(text: string, size: 2 | 4, from: number, count: number, into: Entries, at: number): boolean {
  if (size === 4) return readSome(text, size, from, count, into, at);
  // Three entries of two bytes are eight digits.
  const begin = from - (from % 3);
  const whole = Math.floor((text.length - Number(text.charCodeAt(text.length - 1) === PADDING)) / 8) * 3;
  const end = Math.min(whole, Math.ceil((from + count) / 3) * 3);
  const rest = from + count - end;
  return (
    readTriples(text, begin, end, into.inputs, at + begin - from) && (rest <= 0 || readSome(text, size, end, rest, into, at + end - from))
  );
}

const PADDING = 61; // "="

function readTriples(text: string, from: number, to: number, inputs: Int32Array, at: number): boolean {
  let wrong = 0;
  for (let entry = from, digit = (from / 3) * 8, k = at; entry < to; entry += 3, digit += 8, k += 3) {
    const [low, high] = [threeAt(text, digit), threeAt(text, digit + 4)];
    wrong |= low | high;
    inputs[k] = held(((low >> 16) & 0xff) | (low & 0xff00));
    inputs[k + 1] = held((low & 0xff) | ((high >> 8) & 0xff00));
    inputs[k + 2] = held(((high >> 8) & 0xff) | ((high & 0xff) << 8));
  }
  return wrong >= 0;
}

/** All ones become `IDLE`. */
const held = (entry: number): number => ((entry + 1) & 0xffff) - 1;

function readSome(text: string, size: 2 | 4, from: number, count: number, { inputs, bytes }: Entries, at: number): boolean {
  let byte = spanFromBase64(text, from * size, (from + count) * size, bytes);
  if (byte === undefined) return false;
  for (let k = at; k < at + count; k++, byte += size) {
    const entry = bytes[byte]! | (bytes[byte + 1]! << 8);
    inputs[k] = size === 2 ? held(entry) : entry | (bytes[byte + 2]! << 16) | (bytes[byte + 3]! << 24); // all ones are IDLE
  }
  return true;
}
