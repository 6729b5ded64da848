import type { Diagnostic } from "../base/diagnostic.js";
import { bitsOf } from "../graph/element-type.js";
import type { BoundSymbol, Coverage, Graph, Operator, Tensor } from "../graph/graph.js";
import { peakLiveBytes } from "../graph/liveness.js";
import { bytesText, exactBytesText, grouped, percentText, printable } from "./format.js";

/** What a model is: `stowage inspect --json` prints exactly this. */
export interface InspectDocument {
  readonly schema: "stowage/inspect/1";
  readonly model: {
    readonly file: string;
    readonly sha256: string;
    /** Operator sets by domain. */
    readonly opset: Readonly<Record<string, number>>;
    readonly symbols: readonly BoundSymbol[];
  };
  readonly totals: {
    readonly operators: number;
    /** Elements of the network's constants that feed compute, as stored. */
    readonly parameters: number;
    readonly parameterBytes: number;
    readonly macs: number;
    /** All tensors computed or fed at run time. */
    readonly activationBytes: number;
    /** In file order, without sharing of storage. */
    readonly peakLiveBytes: number;
  };
  readonly coverage: Coverage;
  readonly operators: readonly (Pick<Operator, "id" | "name" | "type" | "macs" | "inputs" | "weights" | "outputs"> & {
    readonly domain?: string;
  })[];
  readonly tensors: readonly (Pick<Tensor, "id" | "name" | "shape" | "elementType" | "role"> & {
    readonly bytes: number;
    readonly bits?: number;
  })[];
  readonly warnings: readonly Diagnostic[];
}

/** @param file the model file as the user named it, and the digest of its bytes. */
export function inspectDocument(graph: Graph, file: { readonly name: string; readonly sha256: string }): InspectDocument {
  const { operators, tensors, coverage, warnings } = graph;
  return {
    schema: "stowage/inspect/1",
    model: { file: file.name, sha256: file.sha256, opset: graph.opset, symbols: graph.symbols },
    totals: {
      operators: operators.length,
      parameters: graph.parameters.elements,
      parameterBytes: graph.parameters.size,
      macs: operators.reduce((n, op) => n + op.macs, 0),
      activationBytes: tensors.reduce((n, t) => (t.role === "weight" ? n : n + t.size), 0),
      peakLiveBytes: peakLiveBytes(graph),
    },
    coverage,
    operators: operators.map(({ id, name, type, domain, macs, inputs, weights, outputs }) => ({
      id,
      name,
      type,
      ...(domain === "" ? {} : { domain }),
      macs,
      inputs,
      weights,
      outputs,
    })),
    tensors: tensors.map(({ id, name, shape, elementType, bits, size, role }) => ({
      id,
      name,
      shape,
      elementType,
      // Only where the model's own quantisation makes elements narrower than their type.
      ...(bits < bitsOf(elementType) ? { bits } : {}),
      bytes: size,
      role,
    })),
    warnings,
  };
}

const TOP = 5;

/** The same for people: totals, coverage, where the work is, what was bound. Ends without a line break. */
export function inspectText({ model, totals, coverage, operators, tensors, warnings }: InspectDocument): string {
  const roles = (role: Tensor["role"]) =>
    tensors
      .filter((t) => t.role === role)
      .map((t) => `${printable(t.name)} ${t.elementType} [${t.shape.join(", ")}]`)
      .join(", ");
  const busiest = operators
    .filter((op) => op.macs > 0)
    .toSorted((a, b) => b.macs - a.macs || a.id - b.id)
    .slice(0, TOP);
  const lines = [
    ["model", printable(model.file)],
    [
      "opset",
      Object.entries(model.opset)
        .map(([domain, version]) => `${printable(domain)} ${version}`)
        .join(", "),
    ],
    ["inputs", roles("input")],
    ["outputs", roles("output")],
    ...(model.symbols.length > 0 ? [["bound", model.symbols.map(({ name, value }) => `${printable(name)}=${value}`).join(", ")]] : []),
    ["operators", grouped(totals.operators)],
    ["parameters", `${grouped(totals.parameters)} (${bytesText(totals.parameterBytes)})`],
    ["MACs", grouped(totals.macs)],
    [
      "activations",
      `${bytesText(totals.activationBytes)} in all, peak live ${bytesText(totals.peakLiveBytes)} (${exactBytesText(totals.peakLiveBytes)}) in file order`,
    ],
    ["coverage", coverageText(coverage)],
    ...coverage.notModelled
      .slice(0, TOP)
      .map((op) => ["", `not modelled: ${printable(op.operator)} (${printable(op.type)}): ${printable(op.reason)}`]),
    ...(coverage.notModelled.length > TOP ? [["", `and ${coverage.notModelled.length - TOP} more`]] : []),
    ...busiest.map((op, i) => [
      i === 0 ? "most MACs" : "",
      `${printable(op.name)} (${printable(op.type)}) ${grouped(op.macs)}, ${percentText(op.macs / totals.macs)}`,
    ]),
    ...(warnings.length > 0 ? [["warnings", grouped(warnings.length)]] : []),
  ];
  return lines.map(([label = "", text = ""]) => `${label.padEnd(12)}${text}`.trimEnd()).join("\n");
}

function coverageText({ macs, activationBytes, notModelled }: Coverage): string {
  const shares = `${percentText(macs)} of the MACs, ${percentText(activationBytes)} of the activation bytes`;
  return notModelled.length === 0 ? shares : `${shares}; ${notModelled.length} operators are not modelled`;
}
