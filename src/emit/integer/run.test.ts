import { expect, test } from "vitest";
import { mapOf, network, POINT } from "../../../test/small-pipeline.js";
import type { IntegerLayer, Scaling } from "./network.js";
import { runIntegers, scaled } from "./run.js";

const PLAIN: Scaling = { multiplier: 1, shift: 0, low: -128, high: 127 };

test("halves are rounded up, results kept within the limits, then looked up", () => {
  const halved = { ...PLAIN, shift: 1 };
  expect([-3, -2, -1, 0, 1, 2, 3].map((sum) => scaled(sum, halved))).toEqual([-1, -1, 0, 0, 1, 1, 2]);
  expect(scaled(1000, PLAIN)).toBe(127);
  expect(scaled(-5, { ...PLAIN, low: 0 })).toBe(0);
  expect(scaled(100, { ...PLAIN, multiplier: 3, shift: 2 })).toBe(75);
  expect([-2, -1, 0, 1].map((sum) => scaled(sum, { multiplier: 1, shift: 0, low: -1, high: 0, table: [7, 9] }))).toEqual([7, 7, 9, 9]);
});

/** One layer over a map of two rows of two pixels, values as given. */
function of(arithmetic: IntegerLayer, values: readonly number[], layer: Parameters<typeof network>[1][number], channels = 1) {
  const problem = network(mapOf(channels, 2), [layer]);
  const all = runIntegers(problem, { layers: [arithmetic], scales: [1, 1], missing: [] }, new Map([[0, values]]));
  return Array.from(all[problem.streams.findIndex(({ to }) => to === undefined)]!);
}

test("a padded convolution by hand: every corner of a 2 x 2 map sees all four pixels", () => {
  // 3 x 3 kernel with weight 1 at the centre and 10 to the right of it, bias 5:
  // pixel + 10 x right neighbour + 5.
  const weights = [0, 0, 0, 0, 1, 10, 0, 0, 0];
  const result = of({ kind: "convolution", weights, bias: [5], sumBits: 16, scaling: PLAIN }, [1, 2, 3, 4], {
    kind: "convolution",
    output: mapOf(1, 2),
  });
  expect(result).toEqual([1 + 20 + 5, 2 + 5, 3 + 40 + 5, 4 + 5]);
});

test("a flattened map meets its weights in the order of the stream", () => {
  const output = { ...mapOf(1, 1), channels: 1 };
  const weights = [1, 2, 3, 4, 5, 6, 7, 8];
  const values = [1, 0, 0, 1, 0, 0, 0, 1]; // pixel by pixel, two channels each
  expect(
    of({ kind: "convolution", weights, bias: [0], sumBits: 16, scaling: PLAIN }, values, { kind: "convolution", output, kernel: POINT }, 2),
  ).toEqual([1 + 4 + 8]);
});

test("poolings take each channel by itself", () => {
  const window = { ...POINT, height: 2, width: 2, strideY: 2, strideX: 2 };
  const values = [1, -8, 5, -2, 3, -4, 2, -6];
  const pooled = { kind: "pooling", output: mapOf(2, 1), kernel: window } as const;
  expect(of({ kind: "maximum", scaling: PLAIN }, values, pooled, 2)).toEqual([5, -2]);
  expect(of({ kind: "mean", scaling: { ...PLAIN, shift: 2 } }, values, pooled, 2)).toEqual([3, -5]); // 11 / 4 and -20 / 4
});

test("a resized map has every pixel once for each row and column it became", () => {
  // Pixels a b / c d of two channels, rows twice, columns three times.
  const values = [1, 5, 2, 6, 3, 7, 4, 8];
  const kernel = { ...POINT, strideY: 2, strideX: 3 };
  const [above, below] = [
    [1, 5, 1, 5, 1, 5, 2, 6, 2, 6, 2, 6],
    [3, 7, 3, 7, 3, 7, 4, 8, 4, 8, 4, 8],
  ];
  const resized = of({ kind: "resize", scaling: PLAIN }, values, { kind: "resize", output: mapOf(2, 4, 6), kernel }, 2);
  expect(resized).toEqual([...above, ...above, ...below, ...below]);
});
