import type { Edge, Network } from "./build.js";

/** Sizes per spatial axis; a number stands for all of them. */
export type PerAxis = number | readonly number[];

export interface ConvOptions {
  readonly name?: string;
  /** Output channels. */
  readonly out: number;
  readonly kernel: PerAxis;
  readonly stride?: PerAxis;
  /** Zeros on both sides; by default what keeps the size at stride 1 for odd kernels. */
  readonly pad?: PerAxis;
  readonly dilation?: PerAxis;
  readonly groups?: number;
  readonly bias?: boolean;
}

/** A convolution with its weights; a batch normalisation behind it is folded in, hence the bias. */
export function conv(net: Network, x: Edge, options: ConvOptions): Edge {
  const { name = "conv", out, groups = 1, bias = true } = options;
  const { kernel, attributes } = windowOf(x, options);
  return net.within(name, () =>
    net.node("Conv", [x, net.weight("weight", [out, channels(x) / groups, ...kernel]), bias ? net.weight("bias", [out]) : undefined], {
      ...attributes,
      group: groups,
    }),
  );
}

/** One filter per channel. */
export const depthwise = (net: Network, x: Edge, options: Omit<ConvOptions, "out" | "groups">): Edge =>
  conv(net, x, { ...options, out: channels(x), groups: channels(x) });

/** Upsampling by `kernel` with windows that do not overlap. */
export function convTranspose(net: Network, x: Edge, { name = "up", out, kernel }: { name?: string; out: number; kernel: number }): Edge {
  const size = spatial(x).map(() => kernel);
  return net.within(name, () =>
    net.node("ConvTranspose", [x, net.weight("weight", [channels(x), out, ...size]), net.weight("bias", [out])], {
      kernel_shape: size,
      strides: size,
    }),
  );
}

/** A fully connected layer on the last axis: Gemm for a matrix, MatMul and Add otherwise. */
export function linear(net: Network, x: Edge, { name = "fc", out }: { name?: string; out: number }): Edge {
  const width = known(x.shape[x.shape.length - 1]);
  return net.within(name, () => {
    if (x.shape.length === 2) return net.node("Gemm", [x, net.weight("weight", [out, width]), net.weight("bias", [out])], { transB: 1 });
    const y = net.node("MatMul", [x, net.weight("weight", [width, out])]);
    return net.node("Add", [y, net.weight("bias", [out])]);
  });
}

export type PoolOptions = Omit<ConvOptions, "out" | "groups" | "bias">;

export const maxPool = (net: Network, x: Edge, options: PoolOptions): Edge => pool(net, "MaxPool", x, options);
export const averagePool = (net: Network, x: Edge, options: PoolOptions): Edge => pool(net, "AveragePool", x, options);

export const relu = (net: Network, x: Edge): Edge => net.node("Relu", [x]);
export const add = (net: Network, a: Edge, b: Edge): Edge => net.node("Add", [a, b]);
export const concat = (net: Network, parts: readonly Edge[], axis = 1): Edge => net.node("Concat", parts, { axis });

/** Global average, flattened, and a fully connected layer: how most image classifiers end. */
export const classify = (net: Network, x: Edge, classes: number): Edge =>
  linear(net, net.node("Flatten", [net.node("GlobalAveragePool", [x])]), { name: "classifier", out: classes });

export const layerNormalization = (net: Network, x: Edge, name = "norm"): Edge =>
  net.within(name, () => {
    const width = known(x.shape[x.shape.length - 1]);
    return net.node("LayerNormalization", [x, net.weight("weight", [width]), net.weight("bias", [width])]);
  });

/** Channels of an NCHW edge. */
export const channels = (x: Edge): number => known(x.shape[1]);

const spatial = (x: Edge): readonly unknown[] => x.shape.slice(2);

function pool(net: Network, type: string, x: Edge, options: PoolOptions): Edge {
  const { attributes } = windowOf(x, { ...options });
  const { dilations: _, ...plain } = attributes;
  return net.node(type, [x], type === "MaxPool" ? attributes : plain, options.name === undefined ? {} : { name: options.name });
}

function windowOf(x: Edge, { kernel, stride = 1, dilation = 1, pad }: Omit<PoolOptions, "name">) {
  const spread = (value: PerAxis): readonly number[] => (typeof value === "number" ? spatial(x).map(() => value) : value);
  const sizes = spread(kernel);
  const dilations = spread(dilation);
  const pads = pad === undefined ? sizes.map((size, i) => Math.floor(((size - 1) * (dilations[i] ?? 1)) / 2)) : spread(pad);
  return { kernel: sizes, attributes: { kernel_shape: sizes, strides: spread(stride), dilations, pads: [...pads, ...pads] } };
}

function known(dim: number | null | undefined): number {
  if (typeof dim !== "number") throw new Error(`a layer needs its width, got ${dim === null ? "a symbol" : "no such axis"}`);
  return dim;
}
