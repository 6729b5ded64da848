import type { Attribute } from "../graph/graph.js";
import type { AttributeProto, NodeProto } from "./proto/onnx_pb.js";

/** Attributes of a node by name. */
export type Attributes = ReadonlyMap<string, AttributeProto>;

/** ONNX's numbering of attribute kinds (AttributeProto.AttributeType). */
export const KIND = { float: 1, int: 2, string: 3, tensor: 4, graph: 5, floats: 6, ints: 7, strings: 8, graphs: 10, sparse: 11 } as const;

const NONE: Attributes = new Map();

/**
 * The attributes of `node`. Inside a function an attribute may refer to one of the caller's: it becomes
 * that, or is absent where the caller gives none and the function has no default.
 *
 * @param given what the call of the enclosing function gives, defaults included; undefined outside functions.
 */
export function attributesOf(node: NodeProto, given: Attributes | undefined): Attributes {
  if (node.attribute.length === 0) return NONE;
  const own = new Map<string, AttributeProto>();
  for (const attribute of node.attribute) {
    const meant = attribute.refAttrName === "" ? attribute : given?.get(attribute.refAttrName);
    if (meant !== undefined) own.set(attribute.name, meant);
  }
  return own;
}

/** The attribute if it is of the kind; files of IR 1 and 2 do not store kinds. */
export function ofKind(attributes: Attributes, name: string, kind: number): AttributeProto | undefined {
  const attribute = attributes.get(name);
  return attribute !== undefined && (attribute.type === kind || attribute.type === 0) ? attribute : undefined;
}

/** Attributes that are plain numbers or text; tensors, graphs and types are left out. */
export function plainAttributes(attributes: Attributes): Readonly<Record<string, Attribute>> {
  // Defined one by one, because a name may be "__proto__".
  return Object.fromEntries(
    [...attributes].flatMap(([name, a]): [string, Attribute][] => {
      switch (a.type) {
        case KIND.float:
          return Number.isFinite(a.f) ? [[name, a.f]] : [[name, String(a.f)]];
        case KIND.int:
          return [[name, Number(a.i)]];
        case KIND.string:
          return [[name, a.s]];
        case KIND.floats:
          return [[name, a.floats]];
        case KIND.ints:
          return [[name, a.ints.map(Number)]];
        case KIND.strings:
          return [[name, a.strings]];
        default:
          return [];
      }
    }),
  );
}
