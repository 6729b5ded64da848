import type { Diagnostic } from "../base/diagnostic.js";
import { bytes, macs as macsOf } from "../base/units.js";
import { bitsOf, packedBytes } from "../graph/element-type.js";
import type { Coverage, Operator, Tensor, TensorId, TensorRole } from "../graph/graph.js";
import { iterations, type LoopNest } from "../graph/loops.js";
import { onnxFail, quoted, uniqueNames } from "./names.js";
import { buildNests } from "./nests.js";
import { isShapeOperand } from "./operands.js";
import { elementBits } from "./quantization.js";
import type { EntryId } from "./scope.js";
import type { Sheet, Step } from "./sheet.js";

/** The parts of a graph that follow from the steps that are left to run. */
export interface Assembled {
  readonly tensors: readonly Tensor[];
  readonly operators: readonly Operator[];
  readonly inputs: readonly TensorId[];
  readonly outputs: readonly TensorId[];
  readonly coverage: Coverage;
  /** Constants that operators read as data, each once. */
  readonly constants: readonly EntryId[];
  readonly errors: readonly Diagnostic[];
}

/** Types that multiply and accumulate: without a loop nest their work would go uncounted in silence. */
const MAC_TYPES = new Set(
  "Conv ConvTranspose ConvInteger QLinearConv FusedConv DeformConv Gemm FusedGemm QGemm MatMul MatMulInteger QLinearMatMul FusedMatMul Einsum RNN GRU LSTM Attention MultiHeadAttention GroupQueryAttention".split(
    " ",
  ),
);

/** Sums beyond this are nobody's network, and soon not exact any more. */
export const MAX_TOTAL = 2 ** 52;

/**
 * Numbers the tensors that the steps touch and turns each step into an operator with its loop nests.
 *
 * @param inputs network inputs, in order. @param outputs network outputs, in order.
 * @returns ONX-14 when sizes or multiply-accumulates add up beyond 2^52, ONX-19 for a constant of unknown size.
 */
export function assemble(steps: readonly Step[], inputs: readonly EntryId[], outputs: readonly EntryId[], sheet: Sheet): Assembled {
  const errors: Diagnostic[] = [];
  const tensors: Tensor[] = [];
  const idOf = new Map<EntryId, TensorId>();
  const constants = new Set<EntryId>();
  const results = new Set(outputs);
  const tensorName = uniqueNames();
  const operatorName = uniqueNames();
  const file = sheet.container.file;

  const tensorOf = (entry: EntryId, role: TensorRole): TensorId => {
    const known = idOf.get(entry);
    if (known !== undefined) return known;
    const id = tensors.length;
    idOf.set(entry, id);
    tensors.push(tensor(id, entry, role));
    return id;
  };
  const tensor = (id: TensorId, entry: EntryId, role: TensorRole): Tensor => {
    const { name, value, source } = sheet.entries[entry] ?? { name: "", value: undefined };
    const elementType = value?.elementType ?? "float32";
    const shape = value?.shape ?? [];
    if (value?.elementType === undefined || value.shape === undefined || shape.includes(null))
      errors.push(
        onnxFail(
          "ONX-19",
          `${file}: tensor ${quoted(name)}`,
          "its size is known only at run time",
          "store its shape in the model (value_info)",
        ),
      );
    const dims = shape.map((d) => d ?? 0);
    const size = bytes(packedBytes(elements(dims), bitsOf(elementType)));
    const base = {
      id,
      name: tensorName(name, `tensor_${id}`),
      shape: dims,
      elementType,
      bits: value ? elementBits(value, elementType) : 0,
      size,
    };
    return role === "weight" ? { ...base, role, source: source ?? { kind: "computed" } } : { ...base, role };
  };
  const isConstant = (entry: EntryId) => sheet.entries[entry]?.value?.constant === true;
  const runTime = (entry: EntryId) => tensorOf(entry, results.has(entry) ? "output" : "activation");
  const weight = (entry: EntryId) => {
    constants.add(entry);
    return tensorOf(entry, "weight");
  };

  const inputIds = inputs.map((entry) => tensorOf(entry, "input"));
  const missed: Coverage["notModelled"][number][] = [];
  let missedMacs = 0;
  const operators = steps.map((step, id): Operator => {
    const name = operatorName(step.name, `${step.view.type}_${id}`);
    const read = [...step.operands.flatMap((entry, i) => (entry === undefined || isSetting(step, i) ? [] : [entry])), ...step.captured];
    const operands = unique(read.filter((entry) => !isConstant(entry)).map(runTime));
    const weights = unique([...read.filter(isConstant), ...innerConstants(step, isConstant)].map(weight));
    const made = unique(step.results.flatMap((entry) => (entry === undefined ? [] : [runTime(entry)])));
    const nests = step.opaque === undefined ? nestsOf(step) : [];
    const reason =
      step.opaque ?? (MAC_TYPES.has(step.view.type) && nests.length === 0 && !isEmpty(step) ? "its loop nest is not known" : undefined);
    if (reason !== undefined) {
      missed.push({ operator: name, type: step.view.type, reason });
      missedMacs += innerMacs(step);
    }
    const { type, domain } = step.view;
    return {
      id,
      name,
      type,
      domain,
      attributes: step.attributes,
      inputs: operands,
      weights,
      outputs: made,
      nests,
      macs: macsOf(Math.min(macsIn(nests), 2 * MAX_TOTAL - 1)), // beyond that the sum below refuses the model
      modelled: reason === undefined,
    };
  });
  /** The nests over tensors of the plan: settings that occupy no memory are not read, folded results not written. */
  function nestsOf(step: Step): readonly LoopNest[] {
    const id = (entry: EntryId | undefined) => (entry === undefined ? -1 : isConstant(entry) ? weight(entry) : runTime(entry));
    const nests = buildNests(
      step.view,
      step.values,
      (i) => (isSetting(step, i) ? -1 : id(step.operands[i])),
      (i) => id(step.results[i]),
    );
    return nests.flatMap((nest) => (nest.write.tensor === -1 ? [] : [{ ...nest, reads: nest.reads.filter((r) => r.tensor !== -1) }]));
  }
  /** A constant that tells the operator about shapes only. */
  function isSetting(step: Step, input: number): boolean {
    const entry = step.operands[input];
    return entry !== undefined && isConstant(entry) && isShapeOperand(step.view, input);
  }

  const outputIds = outputs.map((entry) => (isConstant(entry) ? weight(entry) : runTime(entry)));
  const macs = operators.reduce((n, op) => n + op.macs, 0);
  const size = tensors.reduce((n, t) => n + t.size, 0);
  if (size > MAX_TOTAL) errors.push(excess(file, `all tensors together take ${size} B`));
  if (macs > MAX_TOTAL) errors.push(excess(file, `the network takes ${macs} multiply-accumulates`));
  const coverage = { macs: macs + missedMacs === 0 ? 1 : macs / (macs + missedMacs), activationBytes: 1, notModelled: missed };
  return { tensors, operators, inputs: inputIds, outputs: outputIds, coverage, constants: [...constants], errors };
}

const elements = (shape: readonly number[]): number => shape.reduce((n, d) => n * d, 1);

const unique = (ids: readonly number[]): readonly number[] => (ids.length < 2 ? ids : [...new Set(ids)]);

const macsIn = (nests: readonly LoopNest[]): number => nests.reduce((n, nest) => (nest.kind === "mac" ? n + iterations(nest) : n), 0);

const isEmpty = (step: Step): boolean => step.values.every((v) => v.shape?.includes(0) ?? false);

/** Constants that only the subgraphs of a step know: they occupy memory all the same. */
function innerConstants(step: Step, isConstant: (entry: EntryId) => boolean): readonly EntryId[] {
  return step.bodies.flatMap((body) =>
    body.flatMap((inner) => [
      ...inner.operands.flatMap((entry, i) => (entry !== undefined && isConstant(entry) && !isShapeOperand(inner.view, i) ? [entry] : [])),
      ...innerConstants(inner, isConstant),
    ]),
  );
}

/** Multiply-accumulates inside a step that is not modelled, one pass through each subgraph: the least it can be. */
function innerMacs(step: Step): number {
  const inside = step.bodies.map((body) =>
    body.reduce((n, inner) => {
      const nests = buildNests(
        inner.view,
        inner.values,
        (i) => i,
        (i) => i,
      );
      return n + macsIn(nests) + innerMacs(inner);
    }, 0),
  );
  // The branches of an If exclude each other; every other operator has one body.
  return Math.max(0, ...inside);
}

/** A sum that no real network reaches. */
export const excess = (file: string, what: string): Diagnostic =>
  onnxFail("ONX-14", file, `${what}, beyond 2^52 = ${MAX_TOTAL}`, "check the dimensions and bindings: no real network comes near");
