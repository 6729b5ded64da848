import { type Edge, type Network, network } from "../build.js";
import { add, layerNormalization, linear, relu } from "../layers.js";

interface Encoder {
  readonly layers: number;
  readonly width: number;
  readonly heads: number;
  readonly hidden: number;
  readonly activation: (net: Network, x: Edge) => Edge;
}

const gelu = (net: Network, x: Edge): Edge => net.node("Gelu", [x]);

/**
 * The encoder of the base Transformer on a sequence of 128 embedded tokens, batch 1.
 * Source: Vaswani et al., "Attention Is All You Need", arXiv 1706.03762, table 3, row "base".
 */
export function transformerEncoder(): Uint8Array {
  const net = network("transformer-encoder", { opset: 20 });
  const x = net.input("embedded", [1, 128, 512]);
  net.output("encoded", encode(net, x, { layers: 6, width: 512, heads: 8, hidden: 2048, activation: relu }));
  return net.bytes();
}

/** The same encoder with batch and sequence length left open: bind `batch` and `sequence`. */
export function transformerEncoderDynamic(): Uint8Array {
  const net = network("transformer-encoder-dynamic", { opset: 20 });
  const x = net.input("embedded", ["batch", "sequence", 512]);
  net.output("encoded", encode(net, x, { layers: 6, width: 512, heads: 8, hidden: 2048, activation: relu }));
  return net.bytes();
}

/**
 * BERT base for 128 tokens, batch 1, all tokens attended to (no mask), without pooler.
 * Source: Devlin, Chang, Lee, Toutanova, "BERT: Pre-training of Deep Bidirectional Transformers", arXiv 1810.04805.
 */
export function bertBase(): Uint8Array {
  const net = network("bert-base", { opset: 20 });
  const [length, width] = [128, 768];
  const tokens = net.input("tokens", [1, length], "int64");
  const segments = net.input("segments", [1, length], "int64");
  const embedded = net.within("embeddings", () => {
    const words = net.node("Gather", [net.weight("words", [30522, width]), tokens]);
    const types = net.node("Gather", [net.weight("segments", [2, width]), segments]);
    const sum = add(net, add(net, words, types), net.node("Slice", [net.weight("positions", [512, width]), ...stretch(net, length)]));
    return layerNormalization(net, sum);
  });
  net.output("encoded", encode(net, embedded, { layers: 12, width, heads: 12, hidden: 3072, activation: gelu }));
  return net.bytes();
}

/** Start and end for the first `length` rows. */
const stretch = (net: Network, length: number): readonly Edge[] => [
  net.constant("from", [0]),
  net.constant("to", [length]),
  net.constant("axis", [0]),
];

function encode(net: Network, input: Edge, encoder: Encoder): Edge {
  const { layers, width, heads, hidden, activation } = encoder;
  const split = net.constant("split_heads", [0, 0, heads, width / heads]);
  const merge = net.constant("merge_heads", [0, 0, width]);
  const scale = net.constant("scale", Math.sqrt(width / heads), "float32");

  const attention = (x: Edge): Edge => {
    const project = (name: string, perm: readonly number[]) =>
      net.within(name, () => net.node("Transpose", [net.node("Reshape", [linear(net, x, { out: width }), split])], { perm }));
    const q = project("query", [0, 2, 1, 3]);
    const k = project("key", [0, 2, 3, 1]);
    const v = project("value", [0, 2, 1, 3]);
    const scores = net.node("Div", [net.node("MatMul", [q, k], {}, { name: "scores" }), scale]);
    const context = net.node("MatMul", [net.node("Softmax", [scores], { axis: -1 }), v], {}, { name: "context" });
    const merged = net.node("Reshape", [net.node("Transpose", [context], { perm: [0, 2, 1, 3] }), merge]);
    return linear(net, merged, { name: "output", out: width });
  };
  const feedForward = (x: Edge): Edge =>
    linear(net, activation(net, linear(net, x, { name: "inner", out: hidden })), { name: "outer", out: width });

  let x = input;
  for (let i = 1; i <= layers; i++)
    x = net.within(`layer${i}`, () => {
      const attended = layerNormalization(
        net,
        add(
          net,
          x,
          net.within("attention", () => attention(x)),
        ),
        "norm1",
      );
      return layerNormalization(
        net,
        add(
          net,
          attended,
          net.within("feed_forward", () => feedForward(attended)),
        ),
        "norm2",
      );
    });
  return x;
}
