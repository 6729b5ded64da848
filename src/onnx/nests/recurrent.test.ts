import { describe, expect, test } from "vitest";
import { macsOf, type Node, nestsOf } from "../../../test/nest-machine.js";

describe("recurrent cells and attention", () => {
  // MACs of a cell: steps x batch x gates x hidden x (input + hidden), per direction.
  test.each([
    ["RNN", 1],
    ["GRU", 3],
    ["LSTM", 4],
  ] as const)("%s counts %i gates in both directions", (type, gates) => {
    const [steps, batch, features, hidden] = [5, 2, 3, 4];
    const inputs = [
      [steps, batch, features],
      [2, gates * hidden, features],
      [2, gates * hidden, hidden],
    ];
    const nests = nestsOf({
      type,
      attributes: { direction: "bidirectional", hidden_size: hidden },
      inputs,
      outputs: [[steps, 2, batch, hidden]],
    });
    expect(macsOf(nests)).toBe(2 * steps * batch * gates * hidden * (features + hidden));
    // Forward reads the step before, backward the step after.
    expect(nests.map((nest) => nest.reads[0]?.indices[0]?.offset)).toEqual([0, -1, 0, 1]);
  });

  test("Attention counts scores and weighted values, cached keys and grouped heads included", () => {
    // B 2, query heads 4 on 2 key heads, 3 queries on 5 + 6 keys, width 7 (q, k) and 8 (v).
    const inputs = [[2, 4, 3, 7], [2, 2, 6, 7], [2, 2, 6, 8], undefined, [2, 2, 5, 7], [2, 2, 5, 8]];
    const nests = nestsOf({
      type: "Attention",
      opset: 24,
      inputs,
      outputs: [
        [2, 4, 3, 8],
        [2, 2, 11, 7],
        [2, 2, 11, 8],
      ],
    });
    expect(macsOf(nests)).toBe(2 * 4 * 3 * 11 * (7 + 8));
    expect(new Set(nests.flatMap((nest) => nest.reads.map((r) => r.tensor)))).toEqual(new Set([0, 1, 2, 4, 5]));
    const flat = nestsOf({
      type: "Attention",
      opset: 24,
      attributes: { q_num_heads: 4, kv_num_heads: 2 },
      inputs: [
        [2, 3, 28],
        [2, 6, 14],
        [2, 6, 16],
      ],
      outputs: [[2, 3, 32]],
    });
    expect(macsOf(flat)).toBe(2 * 4 * 3 * 6 * (7 + 8));
  });

  test("com.microsoft Attention adds the projection of its input", () => {
    const node: Node = {
      type: "Attention",
      domain: "com.microsoft",
      attributes: { num_heads: 2 },
      inputs: [[2, 3, 8], [8, 24], [24]],
      outputs: [[2, 3, 8]],
    };
    expect(macsOf(nestsOf(node))).toBe(2 * 3 * 8 * 24 + 2 * 2 * (2 * 3 * 3 * 4));
  });
});
