const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const CODES = Uint8Array.from(DIGITS, (digit) => digit.charCodeAt(0));
const VALUES = new Int8Array(128).fill(-1);
for (let k = 0; k < 64; k++) VALUES[CODES[k]!] = k;
const PADDING = 61; // "="

/** Bytes turned into a string at once, a multiple of 3; more would overflow the call's arguments. */
const CHUNK = 6144;

/** Bytes as base64 (RFC 4648, padded), for plain JSON that carries much data. */
export function toBase64(bytes: Uint8Array): string {
  const codes = new Uint8Array((CHUNK / 3) * 4);
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
  if (text.length % 4 !== 0) return undefined;
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  const size = (text.length / 4) * 3 - padding;
  const bytes = new Uint8Array(size);
  const whole = text.length - (padding > 0 ? 4 : 0);
  // What is no digit has a negative value, which no other takes away.
  let wrong = 0;
  let to = 0;
  for (let from = 0; from < whole; from += 4, to += 3) {
    const three = (valueAt(text, from) << 18) | (valueAt(text, from + 1) << 12) | (valueAt(text, from + 2) << 6) | valueAt(text, from + 3);
    wrong |= three;
    bytes[to] = three >> 16;
    bytes[to + 1] = three >> 8;
    bytes[to + 2] = three;
  }
  if (padding > 0) {
    const last = padding === 1 ? valueAt(text, whole + 2) : 0;
    const three = (valueAt(text, whole) << 18) | (valueAt(text, whole + 1) << 12) | (last << 6);
    wrong |= three;
    bytes[to] = three >> 16;
    if (padding === 1) bytes[to + 1] = three >> 8;
  }
  return wrong < 0 ? undefined : bytes;
}

/** Value of a digit; negative for what is none. */
function valueAt(text: string, at: number): number {
  const code = text.charCodeAt(at);
  return code < 128 ? VALUES[code]! : -1;
}
