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

/** An attribute that is of another kind than its reader takes. */
export interface Misread {
  readonly name: string;
  /** In words. */
  readonly is: string;
  readonly wanted: string;
}

/** Reads attributes by kind, and remembers those that were there in another. */
export interface AttributeReader {
  readonly names: readonly string[];
  /** The attribute if it is of the kind. */
  readonly ofKind: (name: string, kind: number) => AttributeProto | undefined;
  /** The first that was asked for and is of no kind that it was asked for in: an operator may take several. */
  readonly misread: () => Misread | undefined;
}

export function readerOf(attributes: Attributes): AttributeReader {
  const understood = new Set<string>();
  const others = new Map<string, Misread>();
  return {
    names: [...attributes.keys()],
    ofKind: (name, kind) => {
      const attribute = attributes.get(name);
      if (attribute === undefined) return undefined;
      const is = kindOf(attribute);
      if (is === kind || is === 0) {
        understood.add(name);
        return attribute;
      }
      if (!others.has(name)) others.set(name, { name, is: inWords(is), wanted: inWords(kind) });
      return undefined;
    },
    misread: () => [...others.values()].find(({ name }) => !understood.has(name)),
  };
}

/**
 * Of which kind an attribute is: what it says, unless it holds a value of another kind alone. Files of IR 1 and 2 do
 * not say it: there it is what the attribute holds, or 0 where that is nothing.
 */
function kindOf(attribute: AttributeProto): number {
  const held = FIELDS.filter(([, holds]) => holds(attribute)).map(([kind]) => kind);
  return held.includes(attribute.type) ? attribute.type : (held[0] ?? attribute.type);
}

const FIELDS: readonly (readonly [kind: number, holds: (a: AttributeProto) => boolean])[] = [
  [KIND.float, ({ f }) => f !== 0],
  [KIND.int, ({ i }) => i !== 0n],
  [KIND.string, ({ s }) => s !== ""],
  [KIND.tensor, ({ t }) => t !== undefined],
  [KIND.graph, ({ g }) => g !== undefined],
  [KIND.floats, ({ floats }) => floats.length > 0],
  [KIND.ints, ({ ints }) => ints.length > 0],
  [KIND.strings, ({ strings }) => strings.length > 0],
  [KIND.graphs, ({ graphs }) => graphs.length > 0],
  [KIND.sparse, ({ sparseTensor }) => sparseTensor !== undefined],
];

const inWords = (kind: number): string => WORDS[kind] ?? `of kind ${kind}`;

const WORDS: Readonly<Record<number, string>> = {
  [KIND.float]: "a float",
  [KIND.int]: "an integer",
  [KIND.string]: "a text",
  [KIND.tensor]: "a tensor",
  [KIND.graph]: "a graph",
  [KIND.floats]: "a list of floats",
  [KIND.ints]: "a list of integers",
  [KIND.strings]: "a list of texts",
  9: "a list of tensors",
  [KIND.graphs]: "a list of graphs",
  [KIND.sparse]: "a sparse tensor",
  12: "a list of sparse tensors",
  13: "a type",
  14: "a list of types",
};

/** An attribute and the kind that it is to be of. */
export interface Kinded {
  readonly name: string;
  readonly kind: number;
}

const each = (kind: number, names: string): readonly Kinded[] => names.split(" ").map((name) => ({ name, kind }));

/** Attributes of ai.onnx that no shape depends on and that all operators having them take alike. */
export const UNSHAPED: readonly Kinded[] = [
  ...each(KIND.float, "alpha beta epsilon gamma momentum min max"),
  ...each(KIND.int, "antialias count_include_pad offset_group size"),
  ...each(KIND.string, "nearest_mode"),
];

/** The forms of a Constant. */
export const CONSTANTS: readonly Kinded[] = [
  ...each(KIND.tensor, "value"),
  ...each(KIND.sparse, "sparse_value"),
  ...each(KIND.float, "value_float"),
  ...each(KIND.floats, "value_floats"),
  ...each(KIND.int, "value_int"),
  ...each(KIND.ints, "value_ints"),
  ...each(KIND.string, "value_string"),
  ...each(KIND.strings, "value_strings"),
];

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
