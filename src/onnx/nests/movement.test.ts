import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { check, type Node, nestsOf, position, run, size, tensorsOf } from "../../../test/nest-machine.js";

describe("moves and element-wise operators", () => {
  test("element-wise operators broadcast", () => {
    const node: Node = {
      type: "Add",
      inputs: [
        [3, 1],
        [2, 1, 4],
      ],
      outputs: [[2, 3, 4]],
    };
    check(node, ([, b = 0], x) => x(0, [b, 0]), 1);
    const [nest] = nestsOf(node);
    expect(nest?.kind).toBe("pointwise");
    expect(nest?.reads[1]?.indices.map((i) => i.terms.length)).toEqual([1, 0, 1]);
    const [bn] = nestsOf({ type: "BatchNormalization", inputs: [[2, 3, 4], [3], [3], [3], [3]], outputs: [[2, 3, 4]] });
    expect(bn?.reads.slice(1).map((r) => r.indices)).toEqual(new Array(4).fill([{ offset: 0, terms: [{ loop: 1, stride: 1 }] }]));
    const [dq] = nestsOf({ type: "DequantizeLinear", attributes: { axis: 0 }, inputs: [[3, 4], [3], [3]], outputs: [[3, 4]] });
    expect(dq?.reads[1]?.indices).toEqual([{ offset: 0, terms: [{ loop: 0, stride: 1 }] }]);
  });

  test("a blocked scale is read once per block", () => {
    check(
      {
        type: "DequantizeLinear",
        opset: 21,
        attributes: { axis: 1, block_size: 3 },
        inputs: [
          [2, 7],
          [2, 3],
          [2, 3],
        ],
        outputs: [[2, 7]],
      },
      (at, x) => x(0, at),
      1,
    );
  });

  test("moves put every element in its place", () => {
    check(
      {
        type: "Concat",
        attributes: { axis: -1 },
        inputs: [
          [2, 2],
          [2, 0],
          [2, 3],
        ],
        outputs: [[2, 5]],
      },
      ([a = 0, b = 0], x) => (b < 2 ? x(0, [a, b]) : x(2, [a, b - 2])),
      1,
    );
    check(
      { type: "Transpose", attributes: { perm: [2, 0, 1] }, inputs: [[2, 3, 4]], outputs: [[4, 2, 3]] },
      ([c = 0, a = 0, b = 0], x) => x(0, [a, b, c]),
      1,
    );
    check(
      { type: "Slice", inputs: [[2, 7], [1], [1], [1], [1]], data: { 1: [-2], 2: [-100], 3: [1], 4: [-2] }, outputs: [[2, 3]] },
      ([a = 0, b = 0], x) => x(0, [a, 5 - 2 * b]),
      1,
    );
    check(
      { type: "Pad", inputs: [[2, 3], [4]], data: { 1: [0, 1, 1, -1] }, outputs: [[3, 3]] },
      ([a = 0, b = 0], x) => x(0, [a, b - 1]),
      1,
    );
    check({ type: "Tile", inputs: [[2, 3], [2]], outputs: [[4, 3]] }, ([a = 0, b = 0], x) => x(0, [a % 2, b]), 1);
    check({ type: "Expand", inputs: [[3, 1], [2]], outputs: [[2, 3, 4]] }, ([, b = 0], x) => x(0, [b, 0]), 1);
    check(
      { type: "Gather", attributes: { axis: 1 }, inputs: [[2, 7], [3]], data: { 1: [1, 3, 5] }, outputs: [[2, 3]] },
      ([a = 0, b = 0], x) => x(0, [a, 1 + 2 * b]),
      1,
    );
    check({ type: "Gather", inputs: [[4, 2], []], data: { 1: [-1] }, outputs: [[2]] }, ([b = 0], x) => x(0, [3, b]), 1);
    expect(nestsOf({ type: "Gather", inputs: [[4, 2], [2]], outputs: [[2, 2]] })).toEqual([]);
    expect(nestsOf({ type: "Pad", attributes: { mode: "reflect" }, inputs: [[3], [2]], data: { 1: [1, 1] }, outputs: [[5]] })).toEqual([]);
  });

  test("Split writes each output from its own stretch", () => {
    const node: Node = {
      type: "Split",
      attributes: { axis: 1 },
      inputs: [[2, 5], [2]],
      data: { 1: [2, 3] },
      outputs: [
        [2, 2],
        [2, 3],
      ],
    };
    const nests = nestsOf(node);
    const tensors = tensorsOf(node);
    const x = tensors.get(0)!.values;
    expect(run(nests, tensors, 100).values).toEqual([x[0], x[1], x[5], x[6]]);
    expect(run(nests, tensors, 101).values).toEqual([x[2], x[3], x[4], x[7], x[8], x[9]]);
  });

  test("Reshape keeps row-major order wherever both shapes refine to common factors", () => {
    const factors = fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 5 });
    /** Multiplies neighbours that are not cut apart. */
    const group = (list: readonly number[], cut: readonly boolean[]) => {
      const shape: number[] = [];
      list.forEach((factor, i) => {
        if (i === 0 || cut[i]) shape.push(factor);
        else shape[shape.length - 1]! *= factor;
      });
      return shape;
    };
    const cuts = fc.array(fc.boolean(), { minLength: 5, maxLength: 5 });
    fc.assert(
      fc.property(factors, cuts, cuts, (list, a, b) => {
        const [x, y] = [group(list, a), group(list, b)];
        check(
          { type: "Reshape", inputs: [x, [y.length]], outputs: [y] },
          (at, read) => {
            const place = position(y, at)!;
            const strides = x.map((_, i) => size(x.slice(i + 1)));
            const from = x.map((dim, i) => Math.floor(place / strides[i]!) % dim);
            return read(0, from);
          },
          1,
        );
      }),
      { numRuns: 80 },
    );
    expect(nestsOf({ type: "Reshape", inputs: [[2, 3], [2]], outputs: [[3, 2]] })).toEqual([]);
  });

  test("DepthToSpace and SpaceToDepth move blocks", () => {
    const dcr = ([n = 0, c = 0, y = 0, x = 0]: readonly number[]) => [
      n,
      ((y % 2) * 2 + (x % 2)) * 3 + c,
      Math.floor(y / 2),
      Math.floor(x / 2),
    ];
    check(
      { type: "DepthToSpace", attributes: { blocksize: 2 }, inputs: [[1, 12, 2, 3]], outputs: [[1, 3, 4, 6]] },
      (at, x) => x(0, dcr(at)),
      1,
    );
    const crd = ([n = 0, c = 0, y = 0, x = 0]: readonly number[]) => [
      n,
      c * 4 + (y % 2) * 2 + (x % 2),
      Math.floor(y / 2),
      Math.floor(x / 2),
    ];
    check(
      { type: "DepthToSpace", attributes: { blocksize: 2, mode: "CRD" }, inputs: [[1, 12, 2, 3]], outputs: [[1, 3, 4, 6]] },
      (at, x) => x(0, crd(at)),
      1,
    );
    check(
      { type: "SpaceToDepth", attributes: { blocksize: 2 }, inputs: [[1, 3, 4, 6]], outputs: [[1, 12, 2, 3]] },
      ([n = 0, k = 0, y = 0, x = 0], read) => read(0, [n, k % 3, y * 2 + Math.floor(k / 6), x * 2 + (Math.floor(k / 3) % 2)]),
      1,
    );
  });

  test("Resize by whole factors reads the nearest element", () => {
    const node: Node = { type: "Resize", inputs: [[1, 2, 3, 2], [0], [0], [4]], outputs: [[1, 2, 6, 6]] };
    // half_pixel with round_prefer_floor: x = (o + 0.5) / s - 0.5, rounded.
    const nearest = (o: number, s: number) => Math.ceil((o + 0.5) / s - 1);
    check(node, ([n = 0, c = 0, y = 0, x = 0], read) => read(0, [n, c, nearest(y, 2), nearest(x, 3)]), 1);
    expect(nestsOf({ ...node, attributes: { coordinate_transformation_mode: "align_corners" } })).toEqual([]);
    expect(nestsOf({ ...node, outputs: [[1, 2, 4, 6]] })).toEqual([]);
  });
});
