import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { nestsOf } from "../../test/nest-machine.js";
import { nestTypes } from "./nests.js";

describe("what cannot be said", () => {
  test("unknown operators, empty tensors and uncountable loops give no nest", () => {
    expect(nestsOf({ type: "constructor", inputs: [[1]], outputs: [[1]] })).toEqual([]);
    expect(nestsOf({ type: "Relu", inputs: [[0, 3]], outputs: [[0, 3]] })).toEqual([]);
    expect(
      nestsOf({
        type: "MatMul",
        inputs: [
          [2 ** 30, 2 ** 30],
          [2 ** 30, 2 ** 30],
        ],
        outputs: [[2 ** 30, 2 ** 30]],
      }),
    ).toEqual([]);
  });

  test("any attributes and shapes end in nests of the right rank or none", () => {
    const shape = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 5 });
    fc.assert(
      fc.property(
        fc.constantFrom(...nestTypes()),
        fc.array(fc.option(shape, { nil: undefined }), { maxLength: 6 }),
        fc.array(shape, { minLength: 1, maxLength: 2 }),
        fc.array(fc.integer({ min: -3, max: 4 }), { maxLength: 6 }),
        fc.integer({ min: -4, max: 5 }),
        (key, inputs, outputs, ints, int) => {
          const cut = key.lastIndexOf(":");
          const [domain, type] = [key.slice(0, cut), key.slice(cut + 1)];
          const attributes = {
            strides: ints,
            pads: ints,
            perm: ints,
            kernel_shape: ints,
            axes: ints,
            axis: int,
            group: int,
            blocksize: int,
            num_groups: int,
            num_heads: int,
            size: int,
            block_size: int,
            K: int,
            N: int,
            qkv_hidden_sizes: ints,
            equation: "ij,jk->ik",
            q_num_heads: int,
            kv_num_heads: int,
          };
          const data = { 1: ints, 2: ints, 3: ints, 4: ints };
          const shapes = new Map<number, readonly number[]>();
          inputs.forEach((s, i) => {
            if (s) shapes.set(i, s);
          });
          outputs.forEach((s, o) => {
            shapes.set(100 + o, s);
          });
          for (const nest of nestsOf({ type, domain, attributes, inputs, outputs, data }))
            for (const access of [...nest.reads, nest.write]) expect(access.indices.length).toBe(shapes.get(access.tensor)?.length);
        },
      ),
      { numRuns: 2000 },
    );
  });
});
