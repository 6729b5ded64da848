import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { PeArray } from "../../target/fusion-target.js";
import { arrayCycles, bufferBytes, countWords, type LayerShape } from "./array.js";

const vwa = { template: "vwa", blocks: 8, rows: 7, columns: 3 } as const satisfies PeArray;
const nvdla = { template: "nvdla", outputs: 16, inputs: 8 } as const satisfies PeArray;
const rested = { template: "systolic", rows: 4, columns: 8, dataflow: "output-stationary" } as const satisfies PeArray;
const held = { ...rested, dataflow: "weight-stationary" } as const satisfies PeArray;
const eyeriss = { template: "row-stationary", rows: 12, columns: 14, bufferRate: 26 as never } as const satisfies PeArray;
const ELEMENTS: readonly (readonly [PeArray, number])[] = [
  [vwa, 168],
  [nvdla, 128],
  [rested, 32],
  [held, 32],
  [eyeriss, 168],
];

const shape = (inputs: number, outputs: number, kernel: number, stride = 1, groups = 1): LayerShape => ({
  inputs,
  outputs,
  groups,
  kernel: { height: kernel, width: kernel },
  stride: { y: stride, x: stride },
});
const words = (array: PeArray, layer: LayerShape, rows: number, columns: number) => {
  const counted = { inputs: 0, weights: 0, sums: 0, outputs: 0 };
  countWords(array, layer, rows, columns, counted);
  return counted;
};

describe("vwa", () => {
  test("3x3: each pair of channels meets in 3 cycles per result column", () => {
    expect(arrayCycles(vwa, shape(64, 64, 3), 56, 56)).toBe(64 * 64 * 3 * 56);
    // 7 rows fill one block of eight: eight input channels at once.
    expect(arrayCycles(vwa, shape(512, 512, 3), 7, 7)).toBe((512 / 8) * 512 * 3 * 7);
    // 60 rows are a band of 56 and one of 4.
    expect(arrayCycles(vwa, shape(16, 1, 3), 60, 10)).toBe((16 + 2) * 3 * 10);
  });

  test("kernel columns are cut into threes; remainders share a pass where they stand whole", () => {
    // 7 = 3 + 3 + 1: two passes per channel, and one for the last rows of all three.
    expect(arrayCycles(vwa, shape(3, 1, 7, 2), 56, 1)).toBe((2 * 3 + 1) * 7);
    // 5 = 3 + 2: two remainders of 2 do not fit into 3.
    expect(arrayCycles(vwa, shape(3, 1, 5), 56, 1)).toBe((3 + 3) * 5);
    // 1x1: three input channels at once.
    expect(arrayCycles(vwa, shape(10, 4, 1), 56, 5)).toBe(4 * 4 * 5);
  });

  test("depth-wise: one kernel element per cycle", () => {
    expect(arrayCycles(vwa, shape(32, 32, 3, 1, 32), 14, 14)).toBe((32 / 4) * 9 * 14);
  });

  test("agrees with packing the pieces one by one", () => {
    const size = fc.integer({ min: 1, max: 9 });
    fc.assert(
      fc.property(size, size, size, fc.integer({ min: 1, max: 200 }), (inputs, outputs, kernel, rows) => {
        let passes = 0;
        for (let left = rows; left > 0; left -= Math.min(left, 56)) {
          const parallel = Math.floor(8 / Math.ceil(Math.min(left, 56) / 7));
          const free: number[] = [];
          for (let c = 0; c < inputs; c++)
            for (let r = kernel; r > 0; r -= 3) {
              const piece = Math.min(3, r);
              const at = free.findIndex((f) => f >= piece);
              if (at >= 0) free[at]! -= piece;
              else free.push(3 - piece);
            }
          passes += Math.ceil(free.length / parallel);
        }
        expect(arrayCycles(vwa, shape(inputs, outputs, kernel), rows, 2)).toBe(passes * outputs * kernel * 2);
      }),
    );
  });

  test("buffer", () => {
    // 7 rows: 8 of 16 channels at once, so that every sum leaves once and returns once.
    expect(words(vwa, shape(16, 4, 3), 7, 10)).toEqual({ inputs: 4 * 16 * 3 * 10 * 9, weights: 4 * 16 * 9, sums: 2 * 280, outputs: 280 });
    expect(words(vwa, shape(4, 4, 3, 1, 4), 7, 10)).toMatchObject({ sums: 0, weights: 36 });
  });
});

describe("nvdla", () => {
  test("channels in blocks of 16 x 8", () => {
    expect(arrayCycles(nvdla, shape(20, 40, 3), 5, 6)).toBe(3 * 3 * 9 * 30);
    expect(words(nvdla, shape(20, 40, 3), 5, 6)).toEqual({ inputs: 20 * 9 * 3 * 30, weights: 20 * 40 * 9, sums: 0, outputs: 1200 });
  });
});

describe("systolic", () => {
  test("folds with fill and drain", () => {
    // 9 pixels x window 18 x 10 channels on 4 x 8.
    expect(arrayCycles(rested, shape(2, 10, 3), 3, 3)).toBe(3 * 2 * (18 + 4 + 8 - 2));
    expect(arrayCycles(held, shape(2, 10, 3), 3, 3)).toBe(5 * 2 * (9 + 8 + 8 - 2));
    expect(words(rested, shape(2, 10, 3), 3, 3)).toEqual({ inputs: 9 * 18 * 2, weights: 18 * 10 * 3, sums: 0, outputs: 90 });
    expect(words(held, shape(2, 10, 3), 3, 3)).toEqual({ inputs: 9 * 18 * 2, weights: 180, sums: 2 * 90 * 4, outputs: 90 });
  });
});

describe("row-stationary", () => {
  test("four sets of 3 x 13 on 12 x 14 elements", () => {
    // AlexNet CONV3: 156 elements at work; the rest of the time weights and first inputs load.
    const layer = shape(256, 384, 3);
    const computing = (256 * 384 * 9 * 169) / 156;
    const cycles = arrayCycles(eyeriss, layer, 13, 52) / 4;
    expect(cycles).toBeGreaterThan(computing);
    expect(cycles).toBeLessThan(1.15 * computing);
  });

  test("a slower buffer takes longer once it sets the pace", () => {
    const at = (bufferRate: number) => arrayCycles({ ...eyeriss, bufferRate: bufferRate as never }, shape(64, 64, 3), 14, 56);
    expect(at(13)).toBeGreaterThan(at(26));
    expect(at(26)).toBeGreaterThan(at(2600));
  });
});

describe("every template", () => {
  const layer = fc
    .record({
      groups: fc.constantFrom(1, 1, 2, 6),
      depth: fc.integer({ min: 1, max: 40 }),
      filters: fc.integer({ min: 1, max: 40 }),
      height: fc.integer({ min: 1, max: 13 }),
      width: fc.integer({ min: 1, max: 13 }),
      stride: fc.integer({ min: 1, max: 3 }),
    })
    .map(
      ({ groups, depth, filters, height, width, stride }): LayerShape => ({
        inputs: groups * depth,
        outputs: groups * filters,
        groups,
        kernel: { height, width },
        stride: { y: stride, x: stride },
      }),
    );
  const edge = fc.integer({ min: 1, max: 120 });
  const macs = ({ outputs, inputs, groups, kernel }: LayerShape) => outputs * (inputs / groups) * kernel.height * kernel.width;

  test("is never faster than all of its elements, in whole cycles", () => {
    fc.assert(
      fc.property(layer, edge, edge, (l, rows, columns) => {
        for (const [array, elements] of ELEMENTS) {
          const cycles = arrayCycles(array, l, rows, columns);
          expect(Number.isInteger(cycles)).toBe(true);
          expect(cycles * elements).toBeGreaterThanOrEqual(macs(l) * rows * columns);
        }
      }),
    );
  });

  test("moves every weight and every result at least once, and never a negative number", () => {
    fc.assert(
      fc.property(layer, edge, edge, (l, rows, columns) => {
        for (const [array] of ELEMENTS) {
          const { inputs, weights, sums, outputs } = words(array, l, rows, columns);
          expect(weights).toBeGreaterThanOrEqual(macs(l));
          expect(outputs).toBe(l.outputs * rows * columns);
          expect(inputs).toBeGreaterThanOrEqual(l.inputs * rows * columns);
          expect(sums).toBeGreaterThanOrEqual(0);
          const widths = { input: 8, weight: 4, sum: 16, output: 8 };
          expect(bufferBytes(array, l, rows, columns, widths)).toBe(Math.ceil(inputs + weights / 2 + 2 * sums + outputs));
        }
      }),
    );
  });

  test("an empty tile is free", () => {
    for (const [array] of ELEMENTS) {
      expect(arrayCycles(array, shape(3, 3, 3), 0, 5)).toBe(0);
      expect(bufferBytes(array, shape(3, 3, 3), 5, 0, { input: 8, weight: 8, sum: 16, output: 8 })).toBe(0);
    }
  });
});
