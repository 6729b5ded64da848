import { type Edge, network } from "../build.js";
import { add, channels, classify, conv, depthwise } from "../layers.js";

/** Per stage: expansion, kernel, output channels, repeats, stride of the first block (table 1 of the paper). */
const STAGES = [
  [1, 3, 16, 1, 1],
  [6, 3, 24, 2, 2],
  [6, 5, 40, 2, 2],
  [6, 3, 80, 3, 2],
  [6, 5, 112, 3, 1],
  [6, 5, 192, 4, 2],
  [6, 3, 320, 1, 1],
] as const;

/**
 * EfficientNet-B0 for 224 x 224 images: inverted residuals whose channels are scaled by a squeeze and excitation branch.
 * Source: Tan, Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks", arXiv 1905.11946.
 */
export function efficientnetB0(): Uint8Array {
  const net = network("efficientnet-b0", { opset: 13 });
  const swish = (x: Edge): Edge => net.node("Mul", [x, net.node("Sigmoid", [x])]);
  const excite = (x: Edge, squeezed: number): Edge =>
    net.within("excite", () => {
      const narrow = swish(conv(net, net.node("GlobalAveragePool", [x]), { name: "squeeze", out: squeezed, kernel: 1 }));
      return net.node("Mul", [x, net.node("Sigmoid", [conv(net, narrow, { name: "expand", out: channels(x), kernel: 1 })])]);
    });
  const block = (x: Edge, expansion: number, kernel: number, out: number, stride: number): Edge => {
    const wide = expansion === 1 ? x : swish(conv(net, x, { name: "expand", out: channels(x) * expansion, kernel: 1 }));
    const filtered = swish(depthwise(net, wide, { name: "depthwise", kernel, stride }));
    // Squeezed to a quarter of the block's input, not of the expanded width.
    const narrow = conv(net, excite(filtered, channels(x) / 4), { name: "project", out, kernel: 1 });
    return stride === 1 && channels(x) === out ? add(net, narrow, x) : narrow;
  };

  const image = net.input("image", [1, 3, 224, 224]);
  let x = swish(conv(net, image, { name: "stem", out: 32, kernel: 3, stride: 2 }));
  STAGES.forEach(([expansion, kernel, out, repeats, stride], stage) => {
    for (let i = 0; i < repeats; i++)
      x = net.within(`stage${stage + 1}/block${i + 1}`, () => block(x, expansion, kernel, out, i === 0 ? stride : 1));
  });
  x = swish(conv(net, x, { name: "head", out: 1280, kernel: 1 }));
  net.output("logits", classify(net, x, 1000));
  return net.bytes();
}
