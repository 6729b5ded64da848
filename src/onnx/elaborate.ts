import type { Diagnostic } from "../base/diagnostic.js";
import { type AttributeReader, type Attributes, attributesOf, CONSTANTS, KIND, plainAttributes, readerOf, UNSHAPED } from "./attributes.js";
import { constantOfNode, sizeOf, storedSparseTensor, storedTensor } from "./constant.js";
import { declarations, declaredOf, reconciled } from "./declared.js";
import { opsetsOf } from "./decode.js";
import { onnxFail, quoted } from "./names.js";
import type { Inference, Value } from "./node.js";
import { isShapeOperand } from "./operands.js";
import type { FunctionProto, GraphProto, NodeProto, TensorProto } from "./proto/onnx_pb.js";
import { annotated, withWidths } from "./quantization.js";
import { type Entry, type EntryId, innerScope, isKnown, lookUp, type Scope } from "./scope.js";
import { sized } from "./sequences.js";
import { isKnown as isKnownShape, show } from "./shapes/dims.js";
import { inferNode } from "./shapes/infer.js";
import { newestOpset, operatorSince, plainDomain } from "./shapes/since.js";
import { type Frame, newEntry, type Sheet, type Step, storedEntry, valueAt } from "./sheet.js";
import { at, capturedNames, sorted, subgraphs } from "./sort.js";
import { trimmed, viewOf } from "./view.js";

const MAX_CALLS = 64;
const CONTROL_FLOW = new Set(["If", "Loop", "Scan", "SequenceMap"]);

export const functionKey = (domain: string, name: string, overload: string): string =>
  JSON.stringify([plainDomain(domain), name, overload]);

/**
 * Goes through a graph: folds what is constant, infers the shape of what is not, unfolds functions and
 * decided branches, and leaves the rest as steps of `frame`. Errors go to the sheet; one at a node silences
 * those that merely follow from it.
 *
 * @returns the graph's outputs, in order; undefined where an error stands in the way.
 */
export function elaborateGraph(graph: GraphProto, frame: Frame, sheet: Sheet): readonly (EntryId | undefined)[] {
  for (const proto of graph.initializer) addConstant(proto.name, storedTensor(proto, sheet.container.file, sheet.container), frame, sheet);
  for (const proto of graph.sparseInitializer)
    addConstant(proto.values?.name ?? "", storedSparseTensor(proto, sheet.container.file), frame, sheet);
  elaborateNodes(graph.node, frame, sheet);
  return graph.output.map(({ name }) => lookUp(frame.scope, name));
}

/** The frame of a graph's own level. */
export const graphFrame = (graph: GraphProto, around: Omit<Frame, "declared" | "datatypes">): Frame => ({
  ...around,
  declared: declarations(graph.valueInfo, graph.output),
  datatypes: new Map(
    graph.quantizationAnnotation.flatMap(({ tensorName, quantParameterTensorNames }) =>
      quantParameterTensorNames.filter(({ key }) => key === "finn_datatype").map(({ value }) => [tensorName, value] as const),
    ),
  ),
});

function elaborateNodes(nodes: readonly NodeProto[], frame: Frame, sheet: Sheet): void {
  const { scope } = frame;
  const order = sorted(
    nodes,
    (name) => isKnown(scope, name),
    (name) => scope.names.has(name),
    sheet.container.file,
  );
  sheet.errors.push(...order.errors);
  sheet.warnings.push(...order.warnings);
  for (const node of order.nodes) {
    if (++sheet.visited > sheet.nodeLimit) {
      if (sheet.visited === sheet.nodeLimit + 1)
        sheet.errors.push(
          onnxFail(
            "ONX-20",
            sheet.container.file,
            `the model unfolds to more than ${sheet.nodeLimit} nodes`,
            "export the model without functions",
          ),
        );
      return;
    }
    elaborateNode(node, frame, sheet);
  }
}

function addConstant(name: string, stored: ReturnType<typeof storedTensor>, frame: Frame, sheet: Sheet): void {
  if (!stored.ok) sheet.errors.push(...stored.errors);
  else sheet.warnings.push(...stored.value.warnings);
  if (frame.scope.names.has(name) && name !== "")
    sheet.errors.push(
      onnxFail("ONX-10", sheet.container.file, `two initialisers are named ${quoted(name)}`, "give each tensor its own name"),
    );
  frame.scope.names.set(name, stored.ok ? storedEntry(name, stored.value, frame, sheet) : newEntry({ name, value: undefined }, sheet));
}

function elaborateNode(node: NodeProto, frame: Frame, sheet: Sheet): void {
  const operands = trimmed(node.input).map((name) => (name === "" ? undefined : lookUp(frame.scope, name)));
  const captured = capturedBy(node, frame.scope);
  const outputs = trimmed(node.output);
  const isBroken = (id: EntryId | undefined) => id !== undefined && sheet.entries[id]?.value === undefined;
  const broken = operands.some(isBroken) || captured.some(isBroken);
  const results = broken ? undefined : run(node, { operands, captured, outputs }, frame, sheet);
  outputs.forEach((name, i) => {
    if (name !== "") frame.scope.names.set(name, results?.[i] ?? newEntry({ name, value: undefined }, sheet));
  });
}

/** What the subgraphs of a node read from outside, each once. */
function capturedBy(node: NodeProto, scope: Scope): readonly EntryId[] {
  const graphs = subgraphs(node);
  if (graphs.length === 0) return [];
  return [...new Set(graphs.flatMap((g) => [...capturedNames(g)]))].flatMap((name) => lookUp(scope, name) ?? []);
}

interface Site {
  readonly operands: readonly (EntryId | undefined)[];
  readonly captured: readonly EntryId[];
  readonly outputs: readonly string[];
}

/** The entries of a node's outputs, or undefined after an error. */
function run(node: NodeProto, site: Site, frame: Frame, sheet: Sheet): readonly (EntryId | undefined)[] | undefined {
  const attributes = attributesOf(node, frame.given);
  const definition = sheet.functions.size === 0 ? undefined : sheet.functions.get(functionKey(node.domain, node.opType, node.overload));
  if (definition !== undefined) return unfold(node, definition, attributes, site, frame, sheet);
  const domain = plainDomain(node.domain);
  if (domain === "" && node.opType === "Constant") return constantNode(node, attributes, site, frame, sheet);
  const branch = domain === "" && node.opType === "If" ? decidedBranch(attributes, site, sheet) : undefined;
  if (branch !== undefined) {
    const inner = graphFrame(branch, { ...frame, scope: innerScope(frame.scope) });
    const first = sheet.entries.length;
    return renamed(elaborateGraph(branch, inner, sheet), site.outputs, first, frame, sheet);
  }
  return operator(node, domain, attributes, site, frame, sheet);
}

/** The branch an If takes, where its condition is known at import. */
function decidedBranch(attributes: Attributes, site: Site, sheet: Sheet): GraphProto | undefined {
  const condition = valueAt(site.operands[0], sheet)?.data?.[0];
  if (condition === undefined) return undefined;
  return readerOf(attributes).ofKind(Number(condition) !== 0 ? "then_branch" : "else_branch", KIND.graph)?.g;
}

function unfold(node: NodeProto, definition: FunctionProto, attributes: Attributes, site: Site, frame: Frame, sheet: Sheet) {
  const key = functionKey(node.domain, node.opType, node.overload);
  if (frame.calls.includes(key) || frame.calls.length >= MAX_CALLS) {
    const message = frame.calls.includes(key)
      ? `function ${quoted(node.opType)} calls itself`
      : `functions call each other ${MAX_CALLS} deep`;
    sheet.errors.push(onnxFail("ONX-20", place(node, frame, sheet), message, "export the model without functions"));
    return undefined;
  }
  const scope = innerScope();
  definition.input.forEach((name, i) => {
    scope.names.set(name, site.operands[i]);
  });
  const defaults = definition.attributeProto.map((a) => [a.name, a] as const);
  const opsets = definition.opsetImport.length > 0 ? opsetsOf(definition.opsetImport) : frame.opsets;
  const first = sheet.entries.length;
  elaborateNodes(
    definition.node,
    {
      scope,
      opsets,
      given: new Map([...defaults, ...attributes]),
      calls: [...frame.calls, key],
      prefix: `${frame.prefix}${node.name || node.opType}/`,
      declared: declarations(definition.valueInfo),
      datatypes: new Map(),
      steps: frame.steps,
      trial: frame.trial,
    },
    sheet,
  );
  const results = definition.output.map((name) => lookUp(scope, name));
  return renamed(results, site.outputs, first, frame, sheet);
}

/** Inner results under the names the outer graph gives them. `first`: entries from there on were made inside. */
function renamed(results: readonly (EntryId | undefined)[], names: readonly string[], first: EntryId, frame: Frame, sheet: Sheet) {
  results.forEach((id, i) => {
    const entry = id === undefined ? undefined : sheet.entries[id];
    if (entry !== undefined && id !== undefined && id >= first && names[i]) entry.name = frame.prefix + names[i];
  });
  return results;
}

/** Where a node is, for messages: inside functions after the names of the calls. */
const place = ({ name, opType }: NodeProto, { prefix }: Frame, sheet: Sheet): string =>
  at(sheet.container.file, { opType, name: prefix === "" ? name : prefix + (name || opType) });

function misreadAt(reader: AttributeReader, { opType }: NodeProto, where: () => string): Diagnostic | undefined {
  const misread = reader.misread();
  if (misread === undefined) return undefined;
  const { name, is, wanted } = misread;
  const message = `attribute ${quoted(name)} is ${is} where ${quoted(opType)} takes ${wanted}`;
  return onnxFail("ONX-23", where(), message, `make it ${wanted}, or leave it out; export the model again`);
}

function constantNode(node: NodeProto, attributes: Attributes, site: Site, frame: Frame, sheet: Sheet): readonly EntryId[] | undefined {
  const where = place(node, frame, sheet);
  const reader = readerOf(attributes);
  for (const { name, kind } of CONSTANTS) reader.ofKind(name, kind);
  const misread = misreadAt(reader, node, () => where);
  if (misread !== undefined) return void sheet.errors.push(misread);
  const stored = constantOfNode(attributes, where, sheet.container);
  if (stored === undefined) {
    sheet.errors.push(onnxFail("ONX-17", where, "a Constant without a value", "export the model again"));
    return undefined;
  }
  if (!stored.ok) {
    sheet.errors.push(...stored.errors);
    return undefined;
  }
  sheet.warnings.push(...stored.value.warnings);
  return [storedEntry(site.outputs[0] ?? "", stored.value, frame, sheet)];
}

function operator(node: NodeProto, domain: string, attributes: Attributes, site: Site, frame: Frame, sheet: Sheet) {
  const where = () => place(node, frame, sheet); // a text for messages: not made for every node
  const fault = (code: Parameters<typeof onnxFail>[0], message: string, fix: string) =>
    void sheet.errors.push(onnxFail(code, where(), message, fix));
  const since = operatorSince(domain, node.opType);
  const opset = frame.opsets.get(domain);
  if (domain === "" && opset === undefined)
    return fault("ONX-4", "the model imports no operator set of ai.onnx, which this node needs", "export the model again");
  if (since !== undefined && opset !== undefined && since > opset)
    return fault(
      "ONX-5",
      `operator ${quoted(node.opType)} is not in opset ${opset}, the first that has it is ${since}`,
      `export with opset ${since} or newer`,
    );

  const bodies = new Map<string, readonly Step[]>();
  let inside: Diagnostic | undefined;
  const operandValues = site.operands.map((id) => valueAt(id, sheet));
  const reader = readerOf(attributes);
  const view = viewOf({ type: node.opType, domain, name: node.name, outputs: site.outputs }, reader, operandValues, {
    opset: Math.min(opset ?? 1, newestOpset(domain) ?? Number.MAX_SAFE_INTEGER),
    tensor: (proto: TensorProto) => {
      const stored = storedTensor(proto, where(), sheet.container);
      return stored.ok ? stored.value.value : undefined;
    },
    subgraph: (graph, attribute, inputs) => {
      const trial = tried(graph, inputs, frame, sheet);
      bodies.set(attribute, trial.steps);
      inside ??= trial.error;
      return trial.values;
    },
  });
  const inference = because(inferNode(view), inside);
  if (domain === "" && since !== undefined) for (const { name, kind } of UNSHAPED) reader.ofKind(name, kind);
  const misread = misreadAt(reader, node, where);
  if (misread !== undefined) return void sheet.errors.push(misread);
  if (inference.kind === "fault") return fault("ONX-17", inference.message, inference.fix);
  const inferred = inference.kind === "values" ? withWidths(view, inference.values).map((value) => sized(view, value)) : [];
  const values = site.outputs.map((name, i) => settled(name, inferred[i], where, frame, sheet));

  const open = site.outputs.filter((name, i) => name !== "" && !isSettled(values[i]));
  if (open.length > 0) {
    const names = open.map(quoted).join(", ");
    if (since === undefined && inference.kind === "unknown")
      return fault(
        "ONX-18",
        `operator ${quoted(node.opType)} of domain ${quoted(node.domain || "ai.onnx")} is unknown, and nothing tells the shape of ${names}`,
        "store the shape of its outputs in the model (value_info); it is then planned as opaque",
      );
    const away = site.operands.find(
      (id, i) => id !== undefined && isShapeOperand(view, i) && valueAt(id, sheet)?.constant && !valueAt(id, sheet)?.data,
    );
    if (away !== undefined)
      return fault(
        "ONX-19",
        `the size of ${names} depends on ${quoted(sheet.entries[away]?.name ?? "")}, a constant whose values are not at hand`,
        "keep the model's data files beside it",
      );
    const reason =
      inference.kind === "unknown"
        ? inference.reason
        : `inferred ${open.map((name) => show(inferred[site.outputs.indexOf(name)]?.shape)).join(", ")}`;
    return fault(
      "ONX-19",
      `the size of ${names} is known only at run time: ${reason}`,
      "store the largest shape in the model (value_info), or cut the model here",
    );
  }
  for (const [i, value] of values.entries()) {
    const size =
      value?.kind === "tensor" && value.elementType && isKnownShape(value.shape) ? sizeOf(value.shape, value.elementType) : undefined;
    if (size?.kind === "fault")
      return fault(size.code, `output ${quoted(site.outputs[i] ?? "")} ${size.message}`, "check the dimensions named here");
  }

  const opaque =
    inference.kind === "unknown"
      ? `the operator is not known: ${inference.reason}`
      : domain === "" && CONTROL_FLOW.has(node.opType)
        ? "control flow: the multiply-accumulates inside are not modelled"
        : undefined;
  if (inference.kind === "unknown")
    sheet.warnings.push(
      onnxFail(
        "ONX-46",
        where(),
        `operator ${quoted(node.opType)} of domain ${quoted(node.domain || "ai.onnx")} is planned as opaque, with the output shapes the model stores`,
        "its multiply-accumulates are not counted",
      ),
    );

  const from = site.operands.flatMap((id, i) => (id !== undefined && valueAt(id, sheet)?.constant && !isShapeOperand(view, i) ? [id] : []));
  const results = site.outputs.map((name, i) => {
    const value = values[i];
    if (name === "" || value === undefined) return undefined;
    const entry: Entry = { name: frame.prefix + name, value };
    return newEntry(value.constant ? { ...entry, source: { kind: "computed" }, from } : entry, sheet);
  });
  const left = results.map((id) => (valueAt(id, sheet)?.constant ? undefined : id));
  if (left.some((id) => id !== undefined) || site.outputs.every((name) => name === ""))
    frame.steps.push({
      name: frame.prefix === "" ? node.name : frame.prefix + (node.name || node.opType),
      view,
      attributes: plainAttributes(attributes),
      operands: site.operands,
      results: left,
      values: values.map((v, i) => v ?? inferred[i] ?? { kind: "tensor", elementType: undefined, shape: undefined, constant: false }),
      captured: site.captured,
      bodies: [...bodies.values()],
      opaque,
    });
  return results;
}

interface Trial {
  readonly values: readonly Value[] | undefined;
  readonly steps: readonly Step[];
  readonly error: Diagnostic | undefined;
}

/** A subgraph gone through with the given inputs, its findings kept apart: what fails here may still be known from elsewhere. */
function tried(graph: GraphProto, inputs: readonly Value[], frame: Frame, sheet: Sheet): Trial {
  const apart: Sheet = { ...sheet, errors: [], warnings: [] };
  const scope = innerScope(frame.scope);
  graph.input.forEach(({ name }, i) => {
    const value = inputs[i];
    if (value !== undefined) scope.names.set(name, newEntry({ name, value }, sheet));
  });
  const steps: Step[] = [];
  const outputs = elaborateGraph(graph, graphFrame(graph, { ...frame, scope, steps, trial: true }), apart);
  sheet.visited = apart.visited;
  const [error] = apart.errors;
  const values = outputs.map((id) => valueAt(id, sheet));
  return error !== undefined || values.includes(undefined)
    ? { values: undefined, steps: [], error }
    : { values: values as readonly Value[], steps, error };
}

/** What a rule could not tell because of an error in a subgraph names that error. */
const because = (inference: Inference, inside: Diagnostic | undefined): Inference =>
  inference.kind === "unknown" && inside !== undefined ? { kind: "unknown", reason: `${inference.reason}: ${inside.message}` } : inference;

/** What is known of one output; a stored type that contradicts its operator is reported. */
function settled(name: string, inferred: Value | undefined, where: () => string, frame: Frame, sheet: Sheet): Value | undefined {
  const info = frame.declared.get(name);
  if (name === "" || (info === undefined && !frame.datatypes.has(name))) return inferred;
  const { value, contradiction } = reconciled(inferred, declaredOf(info?.type), sheet.symbols);
  if (contradiction !== undefined)
    sheet.warnings.push(
      onnxFail(
        "ONX-45",
        where(),
        `tensor ${quoted(name)} is ${contradiction}; the operator is believed`,
        "run shape inference again on the model",
      ),
    );
  return value && annotated(value, frame.datatypes.get(name));
}

/** Whether a value needs nothing more to be planned. Constants may stay open: only those that are used must be known. */
function isSettled(value: Value | undefined): boolean {
  if (value === undefined) return false;
  if (value.constant) return true;
  return value.elementType !== undefined && isKnownShape(value.shape);
}
