import { bad, type Checked, type Diagnostic, good } from "../base/diagnostic.js";
import { bytes } from "../base/units.js";
import { bitsOf, type ElementType, packedBytes } from "../graph/element-type.js";
import type { Graph } from "../graph/graph.js";
import { assemble, excess, MAX_TOTAL } from "./assemble.js";
import type { Binding } from "./bindings.js";
import type { ExternalReader } from "./constant.js";
import { type Decoded, decodeModel } from "./decode.js";
import { elaborateGraph, functionKey, graphFrame } from "./elaborate.js";
import { bindInputs } from "./inputs.js";
import { onnxFail, quoted } from "./names.js";
import { type EntryId, innerScope } from "./scope.js";
import type { Sheet, Step } from "./sheet.js";

export type { ExternalReader } from "./constant.js";

export interface ImportOptions {
  /** The file's name, for messages and for the graph. */
  readonly name: string;
  readonly bindings: readonly Binding[];
  /** Reads files beside the model. Asked only for small constants that shape arithmetic needs. */
  readonly external?: ExternalReader;
  /** The model is known to come without the values of its weights: no warning says so again. */
  readonly weightsAbsent?: boolean;
}

/**
 * Reads an .onnx file into the network that is left to run: constants folded, functions unfolded, every
 * tensor with its shape, every compute operator with its loop nest.
 *
 * @returns the graph with warnings, or every error found (ONX codes). Never throws, never trusts a stored
 *   shape over the operators, allocates nothing before its size is checked.
 */
export function importOnnx(file: Uint8Array, options: ImportOptions): Checked<Graph> {
  const decoded = decodeModel(file, options.name);
  if (!decoded.ok) return decoded;
  const { graph } = decoded.value;
  const bound = bindInputs(graph, options.bindings, options.name);
  const [unbound, ...others] = bound.errors;
  if (unbound !== undefined) return bad(unbound, ...others);

  const sheet = emptySheet(decoded.value, bound.symbols, file, options);
  const scope = innerScope();
  const inputs = bound.inputs.map(({ name, value }): EntryId => {
    if (scope.names.has(name))
      sheet.errors.push(onnxFail("ONX-10", options.name, `two inputs are named ${quoted(name)}`, "give each tensor its own name"));
    const entry = sheet.entries.push({ name, value }) - 1;
    scope.names.set(name, entry);
    return entry;
  });
  const steps: Step[] = [];
  const frame = graphFrame(graph, { scope, opsets: decoded.value.opsets, given: undefined, calls: [], prefix: "", steps, trial: false });
  const results = elaborateGraph(graph, frame, sheet);
  graph.output.forEach(({ name }, i) => {
    if (results[i] === undefined && sheet.errors.length === 0)
      sheet.errors.push(
        onnxFail("ONX-11", options.name, `nothing produces the network's output ${quoted(name)}`, "export the model again"),
      );
  });
  const outputs = results.filter((entry) => entry !== undefined);
  const [broken, ...rest] = sheet.errors;
  if (broken !== undefined) return bad(broken, ...rest);

  const parts = assemble(steps, inputs, outputs, sheet);
  const [first, ...more] = parts.errors;
  if (first !== undefined) return bad(first, ...more);
  const parameters = parametersOf(parts.constants, sheet);
  if (parameters.size > MAX_TOTAL) return bad(excess(options.name, `all constants together take ${parameters.size} B`));
  const warnings = [
    ...decoded.warnings,
    ...bound.warnings,
    ...sheet.warnings,
    ...(options.weightsAbsent ? [] : elsewhere(sheet, options.name)),
  ];
  const { tensors, operators, coverage } = parts;
  return good(
    {
      name: options.name,
      opset: Object.fromEntries([...decoded.value.opsets].map(([domain, version]) => [domain || "ai.onnx", version])),
      symbols: bound.named,
      tensors,
      operators,
      inputs: parts.inputs,
      outputs: parts.outputs,
      parameters: { elements: parameters.elements, size: bytes(parameters.size) },
      coverage,
      warnings,
    },
    warnings,
  );
}

function emptySheet(model: Decoded, symbols: ReadonlyMap<string, number>, file: Uint8Array, options: ImportOptions): Sheet {
  return {
    container: { file: options.name, bytes: file, external: options.external },
    symbols,
    functions: new Map(model.functions.map((f) => [functionKey(f.domain, f.name, f.overload), f])),
    entries: [],
    errors: [],
    warnings: [],
    visited: 0,
    nodeLimit: 100_000 + 10 * model.functions.reduce((n, f) => n + f.node.length, model.graph.node.length),
  };
}

/** Types of indices and shape arithmetic. Those of 32 bits are biases of quantised operators where an operator reads them as data. */
const INDEX_TYPES: ReadonlySet<ElementType | undefined> = new Set([undefined, "int64", "uint64", "bool", "string"]);
const BIAS_TYPES: ReadonlySet<ElementType | undefined> = new Set(["int32", "uint32"]);

/**
 * What the network stores to compute with, each constant once: initialisers and Constant nodes as the file
 * holds them, and what is generated for an operator (ConstantOfShape). Floats always count, be they only
 * the scales of a Resize; indices, booleans and strings never do.
 *
 * @param read constants that operators read as data; those folded lead back to what they were made of.
 */
function parametersOf(read: readonly EntryId[], sheet: Sheet): { readonly elements: number; readonly size: number } {
  const found = new Set(read);
  sheet.entries.forEach(({ stored, value }, id) => {
    if (stored && !BIAS_TYPES.has(value?.elementType)) found.add(id);
  });
  let elements = 0;
  let size = 0;
  for (const id of found) {
    const { value, from = [] } = sheet.entries[id] ?? {};
    for (const source of from) found.add(source);
    const type = value?.elementType;
    if (from.length > 0 || type === undefined || INDEX_TYPES.has(type)) continue;
    const count = value?.shape?.reduce<number>((n, d) => n * (d ?? 0), 1) ?? 0;
    elements += count;
    size += packedBytes(count, bitsOf(type));
  }
  return { elements, size };
}

/** One word on all weights whose values are not in the file. */
function elsewhere(sheet: Sheet, file: string): readonly Diagnostic[] {
  const outside = sheet.entries.flatMap(({ source }) => (source?.kind === "external" ? [source.location] : []));
  if (outside.length === 0) return [];
  const message = `values of ${outside.length} ${outside.length === 1 ? "weight" : "weights"} stand in other files (${[...new Set(outside)].slice(0, 3).map(quoted).join(", ")}); their shapes are used, their values are not`;
  return [onnxFail("ONX-44", file, message, "nothing to do for planning; keep the data files beside the model where values are needed")];
}
