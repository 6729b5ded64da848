import { skyline } from "../../base/skyline.js";
import type { Converter, Selection, SelectionEdge, SelectionNode } from "./problem.js";

/**
 * A selection laid out flat. Variables are the classes of a node's inputs and outputs; factors tie two variables together:
 * a node by its options, an edge by its converters. Each pair of values that a factor allows has a range of choices,
 * ordered by time; of an edge it is one. Left out is what cannot matter: rows that no choice can break, options beyond a
 * budget by themselves, and those that another of their pair dominates.
 */
export interface Instance {
  /** Columns of `cost`: the rows that are left, then the load. */
  readonly columns: number;
  /** Row of the selection that a column is; `rows.length` of the selection for the load. */
  readonly rowOf: readonly number[];
  /** Per column but the last. */
  readonly budgets: readonly number[];
  readonly rate: number;
  readonly fixedLoad: number;
  /** The most that loads can add up to. */
  readonly mostLoad: number;
  /** Values per variable: of node v, `2 v` is its input and `2 v + 1` its output. */
  readonly values: Int32Array;
  /** Nodes in the selection's order, then edges. */
  readonly factors: readonly Factor[];
  readonly nodes: number;
  readonly time: Float64Array;
  /** `columns` per choice. */
  readonly cost: Float64Array;
  /** Index among its node's options; -1 for a converter. */
  readonly option: Int32Array;
  /** Different times of options, ascending. */
  readonly levels: Float64Array;
}

/** Pairs of values (`first[p]`, `second[p]`) of the variables `a` and `b`, and their choices `[start[p], start[p + 1])`. */
export interface Factor {
  readonly a: number;
  readonly b: number;
  readonly first: Int32Array;
  readonly second: Int32Array;
  readonly start: Int32Array;
}

export function layOut(selection: Selection): Instance {
  const { nodes, edges, budgets } = selection;
  const kept = nodes.map((node) => ({ options: node.options.map((_, i) => i).filter((i) => fits(node.options[i]!.costs, budgets)) }));
  const rowOf = bindingRows(selection, kept);
  const columns = rowOf.length + 1;
  const time: number[] = [];
  const cost: number[] = [];
  const option: number[] = [];
  const values = new Int32Array(2 * nodes.length);

  const classes = nodes.map((node, v) => {
    const read = { in: edges.some((e) => e.to === v), out: edges.some((e) => e.from === v) };
    const seen = (side: "in" | "out") => sorted(kept[v]!.options.map((i) => (read[side] ? node.options[i]![side] : 0)));
    const sides = { in: seen("in"), out: seen("out"), read };
    values[2 * v] = sides.in.length;
    values[2 * v + 1] = sides.out.length;
    return sides;
  });

  const nodeFactor = (node: SelectionNode, v: number): Factor => {
    const { in: ins, out: outs, read } = classes[v]!;
    const pairs = new Map<number, number[]>();
    for (const i of kept[v]!.options) {
      const o = node.options[i]!;
      const pair = (read.in ? ins.indexOf(o.in) : 0) * outs.length + (read.out ? outs.indexOf(o.out) : 0);
      const members = pairs.get(pair);
      if (members === undefined) pairs.set(pair, [i]);
      else members.push(i);
    }
    const keys = [...pairs.keys()].sort((a, b) => a - b);
    const start = [time.length];
    for (const key of keys) {
      for (const i of undominated(node, pairs.get(key)!, rowOf)) {
        const o = node.options[i]!;
        time.push(o.time);
        option.push(i);
        for (const row of rowOf) cost.push(o.costs[row]!);
        cost.push(o.load);
      }
      start.push(time.length);
    }
    return factor(2 * v, 2 * v + 1, keys, outs.length, start);
  };

  const edgeFactor = ({ from, to, converters }: SelectionEdge): Factor => {
    const outs = classes[from]!.out;
    const ins = classes[to]!.in;
    const start = [time.length];
    const keys: number[] = [];
    const add = (key: number, converter: Converter | undefined) => {
      keys.push(key);
      time.push(0);
      option.push(-1);
      for (const row of rowOf) cost.push(converter?.costs[row] ?? 0);
      cost.push(converter?.load ?? 0);
      start.push(time.length);
    };
    const listed = new Map(converters.map((c) => [`${c.out},${c.in}`, c]));
    outs.forEach((a, x) => {
      ins.forEach((b, y) => {
        const converter = listed.get(`${a},${b}`);
        if (converter === undefined ? a === b : fits(converter.costs, budgets)) add(x * ins.length + y, converter);
      });
    });
    return factor(2 * from + 1, 2 * to, keys, ins.length, start);
  };

  const factors = [...nodes.map(nodeFactor), ...edges.map(edgeFactor)];
  return {
    columns,
    rowOf: [...rowOf, budgets.length],
    budgets: rowOf.map((row) => budgets[row]!),
    rate: selection.rate,
    fixedLoad: selection.fixedLoad,
    mostLoad:
      nodes.reduce((sum, node, v) => sum + kept[v]!.options.reduce((most, i) => Math.max(most, node.options[i]!.load), 0), 0) +
      edges.reduce((sum, { converters }) => sum + converters.reduce((most, { load = 0 }) => Math.max(most, load), 0), 0),
    values,
    factors,
    nodes: nodes.length,
    time: Float64Array.from(time),
    cost: Float64Array.from(cost),
    option: Int32Array.from(option),
    levels: Float64Array.from(sorted(time.filter((_, c) => option[c]! >= 0))),
  };
}

/** What a sum may exceed a budget by, as a share, so that the order of adding up does not decide. */
export const ROUNDING = 1e-12;

const fits = (costs: readonly number[], budgets: readonly number[]): boolean =>
  budgets.every((budget, row) => costs[row]! <= budget + Math.abs(budget) * ROUNDING);

/** Rows whose budget is less than the dearest options and converters need together. */
function bindingRows({ nodes, edges, budgets }: Selection, kept: readonly { readonly options: readonly number[] }[]): readonly number[] {
  return budgets
    .map((_, row) => row)
    .filter((row) => {
      const dearest = (lists: readonly (readonly number[])[]) => lists.reduce((m, costs) => Math.max(m, costs[row]!), 0);
      const ofNodes = nodes.reduce((sum, node, v) => sum + dearest(kept[v]!.options.map((i) => node.options[i]!.costs)), 0);
      const ofEdges = edges.reduce(
        (sum, { converters }) => sum + dearest(converters.map((c) => c.costs).filter((c) => fits(c, budgets))),
        0,
      );
      return ofNodes + ofEdges > budgets[row]!;
    });
}

/** Of options that share their classes, those that no other beats in time, load and every row; by ascending time. */
function undominated({ options }: SelectionNode, members: readonly number[], rows: readonly number[]): readonly number[] {
  const columns = rows.length + 2;
  const values = new Float64Array(members.length * columns);
  members.forEach((i, m) => {
    const { time, load, costs } = options[i]!;
    const at = m * columns;
    values[at] = time;
    values[at + 1] = load;
    for (let r = 0; r < rows.length; r++) values[at + 2 + r] = costs[rows[r]!]!;
  });
  return Array.from(skyline(Int32Array.from(members.keys()), values, columns), (m) => members[m]!);
}

function factor(a: number, b: number, keys: readonly number[], across: number, start: readonly number[]): Factor {
  return {
    a,
    b,
    first: Int32Array.from(keys, (key) => Math.floor(key / across)),
    second: Int32Array.from(keys, (key) => key % across),
    start: Int32Array.from(start),
  };
}

const sorted = (numbers: readonly number[]): number[] => [...new Set(numbers)].sort((a, b) => a - b);
