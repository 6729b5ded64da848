import { product } from "../shapes/dims.js";
import { shapePart } from "../shapes/generation.js";
import { settled } from "./arithmetic.js";
import { countOf } from "./grid.js";
import { isWhole, type Scalar } from "./number.js";
import { type Folds, input } from "./operands.js";

/** Operators that make values from shapes, attributes or a few numbers. */
export const GENERATED: Folds = {
  Shape: ({ view }) => [(shapePart(view) ?? []).map((d) => BigInt(d!))],
  Size: ({ view }) => [[BigInt(product(view.inputs[0]?.shape ?? [])!)]],
  ConstantOfShape: ({ view, outputs }) => {
    const value = view.tensor("value");
    const fill = value === undefined ? 0 : value.data?.[0];
    return fill === undefined ? undefined : [new Array<Scalar>(countOf(outputs[0]!.dims)).fill(fill)];
  },
  Range: (node) => {
    const [start, , delta] = [0, 1, 2].map((i) => input(node, i).data[0]!);
    const count = countOf(node.outputs[0]!.dims);
    const whole = isWhole(node.outputs[0]!.type);
    return settled(
      node,
      Array.from({ length: count }, (_, i) =>
        whole ? (start as bigint) + BigInt(i) * (delta as bigint) : Number(start) + i * Number(delta),
      ),
    );
  },
  EyeLike: (node) => {
    const [rows = 0, columns = 0] = node.outputs[0]!.dims;
    const k = node.view.int("k") ?? 0;
    return settled(
      node,
      Array.from({ length: rows * columns }, (_, i) => ((i % columns) - Math.floor(i / columns) === k ? 1 : 0)),
    );
  },
};
