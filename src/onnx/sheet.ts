import type { Diagnostic } from "../base/diagnostic.js";
import type { Attributes, plainAttributes } from "./attributes.js";
import type { Constant, Container } from "./constant.js";
import type { NodeView, Value } from "./node.js";
import type { FunctionProto, ValueInfoProto } from "./proto/onnx_pb.js";
import { annotated } from "./quantization.js";
import type { Entry, EntryId, Scope } from "./scope.js";

/** One node that is left to run when everything constant is folded. */
export interface Step {
  readonly name: string;
  readonly view: NodeView;
  readonly attributes: ReturnType<typeof plainAttributes>;
  /** By node input; undefined where left out. */
  readonly operands: readonly (EntryId | undefined)[];
  /** By node output; undefined where nobody asked, or the result is constant. */
  readonly results: readonly (EntryId | undefined)[];
  /** By node output. */
  readonly values: readonly Value[];
  /** What its subgraphs read from outside, and the steps inside them, as far as known. */
  readonly captured: readonly EntryId[];
  readonly bodies: readonly (readonly Step[])[];
  /** Why its computation is not modelled. */
  readonly opaque: string | undefined;
}

/** What one import has in hand. Filled while nodes are gone through once, in order. */
export interface Sheet {
  readonly container: Container;
  readonly symbols: ReadonlyMap<string, number>;
  readonly functions: ReadonlyMap<string, FunctionProto>;
  readonly entries: Entry[];
  readonly errors: Diagnostic[];
  readonly warnings: Diagnostic[];
  /** Nodes gone through, those in unfolded functions and tried subgraphs included. */
  visited: number;
  /** No more nodes than this are gone through: functions that call functions can multiply without end. */
  readonly nodeLimit: number;
}

/** Where in the model a node stands. */
export interface Frame {
  readonly scope: Scope;
  readonly opsets: ReadonlyMap<string, number>;
  /** Inside a function: the attributes of the call. */
  readonly given: Attributes | undefined;
  /** Functions being unfolded, outermost first. */
  readonly calls: readonly string[];
  readonly prefix: string;
  readonly declared: ReadonlyMap<string, ValueInfoProto>;
  /** Datatypes that the model annotates tensors with. */
  readonly datatypes: ReadonlyMap<string, string>;
  /** Where steps go. */
  readonly steps: Step[];
  /** The graph is only tried, perhaps several times, to learn its shapes. */
  readonly trial: boolean;
}

export const newEntry = (entry: Entry, sheet: Sheet): EntryId => sheet.entries.push(entry) - 1;

/** An initialiser or Constant node of the graph at `frame`. */
export const storedEntry = (name: string, { value, source }: Constant, frame: Frame, sheet: Sheet): EntryId =>
  newEntry({ name: frame.prefix + name, value: annotated(value, frame.datatypes.get(name)), source, stored: !frame.trial }, sheet);

export const valueAt = (id: EntryId | undefined, sheet: Sheet): Value | undefined =>
  id === undefined ? undefined : sheet.entries[id]?.value;
