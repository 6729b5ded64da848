import type { NodeView } from "../node.js";
import { axisIn, ofRank, same } from "./dims.js";
import { type Rules, refuse, shapeOf, tensor, typeAttribute, typeOf } from "./rule.js";

export const QUANTIZED: Rules = {
  QuantizeLinear: (view) => {
    scaleFits(view);
    // The zero point decides the type; without one, output_dtype; without that, uint8.
    const type = view.inputs[2]?.elementType ?? typeAttribute(view, "output_dtype", "uint8");
    return [tensor(type, shapeOf(view, 0))];
  },
  DequantizeLinear: (view) => {
    scaleFits(view);
    return [tensor(typeAttribute(view, "output_dtype", typeOf(view, 1) ?? "float32"), shapeOf(view, 0))];
  },
  DynamicQuantizeLinear: (view) => [tensor("uint8", shapeOf(view, 0)), tensor("float32", []), tensor("uint8", [])],
};

/** A scale is one number, one per slice along `axis`, or one per block of `block_size` along it. */
function scaleFits(view: NodeView): void {
  const [data, scale] = [shapeOf(view, 0), shapeOf(view, 1)];
  if (data === undefined || scale === undefined || scale.length === 0) return;
  const blocks = view.int("block_size") ?? 0;
  if (blocks > 0) {
    const axis = axisIn(view.int("axis") ?? 1, data.length);
    ofRank(scale, data.length, "the scale");
    data.forEach((d, i) => {
      const expected = i === axis && d !== null ? Math.ceil(d / blocks) : d;
      if (i !== axis) same(scale[i] ?? null, expected, `scale against data, axis ${i}`);
      else if (expected !== null && scale[i] !== null && scale[i] !== expected)
        refuse(
          `${scale[i]} scales for ${d} elements in blocks of ${blocks} along axis ${i}, expected ${expected}`,
          "give one scale per block",
        );
    });
    return;
  }
  // Files of opset 10 and some tools store a single number with rank 1.
  if (scale.length !== 1 || scale[0] === 1 || data.length < 2) return;
  const axis = view.opset < 13 && view.int("axis") === undefined ? undefined : axisIn(view.int("axis") ?? 1, data.length);
  if (axis !== undefined) same(scale[0] ?? null, data[axis] ?? null, `scales against axis ${axis}`);
}
