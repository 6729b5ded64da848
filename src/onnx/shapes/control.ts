import type { Dim, NodeView, Value } from "../node.js";
import { axisIn, same } from "./dims.js";
import { atRunTime, dataOf, giveUp, operand, type Rules, refuse, type Shape, tensor } from "./rule.js";
import { eitherValue } from "./sequence.js";

export const CONTROL: Rules = { If: branch, Loop: loop, Scan: (view) => (view.opset < 9 ? batchScan(view) : scan(view)) };

/** The branch taken, where the condition is known; else what holds for both. */
function branch(view: NodeView): readonly Value[] {
  const condition = dataOf(operand(view, 0))?.[0];
  if (condition !== undefined) return body(view, Number(condition) !== 0 ? "then_branch" : "else_branch", []);
  const [yes, no] = [body(view, "then_branch", []), body(view, "else_branch", [])];
  if (yes.length !== no.length)
    refuse(`then_branch has ${yes.length} outputs, else_branch ${no.length}`, "give both branches the same outputs");
  return yes.map((value, i) => eitherValue(value, no[i]!));
}

function body(view: NodeView, attribute: string, inputs: readonly Value[]): readonly Value[] {
  return view.subgraph(attribute, inputs) ?? giveUp(`${view.type}: its graph "${attribute}" cannot be inferred`);
}

/**
 * What holds of the carried values before and after every iteration: dimensions that an iteration changes
 * become unknown, until nothing changes. Each round loses at least one known dimension, so it ends.
 */
function fixpoint(
  initial: readonly Value[],
  step: (carried: readonly Value[]) => readonly Value[],
): { carried: readonly Value[]; results: readonly Value[] } {
  let carried = initial.map(atRunTime);
  for (;;) {
    const results = step(carried);
    const next = carried.map((value, i) => eitherValue(value, atRunTime(results[i] ?? tensor(undefined, undefined))));
    if (next.every((value, i) => isAlike(value, carried[i]!))) return { carried: next, results };
    carried = next;
  }
}

/** Whether as much is known of `a` as of `b`, values aside. */
function isAlike(a: Value, b: Value): boolean {
  if (a.kind !== b.kind || a.elementType !== b.elementType || a.shape?.length !== b.shape?.length) return false;
  if (a.shape?.some((d, i) => d !== b.shape?.[i])) return false;
  return a.element === undefined || b.element === undefined ? a.element === b.element : isAlike(a.element, b.element);
}

/** Inputs: trip count, condition, carried values. The body takes iteration, condition, carried; puts out condition, carried, scanned. */
function loop(view: NodeView): readonly Value[] {
  const initial = view.inputs.slice(2).map((value) => value ?? tensor(undefined, undefined));
  let goesOn: Value | undefined;
  const { carried, results } = fixpoint(initial, (values) => {
    const [condition, ...rest] = body(view, "body", [tensor("int64", []), tensor("bool", []), ...values]);
    goesOn = condition;
    return rest;
  });
  const trips = tripCount(view, goesOn);
  return [...carried, ...results.slice(initial.length).map((value) => stacked(value, 0, trips))];
}

/** Known when the count is, and no condition can end the loop earlier. */
function tripCount(view: NodeView, goesOn: Value | undefined): Dim {
  const limit = dataOf(view.inputs[0])?.[0];
  const start = view.inputs[1] === undefined ? 1 : dataOf(view.inputs[1])?.[0];
  if (start !== undefined && Number(start) === 0) return 0;
  const always = dataOf(goesOn)?.[0];
  return limit === undefined || start === undefined || always === undefined || Number(always) === 0 ? null : Math.max(0, Number(limit));
}

const stacked = (value: Value, axis: number, count: Dim): Value =>
  tensor(value.elementType, value.shape === undefined ? undefined : [...value.shape.slice(0, axis), count, ...value.shape.slice(axis)]);

/** Inputs: states, then `num_scan_inputs` tensors cut along their scan axis. */
function scan(view: NodeView): readonly Value[] {
  const count = scanInputs(view, view.inputs.length);
  const states = view.inputs.slice(0, view.inputs.length - count).map((value) => value ?? tensor(undefined, undefined));
  const axes = view.ints("scan_input_axes") ?? [];
  let length: Dim = null;
  const elements = view.inputs.slice(states.length).map((value, i) => {
    const shape = value?.shape;
    if (shape === undefined) return tensor(value?.elementType, undefined);
    const axis = axisIn(axes[i] ?? 0, shape.length);
    length = same(length, shape[axis] ?? null, "lengths of the scanned inputs");
    return tensor(value?.elementType, [...shape.slice(0, axis), ...shape.slice(axis + 1)]);
  });
  const { carried, results } = fixpoint(states, (values) => body(view, "body", [...values, ...elements]));
  const outputAxes = view.ints("scan_output_axes") ?? [];
  const scanned = results.slice(states.length).map((value, i) => {
    const rank = (value.shape?.length ?? 0) + 1;
    return stacked(value, value.shape === undefined ? 0 : axisIn(outputAxes[i] ?? 0, rank), length);
  });
  return [...carried, ...scanned];
}

/** Opset 8: optional sequence lengths, then states `[batch, ...]` and scanned inputs `[batch, sequence, ...]`. */
function batchScan(view: NodeView): readonly Value[] {
  const operands = view.inputs.slice(1);
  const count = scanInputs(view, operands.length);
  const strip = (value: Value | undefined, axes: number): Value =>
    tensor(value?.elementType, value?.shape === undefined ? undefined : value.shape.slice(axes));
  const batch = operands.reduce<Dim>((b, value) => same(b, value?.shape?.[0] ?? null, "batch of the inputs"), null);
  const split = operands.length - count;
  const length = operands.slice(split).reduce<Dim>((n, value) => same(n, value?.shape?.[1] ?? null, "lengths of the scanned inputs"), null);
  const elements = operands.slice(split).map((value) => strip(value, 2));
  const states = operands.slice(0, split).map((value) => strip(value, 1));
  const { carried, results } = fixpoint(states, (values) => body(view, "body", [...values, ...elements]));
  const withAxes = (value: Value, ...axes: Shape): Value =>
    tensor(value.elementType, value.shape === undefined ? undefined : [...axes, ...value.shape]);
  return [...carried.map((value) => withAxes(value, batch)), ...results.slice(split).map((value) => withAxes(value, batch, length))];
}

function scanInputs(view: NodeView, available: number): number {
  const count = view.int("num_scan_inputs") ?? refuse('Scan has no attribute "num_scan_inputs"', "state the number of scanned inputs");
  if (count < 0 || count > available)
    refuse(`num_scan_inputs is ${count}, the node has ${available} inputs`, "make num_scan_inputs fit the inputs");
  return count;
}
