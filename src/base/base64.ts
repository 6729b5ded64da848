const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const CODES = Uint8Array.from(DIGITS, (digit) => digit.charCodeAt(0));
const VALUES = new Int8Array(128).fill(-1);
for (let k = 0; k < 64; k++) VALUES[CODES[k]!] = k;

/** Characters turned into a string at once; more would overflow the call's arguments. */
const CHUNK = 8192;

/** Bytes as base64 (RFC 4648, padded), for plain JSON that carries much data. */
export function toBase64(bytes: Uint8Array): string {
  const codes = new Uint8Array(Math.ceil(bytes.length / 3) * 4).fill(61); // "="
  for (let from = 0, to = 0; from < bytes.length; from += 3) {
    const left = bytes.length - from;
    const three = (bytes[from]! << 16) | ((left > 1 ? bytes[from + 1]! : 0) << 8) | (left > 2 ? bytes[from + 2]! : 0);
    codes[to++] = CODES[three >> 18]!;
    codes[to++] = CODES[(three >> 12) & 63]!;
    if (left > 1) codes[to++] = CODES[(three >> 6) & 63]!;
    if (left > 2) codes[to++] = CODES[three & 63]!;
  }
  const parts: string[] = [];
  for (let from = 0; from < codes.length; from += CHUNK) parts.push(textOf(codes.subarray(from, from + CHUNK)));
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
  const end = text.length - padding;
  const value = (at: number) => (at < end ? VALUES[text.charCodeAt(at) & 127]! | -(text.charCodeAt(at) >> 7) : 0);
  for (let from = 0, to = 0; from < text.length; from += 4) {
    const [a, b, c, d] = [value(from), value(from + 1), value(from + 2), value(from + 3)];
    if ((a | b | c | d) < 0) return undefined;
    const three = (a << 18) | (b << 12) | (c << 6) | d;
    bytes[to++] = three >> 16;
    if (to < size) bytes[to++] = (three >> 8) & 255;
    if (to < size) bytes[to++] = three & 255;
  }
  return bytes;
}
