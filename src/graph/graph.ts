import type { Diagnostic } from "../base/diagnostic.js";
import type { Bytes, Macs } from "../base/units.js";
import type { ElementType } from "./element-type.js";
import type { LoopNest } from "./loops.js";

/** Index into `Graph.tensors`. Names are for people only: one may be `"constructor"`. */
export type TensorId = number;
/** Index into `Graph.operators`. */
export type OperatorId = number;

export type TensorRole = "input" | "weight" | "activation" | "output";

/** Where the values of a weight are, for the planners that need them. `absent`: dims only. */
export type WeightSource =
  | { readonly kind: "inline"; readonly offset: number; readonly length: number } // byte range of the model file
  | { readonly kind: "external"; readonly location: string; readonly offset: number; readonly length: number | undefined }
  | { readonly kind: "computed" } // folded at import: a Constant in another form, a cast, a transpose ...
  | { readonly kind: "absent" };

export interface Tensor {
  readonly id: TensorId;
  readonly name: string;
  readonly shape: readonly number[];
  readonly elementType: ElementType;
  /** Width of one element after the model's own quantisation (Quant nodes, Q/DQ pairs); equals the type's width without. */
  readonly bits: number;
  /** Size as the model stores it: elements x width of `elementType`. */
  readonly size: Bytes;
  readonly role: TensorRole;
  /** Of a weight. */
  readonly source?: WeightSource;
}

/** A plain attribute of an operator. Tensors and graphs are not kept. */
export type Attribute = number | string | readonly number[] | readonly string[];

export interface Operator {
  readonly id: OperatorId;
  readonly name: string;
  /** ONNX operator type, e.g. `Conv`. */
  readonly type: string;
  /** ONNX domain; `""` is ai.onnx. */
  readonly domain: string;
  readonly attributes: Readonly<Record<string, Attribute>>;
  /** Data operands computed or fed at run time, in the operator's order, each once. */
  readonly inputs: readonly TensorId[];
  /** Constant operands that occupy memory at run time, each once. Shape constants are not listed. */
  readonly weights: readonly TensorId[];
  readonly outputs: readonly TensorId[];
  /** Loop nests of a compute operator; empty where not modelled. */
  readonly nests: readonly LoopNest[];
  /** Multiply-accumulates: iterations of the `mac` nests. */
  readonly macs: Macs;
  /** False for an operator planned as opaque: its operands are known, its computation is not. */
  readonly modelled: boolean;
}

export interface Coverage {
  /** Share of the MACs, 0..1, in operators whose computation is modelled; 1 when there are none to miss. */
  readonly macs: number;
  /** Share of the activation bytes whose shape is known. */
  readonly activationBytes: number;
  /** Operators planned as opaque, with the reason. */
  readonly notModelled: readonly { readonly operator: string; readonly type: string; readonly reason: string }[];
}

/** A symbolic or unnamed input dimension, and what it was bound to. */
export interface BoundSymbol {
  readonly name: string;
  readonly value: number;
}

/** A network: operators in topological order (file order where that is one), tensors by id. Plain JSON. */
export interface Graph {
  readonly name: string;
  readonly opset: Readonly<Record<string, number>>;
  readonly symbols: readonly BoundSymbol[];
  readonly tensors: readonly Tensor[];
  readonly operators: readonly Operator[];
  readonly inputs: readonly TensorId[];
  readonly outputs: readonly TensorId[];
  readonly parameters: { readonly elements: number; readonly size: Bytes };
  readonly coverage: Coverage;
  readonly warnings: readonly Diagnostic[];
}
