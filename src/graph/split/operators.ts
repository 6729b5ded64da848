import type { Operator } from "../graph.js";

/** Operators whose nests name some places for others: attention reads whole rows, DeformConv where run-time offsets lead, a recurrence its own past. */
const NOMINAL = new Set(["Attention", "DeformConv", "GRU", "GroupQueryAttention", "LSTM", "MultiHeadAttention", "QAttention", "RNN"]);

/** Whether the nests say exactly enough what a piece of each output is computed from. Others run whole. */
export function splittable(op: Operator): boolean {
  if (op.nests.length === 0 || NOMINAL.has(op.type)) return false;
  const written = new Set(op.nests.map(({ write }) => write.tensor));
  return (
    op.outputs.every((t) => written.has(t)) &&
    op.nests.every(({ reads, write }) => {
      const loops = write.indices.flatMap(({ terms }) => terms.map(({ loop }) => loop));
      return new Set(loops).size === loops.length && reads.every(({ tensor }) => !written.has(tensor));
    })
  );
}
