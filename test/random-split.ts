import type { Rng } from "../src/base/rng.js";
import type { Graph } from "../src/graph/graph.js";
import { addsUp, mayVanish, type SplitSpecification } from "../src/graph/split/specification.js";
import { type Edge, type Network, network } from "../src/onnx/build.js";
import { importOnnx } from "../src/onnx/import.js";
import { averagePool, concat, conv, convTranspose, depthwise, linear, maxPool, relu } from "../src/onnx/layers.js";

/** The graph of a network built in place. */
export function graphOf(build: (net: Network) => void): Graph {
  const net = network("small", { opset: 17 });
  build(net);
  const imported = importOnnx(net.bytes(), { name: "small", bindings: [] });
  if (!imported.ok) throw new Error(imported.errors[0].message);
  return imported.value;
}

/** Feature maps of a few rows through layers of every shape of access: windows, groups, scatter, joins, reductions, views. */
export function randomGraph(random: Rng): Graph {
  const below = (n: number) => Math.floor(random() * n);
  return graphOf((net) => {
    const maps: Edge[] = [net.input("x", [1, 4, 6 + below(3), 5])];
    for (let i = 0; i < 4; i++) {
      const x = maps[below(maps.length)]!;
      const alike = maps.filter((m) => m !== x && m.shape[2] === x.shape[2] && m.shape[3] === x.shape[3]);
      const y = alike[below(alike.length)];
      const layers: (() => Edge)[] = [
        () => conv(net, x, { out: 4, kernel: 3, stride: 1 + below(2) }),
        () => conv(net, x, { out: 4, kernel: 1, groups: 2 }),
        () => depthwise(net, x, { kernel: 3 }),
        () => convTranspose(net, x, { out: 4, kernel: 2 }),
        () => maxPool(net, x, { kernel: 3, stride: 2 }),
        () => averagePool(net, x, { kernel: 2, pad: 0 }),
        () => relu(net, x),
        () => (y && y.shape[1] === x.shape[1] ? net.node("Add", [x, y]) : relu(net, x)),
        () => (y ? conv(net, concat(net, [x, y]), { out: 4, kernel: 3 }) : relu(net, x)),
      ];
      const made = layers[below(layers.length)]!();
      if (Number(made.shape[2]) > 1 && Number(made.shape[2]) < 20) maps.push(made);
    }
    const last = maps.at(-1)!;
    net.output("map", relu(net, last));
    net.output("class", linear(net, net.node("Flatten", [net.node("GlobalAveragePool", [last])]), { out: 3 }));
  });
}

/** Pieces, runs and vanishing Concats, each where it may be and by chance. */
export function randomSpecification(graph: Graph, random: Rng): SplitSpecification {
  const virtual = graph.operators.filter((op) => mayVanish(graph, op.id) && random() < 0.8).map(({ id }) => id);
  const gone = new Set(virtual.map((id) => graph.operators[id]!.outputs[0]!));
  const cuts = graph.tensors
    .filter(({ id, shape }) => !gone.has(id) && shape.length > 0 && random() < 0.7)
    .map(({ id, shape }) => ({ tensor: id, piece: shape.map((n) => (random() < 0.5 ? n : 1 + Math.floor(random() * n))) }));
  const sums = graph.operators.flatMap((op) => {
    const nest = op.nests[0];
    if (nest === undefined || !addsUp(op) || random() < 0.5) return [];
    const loop = nest.loops.findIndex(
      ({ size }, l) => size > 1 && !nest.write.indices.some(({ terms }) => terms.some((t) => t.loop === l)),
    );
    return loop < 0 ? [] : [{ operator: op.id, loop, length: 1 + Math.floor(random() * nest.loops[loop]!.size) }];
  });
  return { cuts, sums, virtual };
}
