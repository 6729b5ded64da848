import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { k, shapesOf, type TestNode, t } from "../../../test/node-view.js";
import type { Dim } from "../node.js";
import { broadcast, product, times } from "./dims.js";

const size = fc.integer({ min: 1, max: 4 });
const shape = fc.array(size, { maxLength: 4 });

/** A shape and a second one that broadcasts with it. */
const alike = shape.chain((full) => {
  const part = fc.tuple(fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }), fc.integer({ min: 0, max: full.length }));
  return fc.tuple(
    fc.constant(full),
    part.map(([ones, drop]) => full.slice(drop).map((d, i) => (ones[i] ? 1 : d))),
    part.map(([ones, drop]) => full.slice(drop).map((d, i) => (ones[i] ? 1 : d))),
  );
});

describe("broadcasting", () => {
  it("is commutative, associative, idempotent, and a scalar changes nothing", () => {
    fc.assert(
      fc.property(alike, ([a, b, c]) => {
        expect(broadcast([a, b])).toEqual(broadcast([b, a]));
        expect(broadcast([broadcast([a, b]), c])).toEqual(broadcast([a, broadcast([b, c])]));
        expect(broadcast([a, a])).toEqual(a);
        expect(broadcast([a, []])).toEqual(a);
      }),
    );
  });

  it("gives each axis the largest size, or refuses when two sizes above 1 differ", () => {
    fc.assert(
      fc.property(shape, shape, (a, b) => {
        const rank = Math.max(a.length, b.length);
        const at = (s: readonly number[], i: number) => s[i - rank + s.length] ?? 1;
        const pairs = Array.from({ length: rank }, (_, i) => [at(a, i), at(b, i)] as const);
        const found = shapesOf({ type: "Add", inputs: [t(a), t(b)] });
        if (pairs.every(([x, y]) => x === y || x === 1 || y === 1)) expect(found).toEqual([pairs.map(([x, y]) => Math.max(x, y))]);
        else expect(found).toMatch(/^fault: .* do not broadcast/);
      }),
    );
  });
});

describe("sizes", () => {
  it("multiply exactly or refuse", () => {
    fc.assert(
      fc.property(fc.nat(2 ** 40), fc.nat(2 ** 40), (a, b) => {
        const exact = BigInt(a) * BigInt(b);
        if (exact <= BigInt(Number.MAX_SAFE_INTEGER)) expect(BigInt(times(a, b)!)).toBe(exact);
        else expect(() => times(a, b)).toThrow();
      }),
    );
    expect(product([2 ** 50, null, 0])).toBe(0);
  });
});

/** Positions 0, 1, ... of a window, by trying each. */
function positions(length: number, reach: number, stride: number, before: number, after: number, ceil: boolean): number {
  let count = 0;
  for (let start = -before; ; start += stride) {
    const fits = start + reach <= length + after;
    // In ceil mode one more window may hang over, if it starts inside the data or its leading pad.
    const hangs = ceil && start + reach < length + after + stride && start < length;
    if (!fits && !hangs) return count;
    count++;
  }
}

describe("sliding windows against trying every position", () => {
  const window = fc.record({
    length: fc.integer({ min: 1, max: 20 }),
    kernel: fc.integer({ min: 1, max: 5 }),
    stride: fc.integer({ min: 1, max: 4 }),
    dilation: fc.integer({ min: 1, max: 3 }),
    pads: fc.tuple(fc.nat(3), fc.nat(3)),
    ceil: fc.boolean(),
  });
  it("MaxPool and Conv", () => {
    fc.assert(
      fc.property(window, ({ length, kernel, stride, dilation, pads, ceil }) => {
        const reach = (kernel - 1) * dilation + 1;
        const attributes = { kernel_shape: [kernel], strides: [stride], dilations: [dilation], pads: [...pads] };
        const check = (node: TestNode, channels: number, expected: number) =>
          expect(shapesOf(node)).toEqual(expected > 0 ? [[1, channels, expected]] : expect.stringMatching(/^fault: window/));
        // A kernel larger than the padded data fits nowhere; in ceil mode one window may still hang over it.
        // A pad as wide as the window would admit windows that see no data at all: frameworks forbid it.
        fc.pre(reach <= length + pads[0] + pads[1] && pads[1] < reach);
        check(
          { type: "MaxPool", inputs: [t([1, 2, length])], attributes: { ...attributes, ceil_mode: ceil ? 1 : 0 } },
          2,
          positions(length, reach, stride, ...pads, ceil),
        );
        check(
          { type: "Conv", inputs: [t([1, 2, length]), t([5, 2, kernel])], attributes },
          5,
          positions(length, reach, stride, ...pads, false),
        );
      }),
    );
  });

  it("ConvTranspose undoes the size of Conv up to what the stride drops", () => {
    fc.assert(
      fc.property(window, ({ length, kernel, stride, dilation, pads }) => {
        const reach = (kernel - 1) * dilation + 1;
        const room = length + pads[0] + pads[1] - reach;
        fc.pre(room >= 0);
        const attributes = { strides: [stride], dilations: [dilation], pads: [...pads] };
        const small = Math.floor(room / stride) + 1;
        const back = {
          type: "ConvTranspose",
          inputs: [t([1, 2, small]), t([2, 3, kernel])],
          attributes: { ...attributes, output_padding: [room % stride] },
        };
        expect(shapesOf(back)).toEqual([[1, 3, length]]);
      }),
    );
  });

  it("SAME keeps ceil(length / stride)", () => {
    fc.assert(
      fc.property(window, fc.constantFrom("SAME_UPPER", "SAME_LOWER"), ({ length, kernel, stride }, auto_pad) => {
        const node = {
          type: "AveragePool",
          inputs: [t([1, 2, length])],
          attributes: { kernel_shape: [kernel], strides: [stride], auto_pad },
        };
        expect(shapesOf(node)).toEqual([[1, 2, Math.ceil(length / stride)]]);
      }),
    );
  });
});

describe("Slice and Pad against lists", () => {
  const index = fc.integer({ min: -12, max: 12 });
  it("Slice counts what a loop visits", () => {
    fc.assert(
      fc.property(fc.nat(9), index, index, fc.constantFrom(-3, -2, -1, 1, 2, 3), (length, start, end, step) => {
        const from = start < 0 ? start + length : start;
        const to = end < 0 ? end + length : end;
        let count = 0;
        // Bounds are pulled in first: a forward slice starts at 0 or later, a backward one at the last element or before.
        if (step > 0) for (let i = Math.max(from, 0); i < Math.min(to, length); i += step) count++;
        else for (let i = Math.min(Math.max(from, 0), length - 1); i > Math.max(to, -1); i += step) count++;
        expect(shapesOf({ type: "Slice", inputs: [t([length]), k([start]), k([end]), k([0]), k([step])] })).toEqual([[count]]);
      }),
    );
  });

  it("Pad adds to both sides", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(5), fc.integer({ min: -3, max: 3 }), fc.integer({ min: -3, max: 3 })), { minLength: 1, maxLength: 4 }),
        (axes) => {
          const sum = axes.map(([d, a, b]) => d + a + b);
          const found = shapesOf({
            type: "Pad",
            inputs: [t(axes.map(([d]) => d)), k([...axes.map(([, a]) => a), ...axes.map(([, , b]) => b)])],
          });
          if (sum.every((d) => d >= 0)) expect(found).toEqual([sum]);
          else expect(found).toMatch(/^fault: axis/);
        },
      ),
    );
  });
});

describe("Reshape, Transpose and Squeeze keep the elements", () => {
  it("for any factorisation with one size left open", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 5 }), fc.nat(), (dims, at) => {
        const open = at % dims.length;
        const wanted = dims.map((d, i) => (i === open ? -1 : d));
        expect(shapesOf({ type: "Reshape", inputs: [t([product(dims)]), k(wanted)] })).toEqual([dims]);
      }),
    );
  });

  it("a transposition and its inverse", () => {
    fc.assert(
      fc.property(
        shape.chain((s) =>
          fc.tuple(
            fc.constant(s),
            fc.shuffledSubarray(
              s.map((_, i) => i),
              { minLength: s.length },
            ),
          ),
        ),
        ([dims, perm]) => {
          const inverse = perm.map((_, i) => perm.indexOf(i));
          const [there] = shapesOf({ type: "Transpose", inputs: [t(dims)], attributes: { perm } }) as readonly Dim[][];
          expect(shapesOf({ type: "Transpose", inputs: [t(there)], attributes: { perm: inverse } })).toEqual([dims]);
        },
      ),
    );
  });
});
