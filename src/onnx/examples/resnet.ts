import { type Edge, type Network, network } from "../build.js";
import { add, channels, classify, conv, maxPool, relu } from "../layers.js";

/**
 * Residual networks for 224 x 224 images. The 50-layer one strides in its 3 x 3 convolutions, as common implementations do.
 * Source: He, Zhang, Ren, Sun, "Deep Residual Learning for Image Recognition", arXiv 1512.03385, table 1.
 */
export const resnet18 = (): Uint8Array => resnet("resnet18", [2, 2, 2, 2], basic);
export const resnet50 = (): Uint8Array => resnet("resnet50", [3, 4, 6, 3], bottleneck);

type Block = (net: Network, x: Edge, width: number, stride: number) => Edge;

function resnet(name: string, depths: readonly number[], block: Block): Uint8Array {
  const net = network(name, { opset: 13 });
  const image = net.input("image", [1, 3, 224, 224]);
  const stem = relu(net, conv(net, image, { name: "stem", out: 64, kernel: 7, stride: 2 }));
  let x = maxPool(net, stem, { kernel: 3, stride: 2 });
  depths.forEach((depth, stage) => {
    for (let i = 0; i < depth; i++)
      x = net.within(`stage${stage + 1}/block${i + 1}`, () => block(net, x, 64 * 2 ** stage, stage > 0 && i === 0 ? 2 : 1));
  });
  net.output("logits", classify(net, x, 1000));
  return net.bytes();
}

/** Two 3 x 3 convolutions beside a shortcut. */
function basic(net: Network, x: Edge, width: number, stride: number): Edge {
  const a = relu(net, conv(net, x, { name: "conv1", out: width, kernel: 3, stride }));
  const b = conv(net, a, { name: "conv2", out: width, kernel: 3 });
  return relu(net, add(net, b, shortcut(net, x, width, stride)));
}

/** 1 x 1 down, 3 x 3, 1 x 1 up to four times the width. */
function bottleneck(net: Network, x: Edge, width: number, stride: number): Edge {
  const a = relu(net, conv(net, x, { name: "conv1", out: width, kernel: 1 }));
  const b = relu(net, conv(net, a, { name: "conv2", out: width, kernel: 3, stride }));
  const c = conv(net, b, { name: "conv3", out: 4 * width, kernel: 1 });
  return relu(net, add(net, c, shortcut(net, x, 4 * width, stride)));
}

const shortcut = (net: Network, x: Edge, out: number, stride: number): Edge =>
  stride === 1 && channels(x) === out ? x : conv(net, x, { name: "shortcut", out, kernel: 1, stride });
