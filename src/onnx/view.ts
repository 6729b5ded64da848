import { type AttributeReader, KIND } from "./attributes.js";
import type { NodeView, Value } from "./node.js";
import type { GraphProto, TensorProto } from "./proto/onnx_pb.js";

/** What a view needs of the pass that makes it. */
export interface ViewContext {
  readonly opset: number;
  readonly tensor: (proto: TensorProto) => Value | undefined;
  readonly subgraph: (graph: GraphProto, attribute: string, inputs: readonly Value[]) => readonly Value[] | undefined;
}

/** One node as shape rules see it. */
export function viewOf(
  node: { readonly type: string; readonly domain: string; readonly name: string; readonly outputs: readonly string[] },
  { names: attributes, ofKind }: AttributeReader,
  inputs: readonly (Value | undefined)[],
  context: ViewContext,
): NodeView {
  const names = node.outputs;
  const whole = (n: bigint): number => Number(n);
  return {
    type: node.type,
    domain: node.domain,
    opset: context.opset,
    name: node.name,
    inputs,
    outputs: names.length,
    wants: (output) => (names[output] ?? "") !== "",
    int: (name) => {
      const a = ofKind(name, KIND.int);
      return a === undefined ? undefined : whole(a.i);
    },
    float: (name) => ofKind(name, KIND.float)?.f,
    string: (name) => ofKind(name, KIND.string)?.s,
    ints: (name) => ofKind(name, KIND.ints)?.ints.map(whole),
    floats: (name) => ofKind(name, KIND.floats)?.floats,
    strings: (name) => ofKind(name, KIND.strings)?.strings,
    tensor: (name) => {
      const proto = ofKind(name, KIND.tensor)?.t;
      return proto === undefined ? undefined : context.tensor(proto);
    },
    attributes,
    subgraph: (name, values) => {
      const graph = ofKind(name, KIND.graph)?.g;
      return graph === undefined ? undefined : context.subgraph(graph, name, values);
    },
  };
}

/** A list without the empty names at its end. */
export function trimmed(names: readonly string[]): readonly string[] {
  let end = names.length;
  while (end > 0 && names[end - 1] === "") end--;
  return end === names.length ? names : names.slice(0, end);
}
