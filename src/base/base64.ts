const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const CODES = Uint8Array.from(DIGITS, (digit) => digit.charCodeAt(0));
const VALUES = new Int8Array(128).fill(-1);
for (let k = 0; k < 64; k++) VALUES[CODES[k]!] = k;
const PADDING = 61; // "="

/** Bytes turned into a string at once, a multiple of 3; more would overflow the call's arguments. */
const CHUNK = 6144;
/** Bytes whose strings are joined: a longer text is left to be put together when it is first read, for here its parts would take its room once more. */
const JOINED = 256 * CHUNK;

/** Bytes as base64 (RFC 4648, padded), for plain JSON that carries much data. */
export function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (let begin = 0; begin < bytes.length; begin += JOINED) text += joined(bytes.subarray(begin, begin + JOINED));
  return text;
}

function joined(bytes: Uint8Array): string {
  const codes = new Uint8Array(Math.ceil(Math.min(CHUNK, bytes.length) / 3) * 4);
  const parts: string[] = [];
  for (let begin = 0; begin < bytes.length; begin += CHUNK) {
    const end = Math.min(bytes.length, begin + CHUNK);
    let to = 0;
    for (let from = begin; from < end; from += 3, to += 4) {
      const left = end - from;
      const three = (bytes[from]! << 16) | ((left > 1 ? bytes[from + 1]! : 0) << 8) | (left > 2 ? bytes[from + 2]! : 0);
      codes[to] = CODES[three >> 18]!;
      codes[to + 1] = CODES[(three >> 12) & 63]!;
      codes[to + 2] = left > 1 ? CODES[(three >> 6) & 63]! : PADDING;
      codes[to + 3] = left > 2 ? CODES[three & 63]! : PADDING;
    }
    parts.push(textOf(codes.subarray(0, to)));
  }
  return parts.join("");
}

/** Spreading would step through an iterator; this takes the array as it is. */
const textOf = (codes: Uint8Array): string => Reflect.apply(String.fromCharCode, undefined, codes);

/** The bytes, or `undefined` where the text is no padded base64. */
export function fromBase64(text: string): Uint8Array | undefined {
  const size = base64Bytes(text);
  if (size === undefined) return undefined;
  const bytes = new Uint8Array(size);
  return spanFromBase64(text, 0, size, bytes) === undefined ? undefined : bytes;
}

/** Bytes that padded base64 of this length stands for; `undefined` where none is so long. */
export const base64Bytes = (text: string): number | undefined =>
  text.length % 4 === 0 ? (text.length / 4) * 3 - paddingOf(text) : undefined;

const paddingOf = (text: string): number => (text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0);

/**
 * Some of the bytes, where the whole would take more room than there is.
 *
 * @param text padded base64 that holds bytes `[from, to)`.
 * @param into room for these and up to two bytes before and behind them.
 * @returns where byte `from` stands in `into`; `undefined` where other than digits stand for these bytes.
 */
export function spanFromBase64(text: string, from: number, to: number, into: Uint8Array): number | undefined {
  const last = Math.ceil(to / 3) * 4;
  const padding = last < text.length ? 0 : paddingOf(text);
  const whole = padding === 0 ? last : last - 4;
  // What is no digit has a negative value, which no other takes away.
  let wrong = 0;
  let at = 0;
  for (let digit = Math.floor(from / 3) * 4; digit < whole; digit += 4, at += 3) {
    const three = threeAt(text, digit);
    wrong |= three;
    into[at] = three >> 16;
    into[at + 1] = three >> 8;
    into[at + 2] = three;
  }
  if (padding > 0) {
    const three = (valueAt(text, whole) << 18) | (valueAt(text, whole + 1) << 12) | (padding === 1 ? valueAt(text, whole + 2) << 6 : 0);
    wrong |= three;
    into[at] = three >> 16;
    if (padding === 1) into[at + 1] = three >> 8;
  }
  return wrong < 0 ? undefined : from % 3;
}

/** Three bytes as the four digits from `at` on stand for them, the first highest; negative where one is no digit. */
export const threeAt = (text: string, at: number): number =>
  (valueAt(text, at) << 18) | (valueAt(text, at + 1) << 12) | (valueAt(text, at + 2) << 6) | valueAt(text, at + 3);

/** Value of a digit; negative for what is none. */
function valueAt(text: string, at: number): number {
  const code = text.charCodeAt(at);
  return code < 128 ? VALUES[code]! : -1;
}
