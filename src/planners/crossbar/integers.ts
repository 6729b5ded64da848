import { fromBase64, toBase64 } from "../../base/base64.js";

/** Bytes of one entry of a table over so many inputs. */
const entrySize = (inputs: number): 2 | 4 => (inputs < 65_535 ? 2 : 4);

/** A table as plan files carry it. */
export function encodeTable(table: Int32Array | Int16Array, inputs: number): string {
  const size = entrySize(inputs);
  const bytes = new Uint8Array(table.length * size);
  for (let k = 0, to = 0; k < table.length; k++) {
    const entry = table[k]!;
    for (let byte = 0; byte < size; byte++) bytes[to++] = entry >> (8 * byte);
  }
  return toBase64(bytes);
}

/** The table, idle entries as -1; `undefined` where the text is no table of so many entries. */
export function decodeTable(text: string, inputs: number, entries: number): Int32Array | undefined {
  const size = entrySize(inputs);
  const bytes = fromBase64(text);
  if (bytes?.length !== entries * size) return undefined;
  const table = new Int32Array(entries);
  const idle = size === 2 ? 0xffff : -1;
  for (let k = 0; k < entries; k++) {
    let entry = 0;
    for (let byte = 0; byte < size; byte++) entry |= bytes[k * size + byte]! << (8 * byte);
    table[k] = entry === idle ? -1 : entry;
  }
  return table;
}

/** Weights as problems carry them. */
export const encodeWeights = (values: Int8Array): string => toBase64(new Uint8Array(values.buffer, values.byteOffset, values.length));

export function decodeWeights(text: string): Int8Array | undefined {
  const bytes = fromBase64(text);
  return bytes && new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}
