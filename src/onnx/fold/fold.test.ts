import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dataOfTest, inferTest, k, type TestNode } from "../../../test/node-view.js";
import type { ElementType } from "../../graph/element-type.js";
import { FOLD_LIMIT, type Value } from "../node.js";
import { countOf, stridesOf } from "./grid.js";
import { settle } from "./number.js";

const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const small = fc.bigInt({ min: -20n, max: 20n });
const wrap = (n: bigint) => BigInt.asIntN(64, n);

describe("whole-number arithmetic against BigInt", () => {
  const operations: Readonly<Record<string, (a: bigint, b: bigint) => bigint>> = {
    Add: (a, b) => wrap(a + b),
    Sub: (a, b) => wrap(a - b),
    Mul: (a, b) => wrap(a * b),
    Div: (a, b) => wrap(a / b),
    Mod: (a, b) => a - b * floorDivide(a, b),
    Min: (a, b) => (a < b ? a : b),
    Max: (a, b) => (a > b ? a : b),
    Equal: (a, b) => BigInt(a === b),
    Less: (a, b) => BigInt(a < b),
    GreaterOrEqual: (a, b) => BigInt(a >= b),
  };
  it.each(Object.entries(operations))("%s", (type, by) => {
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(
            fc.oneof(int64, small),
            fc.oneof(int64, small).filter((b) => b !== 0n),
          ),
          { minLength: 1, maxLength: 5 },
        ),
        (pairs) => {
          const node = { type, inputs: [k(pairs.map(([a]) => a)), k(pairs.map(([, b]) => b))] };
          expect(dataOfTest(node)).toEqual(pairs.map(([a, b]) => by(a, b)));
        },
      ),
    );
  });

  it("Pow wraps like repeated multiplication", () => {
    fc.assert(
      fc.property(small, fc.nat(40), (a, n) => {
        expect(dataOfTest({ type: "Pow", inputs: [k([a], []), k([n], [])] })).toEqual([wrap(a ** BigInt(n))]);
      }),
    );
  });

  it("does not divide by zero, and takes no time for a huge power", () => {
    expect(dataOfTest({ type: "Div", inputs: [k([1]), k([0])] })).toBeUndefined();
    expect(dataOfTest({ type: "Mod", inputs: [k([1]), k([0])] })).toBeUndefined();
    expect(dataOfTest({ type: "Pow", inputs: [k([3]), k([2n ** 62n])] })).toEqual([wrap(modularPower(3n, 2n ** 62n))]);
  });

  it.each([
    ["int8", -128n, 127n],
    ["uint8", 0n, 255n],
    ["int32", -(2n ** 31n), 2n ** 31n - 1n],
    ["uint64", 0n, 2n ** 64n - 1n],
  ] as const)("%s wraps at its ends", (type, lowest, highest) => {
    const one = k([1n], [1], type);
    expect(dataOfTest({ type: "Add", inputs: [k([highest], [1], type), one] })).toEqual([lowest]);
    expect(dataOfTest({ type: "Sub", inputs: [k([lowest], [1], type), one] })).toEqual([highest]);
  });
});

describe("movement against index arithmetic", () => {
  const dims = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 });
  const filled = (shape: readonly number[]) =>
    k(
      Array.from({ length: countOf(shape) }, (_, i) => BigInt(i)),
      shape,
    );
  const indices = (shape: readonly number[]): readonly (readonly number[])[] =>
    shape.reduce<number[][]>((list, d) => list.flatMap((head) => Array.from({ length: d }, (_, i) => [...head, i])), [[]]);
  const at = (shape: readonly number[], index: readonly number[]) =>
    BigInt(index.reduce((sum, i, axis) => sum + i * stridesOf(shape)[axis]!, 0));

  it("Transpose", () => {
    fc.assert(
      fc.property(
        dims.chain((s) =>
          fc.tuple(
            fc.constant(s),
            fc.shuffledSubarray(
              s.map((_, i) => i),
              { minLength: s.length },
            ),
          ),
        ),
        ([shape, perm]) => {
          const expected = indices(perm.map((axis) => shape[axis]!)).map((index) =>
            at(
              shape,
              shape.map((_, axis) => index[perm.indexOf(axis)]!),
            ),
          );
          expect(dataOfTest({ type: "Transpose", inputs: [filled(shape)], attributes: { perm } })).toEqual(expected);
        },
      ),
    );
  });

  it("Slice, Gather, Concat and Split", () => {
    fc.assert(
      fc.property(
        dims,
        fc.nat(),
        fc.integer({ min: -5, max: 5 }),
        fc.integer({ min: -5, max: 5 }),
        fc.constantFrom(-2, -1, 1, 2),
        (shape, n, start, end, step) => {
          const axis = n % shape.length;
          const line = Array.from({ length: shape[axis]! }, (_, i) => i);
          const taken = python(line, start, end, step);
          const expected = (chosen: readonly number[]) =>
            indices(shape.map((d, i) => (i === axis ? chosen.length : d))).map((index) =>
              at(
                shape,
                index.map((i, a) => (a === axis ? chosen[i]! : i)),
              ),
            );
          const x = filled(shape);
          expect(dataOfTest({ type: "Slice", inputs: [x, k([start]), k([end]), k([axis]), k([step])] })).toEqual(expected(taken));
          expect(
            dataOfTest({ type: "Gather", inputs: [x, k(taken.map((i) => (i % 2 ? i : i - line.length)))], attributes: { axis } }),
          ).toEqual(expected(taken));
          expect(dataOfTest({ type: "Concat", inputs: [x, x], attributes: { axis } })).toEqual(expected([...line, ...line]));
          const parts = inferTest({ type: "Split", inputs: [x, k([1, line.length - 1])], outputs: 2, attributes: { axis } });
          expect(parts.kind === "values" && parts.values.map((part) => part.data)).toEqual([expected([0]), expected(line.slice(1))]);
        },
      ),
    );
  });

  it("Tile, Expand and Pad", () => {
    fc.assert(
      fc.property(dims, fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 4, maxLength: 4 }), (shape, numbers) => {
        const counts = shape.map((_, i) => numbers[i]!);
        const x = filled(shape);
        const tiled = indices(shape.map((d, i) => d * counts[i]!)).map((index) =>
          at(
            shape,
            index.map((i, axis) => i % shape[axis]!),
          ),
        );
        expect(dataOfTest({ type: "Tile", inputs: [x, k(counts)] })).toEqual(tiled);
        const wide = [2, ...shape];
        expect(dataOfTest({ type: "Expand", inputs: [x, k(wide)] })).toEqual([...x.data!, ...x.data!]);
        const padded = indices(shape.map((d, i) => d + 2 * counts[i]!)).map((index) => {
          const inside = index.map((i, axis) => i - counts[axis]!);
          return inside.every((i, axis) => i >= 0 && i < shape[axis]!) ? at(shape, inside) : 9n;
        });
        expect(dataOfTest({ type: "Pad", inputs: [x, k([...counts, ...counts]), k([9], [])] })).toEqual(padded);
      }),
    );
  });

  it("ScatterElements undoes GatherElements along a permutation", () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([0, 1, 2, 3, 4], { minLength: 5 }), (perm) => {
        const x = filled([2, 5]);
        const rows = k([...perm, ...perm], [2, 5]);
        const gathered = dataOfTest({ type: "GatherElements", inputs: [x, rows], attributes: { axis: 1 } }) as readonly bigint[];
        expect(
          dataOfTest({
            type: "ScatterElements",
            inputs: [k(new Array(10).fill(0), [2, 5]), rows, k(gathered, [2, 5])],
            attributes: { axis: 1 },
          }),
        ).toEqual(x.data);
      }),
    );
  });

  it("reductions agree with loops", () => {
    fc.assert(
      fc.property(dims, fc.nat(), (shape, n) => {
        const axis = n % shape.length;
        const groups = indices(shape.filter((_, i) => i !== axis)).map((rest) =>
          Array.from({ length: shape[axis]! }, (_, i) => at(shape, [...rest.slice(0, axis), i, ...rest.slice(axis)])),
        );
        const run = (type: string) => dataOfTest({ type, inputs: [filled(shape), k([axis])], attributes: { keepdims: 0 } });
        expect(run("ReduceSum")).toEqual(groups.map((g) => g.reduce((a, b) => a + b, 0n)));
        expect(run("ReduceProd")).toEqual(groups.map((g) => wrap(g.reduce((a, b) => a * b, 1n))));
        expect(run("ReduceMax")).toEqual(groups.map((g) => g[g.length - 1]));
        expect(run("ReduceMin")).toEqual(groups.map((g) => g[0]));
      }),
    );
  });
});

describe("folds by example", () => {
  const cases: readonly (readonly [string, TestNode, unknown])[] = [
    ["Range, downwards", { type: "Range", inputs: [k([10], []), k([4], []), k([-3], [])] }, [10n, 7n]],
    ["Where stretches", { type: "Where", inputs: [k([1, 0], [2], "bool"), k([7], []), k([1, 2])] }, [7n, 2n]],
    ["ConstantOfShape without a value", { type: "ConstantOfShape", inputs: [k([2])] }, [0, 0]],
    ["ConstantOfShape", { type: "ConstantOfShape", inputs: [k([2])], attributes: { value: k([-1]) } }, [-1n, -1n]],
    ["NonZero", { type: "NonZero", inputs: [k([0, 5, 6, 0], [2, 2])] }, [0n, 1n, 1n, 0n]],
    ["ArgMax, the last of equals", { type: "ArgMax", inputs: [k([3, 9, 9])], attributes: { select_last_index: 1 } }, [2n]],
    [
      "CumSum, reversed and exclusive",
      { type: "CumSum", inputs: [k([1, 2, 3]), k([0], [])], attributes: { reverse: 1, exclusive: 1 } },
      [5n, 3n, 0n],
    ],
    ["TopK keeps the order of equals", { type: "TopK", inputs: [k([3, 9, 9, 1]), k([3])], outputs: 2 }, [9n, 9n, 3n]],
    ["OneHot", { type: "OneHot", inputs: [k([1, -1]), k([3], []), k([0, 5])] }, [0n, 5n, 0n, 0n, 0n, 5n]],
    [
      "GatherND with a batch axis",
      { type: "GatherND", inputs: [k([0, 1, 2, 3], [2, 2]), k([1, 0], [2, 1])], attributes: { batch_dims: 1 } },
      [1n, 2n],
    ],
    [
      "ScatterND that adds",
      { type: "ScatterND", inputs: [k([1, 2, 3]), k([1, 1], [2, 1]), k([5, 6])], attributes: { reduction: "add" } },
      [1n, 13n, 3n],
    ],
    ["Trilu, lower", { type: "Trilu", inputs: [k([1, 2, 3, 4], [2, 2])], attributes: { upper: 0 } }, [1n, 0n, 3n, 4n]],
    ["EyeLike", { type: "EyeLike", inputs: [k([0, 0, 0, 0], [2, 2])], attributes: { k: 1 } }, [0n, 1n, 0n, 0n]],
    ["Compress", { type: "Compress", inputs: [k([1, 2, 3]), k([0, 1, 1], [3], "bool")] }, [2n, 3n]],
    ["Cast to whole numbers drops the fraction", { type: "Cast", inputs: [k([1.9, -1.9])], attributes: { to: 7 } }, [1n, -1n]],
    ["Cast to bool", { type: "Cast", inputs: [k([0.5, 0])], attributes: { to: 9 } }, [1n, 0n]],
    ["Cast to float32 rounds", { type: "Cast", inputs: [k([16777217])], attributes: { to: 1 } }, [16777216]],
    ["Cast of what does not fit is not computed", { type: "Cast", inputs: [k([1e30], [1], "float32")], attributes: { to: 7 } }, undefined],
    ["Round, ties to even", { type: "Round", inputs: [k([0.5, 1.5, -2.5])] }, [0, 2, -2]],
    ["Mod like C", { type: "Mod", inputs: [k([-7]), k([3])], attributes: { fmod: 1 } }, [-1n]],
    ["float division rounds to float32", { type: "Div", inputs: [k([1.5]), k([0.7])] }, [Math.fround(1.5 / 0.7)]],
    ["a mean that is not whole is not computed", { type: "ReduceMean", inputs: [k([1, 2])] }, undefined],
  ];
  it.each(cases)("%s", (_, node, expected) => {
    const [first] = [dataOfTest(node)];
    expect(Array.isArray(first) ? first.map((x) => (x === 0 ? 0 : x)) : first).toEqual(expected);
  });

  it("stops at the limit", () => {
    const over = inferTest({ type: "ConstantOfShape", inputs: [k([FOLD_LIMIT + 1])] });
    expect(over.kind === "values" && over.values[0]).toMatchObject({ constant: true, shape: [FOLD_LIMIT + 1] });
    expect(over.kind === "values" && over.values[0]?.data).toBeUndefined();
  });

  it("survives a tile of nothing repeated without end", () => {
    const empty: Value = { kind: "tensor", elementType: "int64", shape: [1, 0], constant: true };
    expect(dataOfTest({ type: "Tile", inputs: [empty, k([2 ** 40, 5])] })).toEqual([]);
  });
});

describe("floats of 16 bits", () => {
  it.each([
    ["float16", 10, -14],
    ["bfloat16", 7, -126],
  ] as const)("%s: the nearest value, ties to even", (type: ElementType, fraction, smallest) => {
    fc.assert(
      fc.property(fc.double({ min: -60000, max: 60000, noNaN: true }), (x) => {
        const rounded = settle(type, x) as number;
        const unit = 2 ** (Math.max(Math.floor(Math.log2(Math.abs(x) || 1)), smallest) - fraction);
        expect(Math.abs(rounded - x)).toBeLessThanOrEqual(unit / 2);
        expect(settle(type, rounded)).toBe(rounded);
      }),
    );
  });
});

function floorDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a % b !== 0n && a < 0n !== b < 0n ? quotient - 1n : quotient;
}

function modularPower(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (const bit of exponent.toString(2)) result = (result * result * (bit === "1" ? base : 1n)) % 2n ** 64n;
  return result;
}

/** A slice as Python's lists take it. */
function python(line: readonly number[], start: number, end: number, step: number): readonly number[] {
  const n = line.length;
  const clamp = (i: number, low: number, high: number) => Math.min(Math.max(i < 0 ? i + n : i, low), high);
  const taken: number[] = [];
  if (step > 0) for (let i = clamp(start, 0, n); i < clamp(end, 0, n); i += step) taken.push(line[i]!);
  else for (let i = clamp(start, 0, n - 1); i > clamp(end, -1, n - 1); i += step) taken.push(line[i]!);
  return taken;
}
