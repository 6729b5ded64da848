import { type Edge, network } from "../build.js";
import { add, channels, classify, conv, depthwise } from "../layers.js";

/** Per stage: expansion, output channels, repeats, stride of the first block (table 2 of the paper). */
const STAGES = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
] as const;

/**
 * MobileNetV2 of width 1.0 for 224 x 224 images.
 * Source: Sandler, Howard, Zhu, Zhmoginov, Chen, "MobileNetV2: Inverted Residuals and Linear Bottlenecks", arXiv 1801.04381.
 */
export function mobilenetv2(): Uint8Array {
  const net = network("mobilenetv2", { opset: 13 });
  const zero = net.constant("zero", 0, "float32");
  const six = net.constant("six", 6, "float32");
  const relu6 = (x: Edge) => net.node("Clip", [x, zero, six]);

  const inverted = (x: Edge, expansion: number, out: number, stride: number): Edge => {
    const wide = expansion === 1 ? x : relu6(conv(net, x, { name: "expand", out: channels(x) * expansion, kernel: 1 }));
    const filtered = relu6(depthwise(net, wide, { name: "depthwise", kernel: 3, stride }));
    const narrow = conv(net, filtered, { name: "project", out, kernel: 1 });
    return stride === 1 && channels(x) === out ? add(net, x, narrow) : narrow;
  };

  const image = net.input("image", [1, 3, 224, 224]);
  let x = relu6(conv(net, image, { name: "stem", out: 32, kernel: 3, stride: 2 }));
  STAGES.forEach(([expansion, out, repeats, stride], stage) => {
    for (let i = 0; i < repeats; i++)
      x = net.within(`stage${stage + 1}/block${i + 1}`, () => inverted(x, expansion, out, i === 0 ? stride : 1));
  });
  x = relu6(conv(net, x, { name: "head", out: 1280, kernel: 1 }));
  net.output("logits", classify(net, x, 1000));
  return net.bytes();
}
