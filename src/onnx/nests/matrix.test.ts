import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { check, macsOf, type Node, nestsOf, run, tensorsOf } from "../../../test/nest-machine.js";

const small = fc.integer({ min: 1, max: 3 });

describe("matrix products", () => {
  test("Gemm with every transposition equals its definition", () => {
    for (const transA of [0, 1])
      for (const transB of [0, 1]) {
        const node: Node = {
          type: "Gemm",
          attributes: { transA, transB },
          inputs: [transA ? [3, 2] : [2, 3], transB ? [4, 3] : [3, 4], [4]],
          outputs: [[2, 4]],
        };
        check(
          node,
          ([n = 0, k = 0], x) => [0, 1, 2].reduce((t, c) => t + x(0, transA ? [c, n] : [n, c]) * x(1, transB ? [k, c] : [c, k]), 0),
          3,
        );
        expect(macsOf(nestsOf(node))).toBe(24);
      }
  });

  test("MatMul promotes vectors and broadcasts batches", () => {
    const dims = fc.record({
      rankA: fc.integer({ min: 1, max: 4 }),
      rankB: fc.integer({ min: 1, max: 4 }),
      n: small,
      k: small,
      c: small,
      batch: fc.tuple(small, small),
      one: fc.tuple(fc.boolean(), fc.boolean()),
    });
    fc.assert(
      fc.property(dims, ({ rankA, rankB, n, k, c, batch, one }) => {
        const front = (rank: number, ones: boolean) => batch.slice(batch.length - Math.max(0, rank - 2)).map((d) => (ones ? 1 : d));
        const a = rankA === 1 ? [c] : [...front(rankA, one[0]), n, c];
        const b = rankB === 1 ? [c] : [...front(rankB, one[1]), c, k];
        const [fa, fb] = [a.slice(0, -2), b.slice(0, -2)];
        const rank = Math.max(fa.length, fb.length);
        const outer = Array.from({ length: rank }, (_, i) => Math.max(fa[i - rank + fa.length] ?? 1, fb[i - rank + fb.length] ?? 1));
        const y = [...outer, ...(rankA === 1 ? [] : [n]), ...(rankB === 1 ? [] : [k])];
        const pick = (shape: readonly number[], at: readonly number[]) =>
          shape.slice(0, -2).map((d, i) => (d === 1 ? 0 : at[i + rank - (shape.length - 2)]!));
        check(
          { type: "MatMul", inputs: [a, b], outputs: [y] },
          (at, x) =>
            Array.from({ length: c }, (_, i) => i).reduce((t, i) => {
              const row = rankA === 1 ? [i] : [...pick(a, at), at[rank]!, i];
              const column = rankB === 1 ? [i] : [...pick(b, at), i, at[y.length - 1]!];
              return t + x(0, row) * x(1, column);
            }, 0),
          c,
        );
      }),
      { numRuns: 80 },
    );
  });

  test("the quantised forms count like MatMul", () => {
    const inputs = [[2, 5, 3], [], [], [3, 4], [4], [4], [], []];
    expect(macsOf(nestsOf({ type: "QLinearMatMul", inputs, outputs: [[2, 5, 4]] }))).toBe(2 * 5 * 3 * 4);
    expect(macsOf(nestsOf({ type: "MatMulInteger", inputs: [[5, 3], [3, 4], [5], []], outputs: [[5, 4]] }))).toBe(60);
    const dynamic: Node = {
      type: "DynamicQuantizeMatMul",
      domain: "com.microsoft",
      inputs: [[5, 3], [3, 4], [4], [4], [4]],
      outputs: [[5, 4]],
    };
    expect(macsOf(nestsOf(dynamic))).toBe(60);
  });

  test("FusedMatMul moves batch axes inside", () => {
    // A is [M, b, K] with transBatchA: y[b, m, n] = Σ a[m, b, k] · b[b, k, n].
    check(
      {
        type: "FusedMatMul",
        domain: "com.microsoft",
        attributes: { transBatchA: 1 },
        inputs: [
          [4, 2, 3],
          [2, 3, 5],
        ],
        outputs: [[2, 4, 5]],
      },
      ([b = 0, m = 0, n = 0], x) => [0, 1, 2].reduce((t, k) => t + x(0, [m, b, k]) * x(1, [b, k, n]), 0),
      3,
    );
  });

  test("MatMulNBits covers a last, shorter block", () => {
    // C = 40 in blocks of 16: two whole blocks and 8 elements; 4 bits are two elements per byte.
    const node: Node = {
      type: "MatMulNBits",
      domain: "com.microsoft",
      attributes: { K: 40, N: 6, bits: 4, block_size: 16 },
      inputs: [[2, 40], [6, 3, 8], [18]],
      outputs: [[2, 6]],
    };
    const nests = nestsOf(node);
    expect(macsOf(nests)).toBe(2 * 6 * 40);
    const tensors = tensorsOf(node);
    tensors.get(1)!.values.fill(1);
    const rows = [0, 1].map((n) =>
      tensors
        .get(0)!
        .values.slice(n * 40, n * 40 + 40)
        .reduce((a, b) => a + b, 0),
    );
    expect(run(nests, tensors).values).toEqual(rows.flatMap((row) => new Array<number>(6).fill(row)));
  });

  test("Einsum: one loop per label", () => {
    check(
      {
        type: "Einsum",
        attributes: { equation: "bhnd, bhmd -> bhnm" },
        inputs: [
          [2, 2, 3, 4],
          [2, 2, 5, 4],
        ],
        outputs: [[2, 2, 3, 5]],
      },
      ([b = 0, h = 0, n = 0, m = 0], x) => [0, 1, 2, 3].reduce((t, d) => t + x(0, [b, h, n, d]) * x(1, [b, h, m, d]), 0),
      4,
    );
    check(
      {
        type: "Einsum",
        attributes: { equation: "...ij,...jk" },
        inputs: [
          [1, 2, 3],
          [4, 3, 2],
        ],
        outputs: [[4, 2, 2]],
      },
      ([b = 0, i = 0, k = 0], x) => [0, 1, 2].reduce((t, j) => t + x(0, [0, i, j]) * x(1, [b, j, k]), 0),
      3,
    );
    check(
      { type: "Einsum", attributes: { equation: "...ii->...i" }, inputs: [[2, 3, 3]], outputs: [[2, 3]] },
      ([b = 0, i = 0], x) => x(0, [b, i, i]),
      1,
    );
  });
});
