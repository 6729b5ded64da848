import { describe, expect, test } from "vitest";
import { accepted, type GraphInit, ints, modelBytes, node, TYPE, value, zeros } from "../../../test/onnx-model.js";
import { smallMachine } from "../../../test/random-fusion.js";
import { bytesPerSecond, picojoulesPerByte } from "../../base/units.js";
import type { FusionTarget } from "../../target/fusion-target.js";
import { layersOf } from "./layers.js";
import type { Window } from "./plan.js";
import { pose } from "./pose.js";
import { readProblem } from "./read.js";

type Nodes = NonNullable<GraphInit["node"]>;
type Weights = NonNullable<GraphInit["initializer"]>;

/** Layers of a network from `x` of the given shape to `y`. */
function layered(nodes: Nodes, initializer: Weights, shape: readonly number[] = [1, 4, 8, 8]) {
  const graph = accepted(
    modelBytes({ node: nodes, initializer, input: [value("x", shape)], output: [value("y", undefined)] } as GraphInit),
  );
  const { layers, maps, views } = layersOf(graph, { activation: "int8", weight: "int8" });
  const plane = (m: number) => `${maps[m]!.channels}x${maps[m]!.height}x${maps[m]!.width}`;
  return {
    maps,
    views: views.map((id) => graph.operators[id]!.type),
    layers,
    /** `Conv+Relu: 4x8x8 -> 4x8x8`. */
    text: layers.map((l) => {
      const types = l.operators.map((name) => graph.operators.find((op) => op.name === name)!.type);
      return `${types.join("+")}: ${l.reads.map(({ map }) => plane(map)).join(", ")} -> ${plane(l.writes)}`;
    }),
  };
}

const same = { pads: [1n, 1n, 1n, 1n] };
const named = (nodes: readonly ReturnType<typeof node>[]): Nodes => nodes.map((n, i) => ({ ...n, name: `n${i}` })) as Nodes;
const three = (name: string, from = 4, to = 4) => zeros(name, [to, from, 3, 3]);
const THREE: Window = { stride: 1, extent: 3, before: 1, repeat: 1 };
const POINT: Window = { stride: 1, extent: 1, before: 0, repeat: 1 };

const target: FusionTarget = {
  kind: "fusion",
  name: "small",
  summary: "",
  ...smallMachine,
  offChip: { bandwidth: bytesPerSecond(1), energy: picojoulesPerByte(1) },
  precision: {},
  sources: {},
};

describe("folding", () => {
  test("x · sigmoid(x) closes into the convolution, the addition goes to the later one", () => {
    const { text, layers } = layered(
      named([
        node("Conv", "x w0", "a", same),
        node("Sigmoid", "a", "s"),
        node("Mul", "a s", "b"),
        node("Conv", "b w1", "c", same),
        node("Relu", "c", "d"),
        node("Add", "d b", "y"),
      ]),
      [three("w0"), three("w1")],
    );
    expect(text).toEqual(["Conv+Sigmoid+Mul: 4x8x8 -> 4x8x8", "Conv+Relu+Add: 4x8x8 -> 4x8x8"]);
    expect(layers[1]!.reads).toEqual([{ map: 1, y: THREE, x: THREE }]); // covers the addition's own element
    expect(layers[0]).toMatchObject({ kind: "mac", weights: 144, shape: { outputs: 4, inputs: 4, groups: 1 } });
  });

  test("a pooling by windows is folded, one of the whole plane is not", () => {
    const { text, layers } = layered(
      named([
        node("Conv", "x w0", "a", same),
        node("MaxPool", "a", "b", { kernel_shape: [2n, 2n], strides: [2n, 2n] }),
        node("Relu", "b", "c"),
        node("GlobalAveragePool", "c", "y"),
      ]),
      [three("w0")],
    );
    expect(text).toEqual(["Conv+MaxPool+Relu: 4x8x8 -> 4x4x4", "GlobalAveragePool: 4x4x4 -> 4x1x1"]);
    const two: Window = { stride: 2, extent: 2, before: 0, repeat: 1 };
    expect(layers[0]).toMatchObject({ computed: { height: 8, width: 8 }, pooling: { y: two, x: two } });
    const all: Window = { stride: 0, extent: 4, before: 0, repeat: 1 };
    expect(layers[1]).toMatchObject({ kind: "vector", computed: { height: 4, width: 4 }, pooling: { y: all, x: all } });
    expect(layers[1]!.reads[0]).toEqual({ map: 1, y: POINT, x: POINT });
  });

  test("a result with other readers stays as it is", () => {
    const { text } = layered(
      named([node("Conv", "x w0", "a", same), node("Relu", "a", "b"), node("Conv", "b w1", "c", same), node("Add", "c a", "y")]),
      [three("w0"), three("w1")],
    );
    expect(text).toEqual(["Conv: 4x8x8 -> 4x8x8", "Relu: 4x8x8 -> 4x8x8", "Conv+Add: 4x8x8, 4x8x8 -> 4x8x8"]);
  });

  test("slices of one result that come together again are folded with all between them", () => {
    const { text, views } = layered(
      named([
        node("Conv", "x w0", "a", same),
        node("Split", "a sizes", "p q", { axis: 1n }),
        node("Relu", "p", "r"),
        node("Tanh", "q", "t"),
        node("Concat", "r t", "y", { axis: 1n }),
      ]),
      [three("w0"), ints("sizes", [1, 3])],
    );
    expect(text).toEqual(["Conv+Relu+Tanh: 4x8x8 -> 4x8x8"]);
    expect(views).toEqual(["Split", "Concat"]);
  });
});

describe("views", () => {
  test("a concatenation and an upsampling are reads of the maps beneath", () => {
    const { text, layers, views } = layered(
      named([
        node("Conv", "x w0", "a", { ...same, strides: [2n, 2n] }),
        node("Resize", "a _ scales", "u", { mode: "nearest", coordinate_transformation_mode: "asymmetric", nearest_mode: "floor" }),
        node("Concat", "x u", "c", { axis: 1n }),
        node("Conv", "c w1", "y", same),
      ]),
      [
        three("w0"),
        three("w1", 8),
        { name: "scales", dims: [4n], dataType: TYPE.float32, rawData: new Uint8Array(Float32Array.of(1, 1, 2, 2).buffer) },
      ] as Weights,
    );
    expect(text).toEqual(["Conv: 4x8x8 -> 4x4x4", "Conv: 4x8x8, 4x4x4 -> 4x8x8"]);
    expect(views).toEqual(["Resize", "Concat"]);
    expect(layers[1]!.reads.map(({ y }) => y)).toEqual([THREE, { ...THREE, repeat: 2 }]);
  });

  test("flattened, a plane is needed whole", () => {
    const { text, layers } = layered(named([node("Conv", "x w0", "a", same), node("Flatten", "a", "f"), node("Gemm", "f w1", "y")]), [
      three("w0"),
      zeros("w1", [256, 10]),
    ]);
    expect(text).toEqual(["Conv: 4x8x8 -> 4x8x8", "Gemm: 4x8x8 -> 10x1x1"]);
    expect(layers[1]!.reads[0]!.y).toEqual({ stride: 0, extent: 8, before: 0, repeat: 1 });
    expect(layers[1]!.shape).toMatchObject({ outputs: 10, inputs: 256, groups: 1 });
  });

  test("attention needs keys and values whole, queries row by row", () => {
    const { layers, text } = layered(
      named([
        node("MatMul", "x wq", "q"),
        node("MatMul", "x wk", "k"),
        node("Transpose", "k", "kt", { perm: [0n, 2n, 1n] }),
        node("MatMul", "q kt", "s"),
        node("Softmax", "s", "p"),
        node("MatMul", "p k", "y"),
      ]),
      [zeros("wq", [6, 6]), zeros("wk", [6, 6])],
      [1, 12, 6],
    );
    expect(text.slice(2)).toEqual([
      "MatMul: 6x12x1, 6x12x1 -> 12x12x1",
      "Softmax: 12x12x1 -> 12x12x1",
      "MatMul: 12x12x1, 6x12x1 -> 6x12x1",
    ]);
    const whole: Window = { stride: 0, extent: 12, before: 0, repeat: 1 };
    expect(layers[2]!.reads.map(({ y }) => y)).toEqual([POINT, whole]);
    expect(layers[4]!.reads.map(({ y }) => y)).toEqual([POINT, whole]);
  });
});

describe("shapes", () => {
  test("a batch counts as groups; a transposed convolution computes at its inputs", () => {
    const { layers } = layered(
      named([node("ConvTranspose", "x w0", "y", { strides: [2n, 2n] })]),
      [zeros("w0", [4, 3, 2, 2])],
      [2, 4, 5, 6],
    );
    expect(layers[0]).toMatchObject({
      computed: { height: 5, width: 6 },
      pooling: { y: { stride: 1, extent: 1, before: 0, repeat: 2 } },
      shape: { outputs: 6, inputs: 8, groups: 2, kernel: { height: 2, width: 2 } },
    });
  });

  test("a kernel shorter than its stride leaves results that need nothing, and the problem is read back", () => {
    const graph = accepted(
      modelBytes({
        node: named([node("ConvTranspose", "x w0", "y", { strides: [3n, 4n] })]),
        initializer: [zeros("w0", [4, 3, 1, 3])],
        input: [value("x", [1, 4, 5, 6])],
        output: [value("y", undefined)],
      } as GraphInit),
    );
    const posed = pose(graph, target, { objective: "traffic" });
    if (!posed.ok) throw new Error(posed.errors[0].message);
    // Of three rows one is reached, of four columns three.
    expect(posed.value.layers[0]!.pooling).toMatchObject({ y: { extent: -1, repeat: 3 }, x: { extent: 0, repeat: 4 } });
    expect(readProblem(JSON.parse(JSON.stringify(posed.value)), "problem").ok).toBe(true);
    const empty = {
      ...posed.value,
      layers: [{ ...posed.value.layers[0]!, pooling: { y: { ...POINT, extent: -2, repeat: 3 }, x: POINT } }],
    };
    expect(readProblem(empty, "problem")).toMatchObject({
      ok: false,
      errors: [{ code: "FUS-1", where: "problem.layers[0].pooling.y.extent" }],
    });
  });

  test("a depth-wise convolution has a group for each channel", () => {
    const { layers } = layered(named([node("Conv", "x w0", "y", { ...same, group: 4n })]), [zeros("w0", [4, 1, 3, 3])]);
    expect(layers[0]!.shape).toMatchObject({ outputs: 4, inputs: 4, groups: 4, kernel: { height: 3, width: 3 } });
  });
});

describe("pose", () => {
  const graph = accepted(
    modelBytes({
      node: named([node("Conv", "x w0", "a", same), node("Concat", "a a", "y", { axis: 1n })]),
      initializer: [three("w0")],
      input: [value("x", [1, 4, 8, 8])],
      output: [value("y", undefined)],
    } as GraphInit),
  );

  test("widths are the model's own where nothing is assumed, and outputs that are no map are moved into one", () => {
    const posed = pose(graph, target, { objective: "latency" });
    if (!posed.ok) throw new Error(posed.errors[0].message);
    const { maps, layers, objective, modes } = posed.value;
    expect(maps.map(({ bits, kind }) => `${bits} ${kind}`)).toEqual(["32 input", "32 activation", "32 output"]);
    expect(layers.map(({ kind }) => kind)).toEqual(["mac", "move"]);
    expect(layers[0]!.weights).toBe(4 * 144);
    expect(objective).toBe("latency");
    expect(modes).not.toContain("nonOverlapped");
  });

  test("an objective of another family is refused", () => {
    expect(pose(graph, target, { objective: "throughput" })).toMatchObject({ ok: false, errors: [{ code: "FUS-22" }] });
  });
});
