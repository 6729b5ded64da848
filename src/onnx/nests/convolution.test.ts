import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { check, macsOf, type Node, nestsOf, points, size } from "../../../test/nest-machine.js";

const small = fc.integer({ min: 1, max: 3 });

describe("convolutions", () => {
  const layer = fc.record({
    rank: fc.integer({ min: 1, max: 3 }),
    n: fc.integer({ min: 1, max: 2 }),
    g: small,
    k: fc.integer({ min: 1, max: 2 }),
    c: fc.integer({ min: 1, max: 2 }),
    input: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 3, maxLength: 3 }),
    kernel: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 3, maxLength: 3 }),
    stride: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 3, maxLength: 3 }),
    dilation: fc.array(fc.integer({ min: 1, max: 2 }), { minLength: 3, maxLength: 3 }),
    before: fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 3, maxLength: 3 }),
    after: fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 3, maxLength: 3 }),
  });
  type Layer = typeof layer extends fc.Arbitrary<infer T> ? T : never;
  const cut = (l: Layer): Layer => ({
    ...l,
    input: l.input.slice(0, l.rank),
    kernel: l.kernel.slice(0, l.rank),
    stride: l.stride.slice(0, l.rank),
    dilation: l.dilation.slice(0, l.rank),
    before: l.before.slice(0, l.rank),
    after: l.after.slice(0, l.rank),
  });
  const attributesOf = (l: Layer) => ({
    group: l.g,
    strides: l.stride,
    dilations: l.dilation,
    pads: [...l.before, ...l.after],
  });
  /** What the definition sums for one output element: over channels of the group and kernel points. */
  const convolve = (
    l: Layer,
    group: number,
    weight: (c: number, f: readonly number[]) => number,
    pixel: (channel: number, at: readonly number[]) => number,
    o: readonly number[],
  ) =>
    points([l.c, ...l.kernel]).reduce(
      (n, [c = 0, ...f]) =>
        n +
        weight(c, f) *
          pixel(
            group * l.c + c,
            f.map((fi, a) => o[a]! * l.stride[a]! + fi * l.dilation[a]! - l.before[a]!),
          ),
      0,
    );

  test("Conv of one to three axes equals its definition", () => {
    fc.assert(
      fc.property(layer.map(cut), (l) => {
        const output = l.input.map(
          (size, a) => Math.floor((size + l.before[a]! + l.after[a]! - (l.kernel[a]! - 1) * l.dilation[a]! - 1) / l.stride[a]!) + 1,
        );
        fc.pre(output.every((o) => o >= 1));
        const node: Node = {
          type: "Conv",
          attributes: attributesOf(l),
          inputs: [[l.n, l.g * l.c, ...l.input], [l.g * l.k, l.c, ...l.kernel], [l.g * l.k]],
          outputs: [[l.n, l.g * l.k, ...output]],
        };
        check(
          node,
          ([n = 0, channel = 0, ...o], x) =>
            convolve(
              l,
              Math.floor(channel / l.k),
              (c, f) => x(1, [channel, c, ...f]),
              (c, at) => x(0, [n, c, ...at]),
              o,
            ),
          l.c * size(l.kernel),
        );
        expect(macsOf(nestsOf(node))).toBe(l.n * l.g * l.k * size(output) * l.c * size(l.kernel));

        const last: Node = {
          ...node,
          domain: "qonnx.custom_op.channels_last",
          inputs: [
            [l.n, ...l.input, l.g * l.c],
            [l.g * l.k, ...l.kernel, l.c],
          ],
          outputs: [[l.n, ...output, l.g * l.k]],
        };
        check(last, (at, x) => {
          const [channel, n, o] = [at.at(-1)!, at[0]!, at.slice(1, -1)];
          return convolve(
            l,
            Math.floor(channel / l.k),
            (c, f) => x(1, [channel, ...f, c]),
            (c, p) => x(0, [n, ...p, c]),
            o,
          );
        });
      }),
      { numRuns: 60 },
    );
  });

  test("ConvTranspose is the adjoint of Conv", () => {
    fc.assert(
      fc.property(layer.map(cut), (l) => {
        const output = l.input.map(
          (size, a) => (size - 1) * l.stride[a]! + (l.kernel[a]! - 1) * l.dilation[a]! + 1 - l.before[a]! - l.after[a]!,
        );
        fc.pre(output.every((o) => o >= 1));
        const node: Node = {
          type: "ConvTranspose",
          attributes: attributesOf(l),
          inputs: [
            [l.n, l.g * l.c, ...l.input],
            [l.g * l.c, l.k, ...l.kernel],
          ],
          outputs: [[l.n, l.g * l.k, ...output]],
        };
        // y[o] sums the x[i] that a convolution with these windows would make from y: all i with o = i·s + f·d - p.
        check(node, ([n = 0, channel = 0, ...o], x) =>
          points([l.c, ...l.kernel]).reduce((total, [c = 0, ...f]) => {
            const from = f.map((fi, a) => (o[a]! + l.before[a]! - fi * l.dilation[a]!) / l.stride[a]!);
            if (!from.every(Number.isInteger)) return total;
            const group = Math.floor(channel / l.k);
            return total + x(0, [n, group * l.c + c, ...from]) * x(1, [group * l.c + c, channel % l.k, ...f]);
          }, 0),
        );
        expect(macsOf(nestsOf(node))).toBe(l.n * l.g * l.c * size(l.input) * l.k * size(l.kernel));
      }),
      { numRuns: 60 },
    );
  });

  // Input 4, kernel 3, stride 1: SAME needs 2 elements of padding, one each side. Stride 2: 1 element, behind (UPPER) or in front.
  test.each([
    ["SAME_UPPER", 1, 4, -1],
    ["SAME_UPPER", 2, 2, 0],
    ["SAME_LOWER", 2, 2, -1],
    ["VALID", 1, 2, 0],
  ] as const)("auto_pad %s with stride %i starts reading where it should", (auto_pad, stride, output, first) => {
    const [nest] = nestsOf({
      type: "Conv",
      attributes: { auto_pad, strides: [stride] },
      inputs: [
        [1, 1, 4],
        [1, 1, 3],
      ],
      outputs: [[1, 1, output]],
    });
    expect(nest?.reads[0]?.indices[2]?.offset).toBe(first);
  });

  test("quantised and fused forms multiply the same elements as Conv", () => {
    const x = [2, 4, 5, 5];
    const w = [6, 2, 3, 3];
    const y = [[2, 6, 3, 3]];
    const attributes = { group: 2 };
    const plain = nestsOf({ type: "Conv", attributes, inputs: [x, w], outputs: y });
    const quantised = nestsOf({ type: "QLinearConv", attributes, inputs: [x, [], [], w, [6], [], [], [], [6]], outputs: y });
    expect(macsOf(quantised)).toBe(macsOf(plain));
    expect(quantised[0]?.reads.map((r) => r.tensor)).toEqual([0, 3, 1, 2, 4, 5, 6, 7, 8]);
    expect(quantised[0]?.reads[1]?.indices).toEqual(plain[0]?.reads[1]?.indices);
    const integer = nestsOf({ type: "ConvInteger", attributes, inputs: [x, w, [], [6]], outputs: y });
    expect(integer[0]?.reads[0]).toEqual(plain[0]?.reads[0]);
    const fused = nestsOf({ type: "FusedConv", domain: "com.microsoft", attributes, inputs: [x, w, [6], y[0]], outputs: y });
    expect(fused[0]?.reads[3]?.indices).toEqual(fused[0]?.write.indices);
    const deformed = nestsOf({ type: "DeformConv", attributes, inputs: [x, w, [1, 18, 3, 3], [6], [1, 9, 3, 3]], outputs: y });
    expect(macsOf(deformed)).toBe(macsOf(plain));
    expect(deformed[0]?.reads.map((r) => r.tensor)).toEqual([0, 1, 3, 2, 2, 4]);
  });

  test("a group that does not divide the channels gives no nest", () => {
    expect(
      nestsOf({
        type: "Conv",
        attributes: { group: 3 },
        inputs: [
          [1, 4, 5, 5],
          [6, 2, 3, 3],
        ],
        outputs: [[1, 6, 3, 3]],
      }),
    ).toEqual([]);
  });
});
