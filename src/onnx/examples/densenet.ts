import { network } from "../build.js";
import { averagePool, channels, classify, concat, conv, maxPool, relu } from "../layers.js";

/**
 * DenseNet-121 for 224 x 224 images: every layer reads all before it, which makes peak memory hard. Normalisations stand
 * before their ReLU here and cannot be folded, so they are nodes.
 * Source: Huang, Liu, van der Maaten, Weinberger, "Densely Connected Convolutional Networks", arXiv 1608.06993, table 1.
 */
export function densenet121(): Uint8Array {
  const net = network("densenet121", { opset: 13 });
  const normalized = (x: ReturnType<typeof relu>) => {
    const statistics = ["scale", "bias", "mean", "variance"].map((name) => net.weight(name, [channels(x)]));
    return relu(net, net.node("BatchNormalization", [x, ...statistics]));
  };
  const growth = 32;

  const image = net.input("image", [1, 3, 224, 224]);
  let x = maxPool(net, relu(net, conv(net, image, { name: "stem", out: 64, kernel: 7, stride: 2 })), { kernel: 3, stride: 2 });
  for (const [block, depth] of [6, 12, 24, 16].entries()) {
    if (block > 0)
      x = net.within(`transition${block}`, () =>
        averagePool(net, conv(net, normalized(x), { out: channels(x) / 2, kernel: 1, bias: false }), { kernel: 2, stride: 2 }),
      );
    for (let i = 1; i <= depth; i++)
      x = net.within(`block${block + 1}/layer${i}`, () => {
        const narrow = relu(
          net,
          conv(
            net,
            net.within("norm", () => normalized(x)),
            { name: "conv1", out: 4 * growth, kernel: 1 },
          ),
        );
        return concat(net, [x, conv(net, narrow, { name: "conv2", out: growth, kernel: 3, bias: false })]);
      });
  }
  net.output(
    "logits",
    classify(
      net,
      net.within("final", () => normalized(x)),
      1000,
    ),
  );
  return net.bytes();
}
