/**
 * Bits that say which input stands in an entry of the table: none where every line holds the inputs in their own order.
 *
 * @param signs outputs whose signs stand there too.
 */
export const entryBits = (inputs: number, ordered: boolean, signs: number): number => (ordered ? 0 : Math.ceil(Math.log2(inputs))) + signs;

/**
 * Bytes that come from off chip for a load in which something is written.
 *
 * @param changed lines of bundles of which a cell changes, each `sharing` weights of `bits` bits.
 * @param entries table entries in use, of `entry` bits each.
 */
export const fetchBytes = (
  changed: number,
  sharing: number,
  bits: number,
  entries: number,
  entry: number,
): { readonly weights: number; readonly index: number } => ({
  weights: Math.ceil((changed * sharing * bits) / 8),
  index: Math.ceil((entries * entry) / 8),
});
