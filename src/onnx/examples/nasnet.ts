import { type Edge, network } from "../build.js";
import { add, averagePool, channels, classify, concat, conv, depthwise, maxPool, relu } from "../layers.js";

/**
 * NASNet-A (6 @ 768) for 32 x 32 images: 18 normal and 2 reduction cells, without the auxiliary classifier.
 * Source: Zoph, Vasudevan, Shlens, Le, "Learning Transferable Architectures for Scalable Image Recognition",
 * arXiv 1707.07012, figure 4 and appendix A; the stem and the filters of the first cell follow the authors' published code.
 */
export function nasnet(): Uint8Array {
  const net = network("nasnet", { opset: 13 });
  const crop = net.constant("shift_pads", [0, 0, -1, -1, 0, 0, 1, 1]);

  /** ReLU, depthwise, pointwise, twice; the first depthwise strides. */
  const separable = (x: Edge, out: number, kernel: number, stride = 1): Edge =>
    net.within(`separable${kernel}`, () => {
      const a = conv(net, depthwise(net, relu(net, x), { name: "depthwise1", kernel, stride, bias: false }), {
        name: "pointwise1",
        out,
        kernel: 1,
      });
      return conv(net, depthwise(net, relu(net, a), { name: "depthwise2", kernel, bias: false }), { name: "pointwise2", out, kernel: 1 });
    });
  const project = (x: Edge, out: number): Edge => conv(net, relu(net, x), { name: "project", out, kernel: 1 });
  /** Halves the size without losing a phase: two strided 1 x 1 convolutions, the second one pixel further. */
  const reduceFactorized = (x: Edge, out: number): Edge => {
    const active = relu(net, x);
    const shifted = net.node("Pad", [active, crop]);
    const half = (from: Edge, name: string) => conv(net, from, { name, out: out / 2, kernel: 1, stride: 2 });
    return concat(net, [half(active, "path1"), half(shifted, "path2")]);
  };
  /** The cell's inputs at its own width and size. */
  const inputs = (h: Edge, p: Edge, width: number): readonly [Edge, Edge] => {
    const previous =
      p.shape[2] !== h.shape[2]
        ? net.within("previous", () => reduceFactorized(p, width))
        : channels(p) === width
          ? p
          : net.within("previous", () => project(p, width));
    return [net.within("current", () => project(h, width)), previous];
  };
  const average = (x: Edge, stride = 1): Edge => averagePool(net, x, { kernel: 3, stride });

  const normal = (current: Edge, previous: Edge, width: number): Edge => {
    const [h, p] = inputs(current, previous, width);
    return concat(net, [
      p,
      add(net, separable(h, width, 3), h),
      add(net, separable(p, width, 3), separable(h, width, 5)),
      add(net, average(h), p),
      add(net, average(p), average(p)),
      add(net, separable(p, width, 5), separable(p, width, 3)),
    ]);
  };
  const reduction = (current: Edge, previous: Edge, width: number): Edge => {
    const [h, p] = inputs(current, previous, width);
    const a = add(net, separable(h, width, 5, 2), separable(p, width, 7, 2));
    const b = add(net, maxPool(net, h, { kernel: 3, stride: 2 }), separable(p, width, 7, 2));
    const c = add(net, average(h, 2), separable(p, width, 5, 2));
    const d = add(net, average(a), b);
    const e = add(net, separable(a, width, 3), maxPool(net, h, { kernel: 3, stride: 2 }));
    return concat(net, [b, c, d, e]);
  };

  const image = net.input("image", [1, 3, 32, 32]);
  const stem = conv(net, image, { name: "stem", out: 96, kernel: 3 });
  let [h, p] = [stem, stem];
  for (const [stage, width] of [32, 64, 128].entries()) {
    if (stage > 0) [h, p] = [net.within(`reduction${stage}`, () => reduction(h, p, width)), h];
    for (let i = 1; i <= 6; i++) [h, p] = [net.within(`stage${stage + 1}/cell${i}`, () => normal(h, p, width)), h];
  }
  net.output("logits", classify(net, relu(net, h), 10));
  return net.bytes();
}
