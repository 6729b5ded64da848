import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { inferTest, k, t } from "../../../test/node-view.js";
import type { Dim, Value } from "../node.js";
import { CONTRIB } from "./contrib.js";
import { inferNode, operatorsOf } from "./infer.js";
import { CHANNELS_LAST, QONNX } from "./qonnx.js";

/** Every operator that has a rule, by domain. */
const OPERATORS: readonly (readonly [string, string])[] = [
  ...["", "ai.onnx.ml", "ai.onnx.preview", "ai.onnx.preview.training"].flatMap((domain) =>
    operatorsOf(domain).map((type) => [domain, type] as const),
  ),
  ...Object.keys(CONTRIB).map((type) => ["com.microsoft", type] as const),
  ...Object.keys(QONNX).map((type) => ["qonnx.custom_op.general", type] as const),
  ...Object.keys(CHANNELS_LAST).map((type) => ["qonnx.custom_op.channels_last", type] as const),
];

const NUMBERS = [
  "axis group to dtype keepdims blocksize hidden_size layout k num_outputs num_scan_inputs start end allowzero new_axis K N block_size",
  "q_num_heads kv_num_heads num_heads onesided inverse ceil_mode transA transB batch_dims value_int channels_last fmod largest n_targets",
].flatMap((line) => line.split(" "));
const LISTS =
  "axes kernel_shape strides dilations pads perm shape split starts ends output_shape output_padding pooled_shape scan_input_axes".split(
    " ",
  );
const TEXTS = "auto_pad direction equation reduction mode keep_aspect_ratio_policy".split(" ");

const odd = fc.constantFrom(-(2 ** 62), -7, -2, -1, 0, 1, 2, 3, 5, 1000, 2 ** 31, 2 ** 53, 2 ** 62);
const dim: fc.Arbitrary<Dim> = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 4 }) },
  { weight: 1, arbitrary: fc.constantFrom(null, 2 ** 40, 2 ** 53 - 1) },
);
const shape = fc.option(fc.array(dim, { maxLength: 5 }), { nil: undefined, freq: 8 });
const constant = fc
  .array(odd, { maxLength: 4 })
  .chain((list) =>
    fc.constantFrom(k(list.map(BigInt)), k(list, [list.length], "float32"), ...(list.length === 1 ? [k(list.map(BigInt), [])] : [])),
  );
const value: fc.Arbitrary<Value> = fc.oneof(
  { weight: 6, arbitrary: shape.map((s) => t(s)) },
  { weight: 3, arbitrary: constant },
  {
    weight: 1,
    arbitrary: shape.map((s): Value => ({ kind: "sequence", elementType: "float32", shape: undefined, constant: false, element: t(s) })),
  },
);
const attributes = fc
  .tuple(
    fc.dictionary(fc.constantFrom(...NUMBERS), odd, { maxKeys: 4 }),
    fc.dictionary(fc.constantFrom(...LISTS), fc.array(odd, { maxLength: 5 }), { maxKeys: 3 }),
    fc.dictionary(
      fc.constantFrom(...TEXTS),
      fc.constantFrom("SAME_UPPER", "VALID", "bidirectional", "ij,jk->ik", "...i->i...", "none", "", "not_larger"),
      { maxKeys: 2 },
    ),
  )
  .map(([numbers, lists, texts]) => ({ ...numbers, ...lists, ...texts }));
const node = fc.record({
  operator: fc.constantFrom(...OPERATORS),
  opset: fc.integer({ min: 1, max: 28 }),
  inputs: fc.array(fc.option(value, { nil: undefined, freq: 10 }), { maxLength: 6 }),
  outputs: fc.integer({ min: 0, max: 3 }),
  attributes,
});

describe("any node whatever", () => {
  it("every operator of the standard has a rule", () => {
    for (const [domain, type] of OPERATORS) {
      const result = inferTest({ type, domain, inputs: [] });
      expect(result.kind === "unknown" ? result.reason : "", type).not.toContain("no shape rule");
    }
  });

  it("gets a sound answer and never an exception", () => {
    fc.assert(
      fc.property(node, ({ operator: [domain, type], opset, inputs, outputs, attributes }) => {
        const bodies = { body: (given: readonly Value[]) => given, then_branch: () => [t([1])], else_branch: () => [t([2])] };
        const result = inferTest({ type, domain, opset, inputs, outputs, attributes, bodies });
        if (result.kind !== "values") return;
        for (const { shape: found, data } of result.values) {
          expect(found?.every((d) => d === null || (Number.isSafeInteger(d) && d >= 0)) ?? true).toBe(true);
          if (data !== undefined && found !== undefined) expect(data.length).toBe(found.reduce<number>((n, d) => n * (d ?? Number.NaN), 1));
        }
      }),
      { numRuns: 20_000 },
    );
  });

  it("knowing less leads to no contradiction and to no other shape", () => {
    const hidden = fc.array(fc.boolean(), { minLength: 40, maxLength: 40 });
    fc.assert(
      fc.property(node, hidden, ({ operator: [domain, type], opset, inputs, outputs, attributes }, hide) => {
        const bodies = { body: (given: readonly Value[]) => given, then_branch: () => [t([1])], else_branch: () => [t([2])] };
        const whole = { type, domain, opset, inputs, outputs, attributes, bodies };
        const full = inferTest(whole);
        fc.pre(full.kind === "values");
        let n = 0;
        const less = inputs.map((value) => {
          if (value?.kind !== "tensor") return value;
          const { data, ...rest } = value;
          const dims = value.shape?.map((d) => (hide[n++ % hide.length] ? null : d));
          return hide[n++ % hide.length] ? { ...rest, shape: dims, constant: false } : { ...rest, ...(data ? { data } : { shape: dims }) };
        });
        const partial = inferTest({ ...whole, inputs: less });
        if (partial.kind === "unknown") return;
        expect(partial).toMatchObject({ kind: "values" });
        if (full.kind !== "values" || partial.kind !== "values") return;
        partial.values.forEach(({ shape: claimed }, i) => {
          const { shape: truth, kind } = full.values[i]!;
          if (claimed === undefined || truth === undefined || kind !== "tensor") return;
          expect(claimed.length).toBe(truth.length);
          claimed.forEach((d, axis) => {
            if (d !== null && truth[axis] !== null) expect(d).toBe(truth[axis]);
          });
        });
      }),
      { numRuns: 8_000 },
    );
  });

  it("says nothing of an operator it does not have", () => {
    expect(inferNode({ ...Object.create(null), type: "hasOwnProperty", domain: "__proto__", inputs: [], outputs: 1 }).kind).toBe("unknown");
  });
});
