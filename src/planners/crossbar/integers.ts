import { fromBase64, toBase64 } from "../../base/base64.js";

/** Bytes of one entry of a table over so many inputs. */
const entrySize = (inputs: number): 2 | 4 => (inputs < 65_535 ? 2 : 4);

/**
 * A table as plan files carry it.
 *
 * @param entries of a bundle.
 */
export function encodeTable(table: Int32Array | Int16Array, inputs: number, entries: number): readonly string[] {
  const size = entrySize(inputs);
  const bytes = new Uint8Array(entries * size);
  return Array.from({ length: table.length / entries }, (_, bundle) => {
    for (let k = bundle * entries, to = 0; to < bytes.length; k++) {
      const entry = table[k]!;
      for (let byte = 0; byte < size; byte++) bytes[to++] = entry >> (8 * byte);
    }
    return toBase64(bytes);
  });
}

/** Weights as problems carry them. */
export const encodeWeights = (values: Int8Array): string => toBase64(new Uint8Array(values.buffer, values.byteOffset, values.length));

export function decodeWeights(text: string): Int8Array | undefined {
  const bytes = fromBase64(text);
  return bytes && new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}
