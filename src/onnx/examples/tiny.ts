import { network } from "../build.js";
import { add, averagePool, channels, classify, conv, depthwise, linear, relu } from "../layers.js";

/**
 * The 8-layer residual network for 32 x 32 images of the MLPerf Tiny image classification task.
 * Source: Banbury et al., "MLPerf Tiny Benchmark", arXiv 2106.07597; residual blocks of He et al., arXiv 1512.03385.
 */
export function resnet8(): Uint8Array {
  const net = network("resnet8", { opset: 13 });
  const image = net.input("image", [1, 3, 32, 32]);
  let x = relu(net, conv(net, image, { name: "stem", out: 16, kernel: 3 }));
  for (const [width, stride] of [
    [16, 1],
    [32, 2],
    [64, 2],
  ] as const)
    x = net.within(`block${width}`, () => {
      const a = relu(net, conv(net, x, { name: "conv1", out: width, kernel: 3, stride }));
      const b = conv(net, a, { name: "conv2", out: width, kernel: 3 });
      const shortcut = channels(x) === width ? x : conv(net, x, { name: "shortcut", out: width, kernel: 1, stride });
      return relu(net, add(net, b, shortcut));
    });
  const pooled = averagePool(net, x, { kernel: 8, pad: 0 });
  net.output("probabilities", net.node("Softmax", [linear(net, net.node("Flatten", [pooled]), { out: 10 })]));
  return net.bytes();
}

/**
 * The depthwise separable keyword spotter of the MLPerf Tiny keyword task: 49 x 10 features, 64 channels, four blocks.
 * Source: Banbury et al., arXiv 2106.07597; Zhang, Suda, Lai, Chandra, "Hello Edge", arXiv 1711.07128.
 */
export function dscnn(): Uint8Array {
  const net = network("dscnn", { opset: 13 });
  const features = net.input("features", [1, 1, 49, 10]);
  let x = relu(net, conv(net, features, { name: "stem", out: 64, kernel: [10, 4], stride: 2, pad: [5, 1] }));
  for (let i = 1; i <= 4; i++)
    x = net.within(`block${i}`, () => {
      const filtered = relu(net, depthwise(net, x, { name: "depthwise", kernel: 3 }));
      return relu(net, conv(net, filtered, { name: "pointwise", out: 64, kernel: 1 }));
    });
  net.output("probabilities", net.node("Softmax", [classify(net, x, 12)]));
  return net.bytes();
}
