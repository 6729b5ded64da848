import { type Edge, network } from "../build.js";
import { conv, linear, maxPool, relu } from "../layers.js";

/**
 * VGG-16 for 224 x 224 images: a chain with no branch.
 * Source: Simonyan, Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition", arXiv 1409.1556, table 1, column D.
 */
export function vgg16(): Uint8Array {
  const net = network("vgg16", { opset: 13 });
  let x = net.input("image", [1, 3, 224, 224]);
  for (const [width, depth] of [
    [64, 2],
    [128, 2],
    [256, 3],
    [512, 3],
    [512, 3],
  ] as const) {
    for (let i = 0; i < depth; i++) x = relu(net, conv(net, x, { out: width, kernel: 3 }));
    x = maxPool(net, x, { kernel: 2, stride: 2 });
  }
  const hidden = (from: Edge) => relu(net, linear(net, from, { out: 4096 }));
  net.output("logits", linear(net, hidden(hidden(net.node("Flatten", [x]))), { out: 1000 }));
  return net.bytes();
}
