import { describe, expect, test } from "vitest";
import { accepted, type GraphInit, ints, modelBytes, node, value, zeros } from "../../../test/onnx-model.js";
import { bytes, bytesPerSecond, hertz, seconds } from "../../base/units.js";
import type { PipelineTarget } from "../../target/pipeline-target.js";
import type { PipelineProblem } from "./plan.js";
import { pose } from "./pose.js";
import { readProblem } from "./read.js";

type Nodes = NonNullable<GraphInit["node"]>;
type Weights = NonNullable<GraphInit["initializer"]>;

const target: PipelineTarget = {
  kind: "pipeline",
  name: "board",
  summary: "",
  clock: hertz(200e6),
  fabric: "7series",
  resources: { lut: 1000, ff: 2000, dsp: 10, bram18: 20, uram: 0 },
  lutPerBram18: 0,
  offChip: { bandwidth: bytesPerSecond(4e9), efficiency: 0.8, burst: bytes(64) },
  streaming: "never",
  buffers: 2,
  reuse: 1,
  model: "stowage",
  partitions: 1,
  reconfiguration: seconds(0),
  batch: 1,
  precision: { weightBits: 4, activationBits: 5 },
  sources: {},
};

const graphOf = (nodes: readonly ReturnType<typeof node>[], initializer: Weights, shape: readonly number[] = [1, 4, 8, 8]) =>
  accepted(
    modelBytes({
      node: nodes.map((n, i) => ({ ...n, name: `n${i}` })) as Nodes,
      initializer,
      input: [value("x", shape)],
      output: [value("y", undefined)],
    } as GraphInit),
  );

/** A network from `x` to `y` as layers: `0 convolution n0+n1: 8x8x4:5 -> 8x8x4:5`. */
function posed(...network: Parameters<typeof graphOf>): PipelineProblem & { readonly text: readonly string[] } {
  const problem = pose(graphOf(...network), target, { objective: "throughput" });
  if (!problem.ok) throw new Error(problem.errors.map(({ message }) => message).join("; "));
  const { layers, streams } = problem.value;
  expect(readProblem(JSON.parse(JSON.stringify(problem.value)), "problem").ok).toBe(true);
  const shape = ({ height, width, channels, bits }: (typeof streams)[number]["map"]) => `${height}x${width}x${channels}:${bits}`;
  const text = layers.map(
    ({ kind, operators, inputs, output }) =>
      `${kind} ${operators.join("+")}: ${inputs.map((s) => shape(streams[s]!.map)).join(", ")} -> ${shape(output)}`,
  );
  return { ...problem.value, text };
}

const refused = (...network: Parameters<typeof graphOf>) => {
  const problem = pose(graphOf(...network), target, { objective: "throughput" });
  return problem.ok ? [] : problem.errors.map(({ code, where, message }) => `${code} ${where.replace(/^.*: /, "")}: ${message}`);
};

const same = { pads: [1n, 1n, 1n, 1n] };
const three = (name: string, from = 4, to = 4) => zeros(name, [to, from, 3, 3]);

describe("what nobody reads", () => {
  test("operators that no output depends on, and parts of a split, get no engine", () => {
    const { text } = posed(
      [
        node("Split", "x", "a rest", { axis: 2n }),
        node("Conv", "a w", "y", same),
        node("Conv", "a v", "dead", same),
        node("Relu", "dead", "deader"),
        node("Tanh", "deader", "deadest"),
      ],
      [three("w"), three("v")],
    );
    expect(text).toEqual(["rearrange n0: 8x8x4:5 -> 4x8x4:5", "convolution n1: 4x8x4:5 -> 4x8x4:5"]);
  });
});

describe("order of elements", () => {
  // x is 4 channels at 8 columns; y wants its 32 elements, channel by channel, in one pixel: each comes from another column.
  test("one pixel that is made of several takes the whole map", () => {
    const { layers } = posed(
      [node("Reshape", "x s", "a"), node("Concat", "a a", "b", { axis: 1n }), node("Gemm", "b w", "y")],
      [ints("s", [1, 32]), zeros("w", [64, 5])],
      [1, 4, 8],
    );
    expect(layers.filter(({ kind }) => kind === "rearrange").map(({ kernel }) => kernel)).not.toContainEqual(expect.anything());
  });
});

describe("folding", () => {
  test("factors, terms and bounds go into the output scaling of a convolution", () => {
    const { text, layers } = posed(
      [node("Conv", "x w", "a", same), node("Mul", "a s", "b"), node("Add", "b t", "c"), node("Relu", "c", "d"), node("Clip", "d", "y")],
      [three("w"), zeros("s", [4, 1, 1]), zeros("t", [1])],
    );
    expect(text).toEqual(["convolution n0+n1+n2+n3+n4: 8x8x4:5 -> 8x8x4:5"]);
    // 4 + 5 bits, and 4 · 9 products: 6 more.
    expect(layers[0]!.weights).toEqual({ tensor: "w", bits: 4, biased: true, accumulatorBits: 15 });
  });

  test("a factor after a bound, or a result that others read, stays a layer", () => {
    const { text } = posed(
      [node("Conv", "x w", "a", same), node("Relu", "a", "b"), node("Mul", "b s", "c"), node("Add", "b c", "y")],
      [three("w"), zeros("s", [4, 1, 1])],
    );
    expect(text).toEqual(["convolution n0+n1: 8x8x4:5 -> 8x8x4:5", "elementwise n2+n3: 8x8x4:5 -> 8x8x4:5"]);
  });

  test("x · sigmoid(x) is one layer", () => {
    const { text } = posed(
      [node("Conv", "x w", "a", same), node("Sigmoid", "a", "b"), node("Mul", "a b", "c"), node("Conv", "c v", "y", same)],
      [three("w"), three("v")],
    );
    expect(text.map((line) => line.split(":")[0])).toEqual(["convolution n0", "elementwise n1+n2", "convolution n3"]);
  });

  test("constants that differ from pixel to pixel have no engine", () => {
    const weights = [three("w"), zeros("t", [1, 1, 8, 8])];
    // Nothing multiplies before it, so the host can do it.
    expect(posed([node("Add", "x t", "a"), node("Conv", "a w", "y", same)], weights).assumptions[0]).toBe(
      "run on the host, before the pipeline: 1 operator: n0",
    );
    expect(refused([node("Conv", "x w", "b", same), node("Add", "b t", "a"), node("Conv", "a w", "y", same)], weights)).toEqual([
      "PIP-6 n1: Add has constants that differ from pixel to pixel",
    ]);
  });
});

describe("reading", () => {
  test("a map is flattened for a Gemm without a layer", () => {
    const { text, streams } = posed(
      [
        node("MaxPool", "x", "a", { kernel_shape: [2n, 2n], strides: [2n, 2n] }),
        node("Flatten", "a", "b"),
        node("Gemm", "b w", "y", { transB: 1n }),
      ],
      [zeros("w", [10, 64])],
    );
    expect(text).toEqual(["pooling n0: 8x8x4:5 -> 4x4x4:5", "convolution n2: 1x1x64:5 -> 1x1x10:5"]);
    expect(streams.map(({ from, to }) => [from, to])).toEqual([
      [undefined, 0],
      [0, 1],
      [1, undefined],
    ]);
  });

  test("channels last costs nothing, rows and columns exchanged a whole map", () => {
    const w = [zeros("w", [4, 6])];
    expect(posed([node("Transpose", "x", "a", { perm: [0n, 2n, 3n, 1n] }), node("MatMul", "a w", "y")], w).text).toEqual([
      "convolution n1: 8x8x4:5 -> 8x8x6:5",
    ]);
    const turned = posed([node("Transpose", "x", "a", { perm: [0n, 1n, 3n, 2n] }), node("Conv", "a v", "y", same)], [three("v")]);
    expect(turned.text).toEqual(["convolution n1: 8x8x4:5 -> 8x8x4:5"]); // of an input: it is sent as it is read
    const between = posed(
      [node("Conv", "x v", "b", same), node("Transpose", "b", "a", { perm: [0n, 1n, 3n, 2n] }), node("Conv", "a v", "y", same)],
      [three("v")],
    );
    expect(between.text[1]).toBe("rearrange n1: 8x8x4:5 -> 8x8x4:5");
    expect(between.layers[1]!.kernel).toBeUndefined();
  });

  test("a channel shuffle and half of the channels change places within a pixel", () => {
    const { text, layers } = posed(
      [
        node("Reshape", "x five", "a"),
        node("Transpose", "a", "b", { perm: [0n, 2n, 1n, 3n, 4n] }),
        node("Reshape", "b four", "c"),
        node("Split", "c", "d e", { axis: 1n }),
        node("Conv", "d v", "f", same),
        node("Add", "e f", "y"),
      ],
      [ints("five", [1, 2, 2, 8, 8]), ints("four", [1, 4, 8, 8]), three("v", 2, 2)],
    );
    expect(text.slice(0, 2)).toEqual(["rearrange n3: 8x8x4:5 -> 8x8x2:5", "rearrange n3: 8x8x4:5 -> 8x8x2:5"]);
    expect(layers[0]!.kernel).toMatchObject({ height: 1, width: 1, strideY: 1, top: 0, bottom: 0 });
  });

  test("one pixel goes with every pixel of a map", () => {
    const { text, streams } = posed(
      [node("GlobalAveragePool", "x", "a"), node("Conv", "a w", "b"), node("Mul", "x b", "y")],
      [zeros("w", [4, 4, 1, 1])],
    );
    expect(text[2]).toBe("combine n2: 8x8x4:5, 1x1x4:5 -> 8x8x4:5");
    expect(streams.find(({ from, to }) => from === undefined && to === 2)!.waiting).toBeGreaterThanOrEqual(64 * 4);
  });

  test("zeros around a map go into the window that reads it", () => {
    const { text, layers, assumptions } = posed(
      [node("Pad", "x p", "a"), node("Conv", "a w", "y")],
      [ints("p", [0, 0, 1, 2, 0, 0, 0, 1]), three("w")],
    );
    expect(text).toEqual(["convolution n1: 8x8x4:5 -> 7x9x4:5"]);
    expect(layers[0]!.kernel).toMatchObject({ top: 1, left: 2, bottom: 0, right: 1 });
    expect(assumptions).toContain("zeros around maps are added by the windows that read them: 1 operator: n0");
  });
});

describe("maps of more than three axes", () => {
  test("slices of a volume come one after another, and so do maps of a batch", () => {
    const volume = posed([node("Mul", "x c", "a"), node("Concat", "a x", "y", { axis: 4n })], [zeros("c", [1])], [1, 1, 4, 3, 3]);
    expect(volume.text).toEqual(["elementwise n0: 12x3x1:5 -> 12x3x1:5"]);
    const channels = posed([node("Mul", "x c", "a"), node("Concat", "a x", "y", { axis: 1n })], [zeros("c", [1])], [1, 2, 4, 3, 3]);
    expect(channels.text).toEqual(["elementwise n0: 12x3x2:5 -> 12x3x2:5", "concatenation n1: 12x3x2:5, 12x3x2:5 -> 12x3x4:5"]);
    expect(posed([node("Tanh", "x", "y")], [], [2, 4, 8, 8]).text).toEqual(["elementwise n0: 16x8x4:5 -> 16x8x4:5"]);
  });
});

describe("what the pipeline does not do", () => {
  test("a row that is read twice", () => {
    const twice = [node("Conv", "x w", "a", same), node("Gather", "a i", "b", { axis: 2n }), node("Conv", "b w", "y", same)];
    expect(refused(twice, [ints("i", [3, 3]), three("w")])).toEqual([
      "PIP-6 n1: Gather repeats a row or column; the pipeline hands on each at most once",
    ]);
  });

  test("a tail without products runs on the host and is named", () => {
    const { text, assumptions } = posed(
      [node("Conv", "x w", "a", same), node("Softmax", "a", "b", { axis: 1n }), node("Relu", "b", "y")],
      [three("w")],
    );
    expect(text).toEqual(["convolution n0: 8x8x4:5 -> 8x8x4:5"]);
    expect(assumptions[0]).toBe("run on the host, after the pipeline: 2 operators: n1, n2");
  });

  test("between products it is an error that names each operator", () => {
    expect(
      refused(
        [
          node("Conv", "x w", "a", same),
          node("Softmax", "a", "b", { axis: 1n }),
          node("Conv", "b w", "c", same),
          node("MatMul", "c c", "y"),
        ],
        [three("w")],
      ),
    ).toEqual(["PIP-4 n1: Softmax has no engine", "PIP-5 n3: MatMul multiplies two values computed at run time"]);
  });

  test("a batch of maps", () => {
    expect(refused([node("Conv", "x w", "y", same)], [three("w")], [2, 4, 8, 8])).toEqual([
      "PIP-6 n0: Conv takes a batch of 2 maps; an engine takes one at a time",
    ]);
  });

  test("an objective it does not serve, and a network without operators", () => {
    const graph = graphOf([node("Softmax", "x", "y", { axis: 1n })], []);
    expect(pose(graph, target, { objective: "traffic" })).toMatchObject({ ok: false, errors: [{ code: "PIP-2" }] });
    expect(pose(graph, target, { objective: "latency" })).toMatchObject({ ok: false, errors: [{ code: "PIP-3" }] });
  });
});

describe("readProblem", () => {
  const problem = () => JSON.parse(JSON.stringify(posed([node("Conv", "x w", "a", same), node("Conv", "a w", "y", same)], [three("w")])));
  const faults = (change: (data: ReturnType<typeof problem>) => void) => {
    const data = problem();
    change(data);
    const read = readProblem(data, "plan.json: problem");
    return read.ok ? [] : read.errors.map(({ code, where, message }) => `${code} ${where}: ${message}`);
  };

  test.each([
    ["a key of the wrong type", (d) => (d.layers[0].groups = "1"), /^PIP-1 plan.json: problem.layers\[0\].groups/],
    ["a stream that leads back", (d) => (d.streams[1].to = 0), /leads from layer 0 back to 0/],
    ["a stream to nowhere", (d) => (d.streams[1].from = 9), /names layer 9, there are 2/],
    ["a map of another size", (d) => (d.streams[1].map.width = 9), /has 288 elements, layer 0 sends 256/],
    ["a shape that the kernel does not give", (d) => (d.layers[1].kernel.top = 0), /makes 7 x 8 x 4 of its input, not 8 x 8 x 4/],
    ["a convolution without weights", (d) => delete d.layers[1].weights, /multiplies without weights/],
    ["groups that do not divide", (d) => (d.layers[1].groups = 3), /do not divide into 3 groups/],
  ] satisfies readonly (readonly [string, (data: ReturnType<typeof problem>) => unknown, RegExp])[])("refuses %s", (_, change, message) => {
    expect(faults(change).join("\n")).toMatch(message);
  });
});
