import type { Diagnostic } from "../base/diagnostic.js";
import { topologicalOrder } from "../graph/topology.js";
import { KIND } from "./attributes.js";
import { listed, onnxFail, quoted } from "./names.js";
import type { GraphProto, NodeProto } from "./proto/onnx_pb.js";

export interface Sorted {
  readonly nodes: readonly NodeProto[];
  readonly errors: readonly Diagnostic[];
  readonly warnings: readonly Diagnostic[];
}

/**
 * The nodes of one graph in an order in which each can run; stored order where it is one (warning ONX-41
 * where not). Checks that each name has one producer (ONX-10), each operand a producer (ONX-11), and that
 * no cycle exists (ONX-12). Linear, whatever the order.
 *
 * @param known whether a name is there before the first node runs: an input, an initialiser, an outer value.
 * @param taken whether this very graph has the name already; hiding an outer one is not clean, but clear.
 */
export function sorted(
  nodes: readonly NodeProto[],
  known: (name: string) => boolean,
  taken: (name: string) => boolean,
  file: string,
): Sorted {
  const errors: Diagnostic[] = [];
  const producer = new Map<string, number>();
  nodes.forEach((node, i) => {
    for (const name of node.output) {
      if (name === "") continue;
      const first = producer.get(name);
      if (first !== undefined || taken(name)) {
        const other = first === undefined ? "is also an input or initialiser" : `is also produced by ${title(nodes[first], first)}`;
        errors.push(
          onnxFail("ONX-10", at(file, node, i), `it produces tensor ${quoted(name)}, which ${other}`, "give each tensor one producer"),
        );
      } else producer.set(name, i);
    }
  });

  const needs = nodes.map((node, i) => {
    const found: number[] = [];
    for (const name of readNames(node)) {
      const by = producer.get(name);
      if (by !== undefined) found.push(by);
      else if (!known(name))
        errors.push(
          onnxFail(
            "ONX-11",
            at(file, node, i),
            `it reads tensor ${quoted(name)}, which no node, input or initialiser provides`,
            "export the model again, with all its initialisers",
          ),
        );
    }
    return found;
  });
  if (errors.length > 0) return { nodes: [], errors, warnings: [] };

  const topology = topologicalOrder(nodes.length, (i) => needs[i] ?? []);
  if (topology.kind === "cycle") {
    // Members are told in the order of needs; people follow the data.
    const names = topology.cycle.map((i) => nodes[i]?.name || `${nodes[i]?.opType} #${i}`).reverse();
    const cut = "break the cycle at one of these nodes";
    return {
      nodes: [],
      errors: [onnxFail("ONX-12", file, `${names.length} nodes need each other's results in a cycle: ${listed(names)}`, cut)],
      warnings: [],
    };
  }
  const moved = topology.order.findIndex((node, i) => node !== i);
  if (moved === -1) return { nodes, errors, warnings: [] };
  const message = `node ${moved} of ${nodes.length} reads what a later node makes; the nodes were sorted`;
  return {
    nodes: topology.order.map((i) => nodes[i] as NodeProto),
    errors,
    warnings: [onnxFail("ONX-41", at(file, nodes[moved] as NodeProto, moved), message, "sort the model's nodes")],
  };
}

/** Where a node is, for messages. */
export const at = (file: string, node: Named, index?: number): string => `${file}: ${title(node, index)}`;

type Named = Pick<NodeProto, "name" | "opType">;

const title = (node: Named | undefined, index: number | undefined): string =>
  node?.name
    ? `node ${quoted(node.name)} (${node.opType})`
    : `node ${index === undefined ? "" : `#${index} `}of type ${quoted(node?.opType ?? "")}`;

/** All names a node reads: its operands, and what its subgraphs take from outside. */
export function* readNames(node: NodeProto): Generator<string> {
  for (const name of node.input) if (name !== "") yield name;
  for (const graph of subgraphs(node)) yield* capturedNames(graph);
}

/** The subgraphs in the attributes of a node. */
export function subgraphs(node: NodeProto): readonly GraphProto[] {
  if (node.attribute.length === 0) return [];
  return node.attribute.flatMap((a) => (a.g !== undefined && (a.type === KIND.graph || a.type === 0) ? [a.g] : a.graphs));
}

/** Names that a subgraph reads and does not make itself. Recursion is as deep as graphs nest, which the file's depth limit bounds. */
export function capturedNames(graph: GraphProto): ReadonlySet<string> {
  const own = new Set<string>();
  for (const { name } of graph.input) own.add(name);
  for (const { name } of graph.initializer) own.add(name);
  for (const sparse of graph.sparseInitializer) own.add(sparse.values?.name ?? "");
  for (const node of graph.node) for (const name of node.output) own.add(name);
  const captured = new Set<string>();
  for (const node of graph.node) for (const name of readNames(node)) if (!own.has(name)) captured.add(name);
  for (const { name } of graph.output) if (!own.has(name)) captured.add(name);
  return captured;
}
