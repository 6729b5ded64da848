import type { Certificate } from "./plan.js";

/** The choice that a certificate speaks of, as far as it needs to be known: what `Selection` of the solver holds, in words of its own. */
export interface Alternatives {
  readonly budgets: readonly number[];
  /** Loads may add up to `rate` x cycles - `fixedLoad`. */
  readonly rate: number;
  readonly fixedLoad: number;
  readonly nodes: readonly { readonly options: readonly Alternative[] }[];
  readonly edges: readonly {
    readonly from: number;
    readonly to: number;
    readonly converters: readonly {
      readonly out: number;
      readonly in: number;
      readonly costs: readonly number[];
      readonly load?: number;
    }[];
  }[];
}

interface Alternative {
  readonly time: number;
  readonly costs: readonly number[];
  readonly load: number;
  readonly in: number;
  readonly out: number;
}

/** `value`: the least weighted sum as recomputed, infinite where there is no choice at all; absent where it was not computed. */
export type BoundCheck =
  | { readonly proven: true; readonly value: number }
  | { readonly proven: false; readonly value: number | undefined; readonly reason: string };

/**
 * Whether `certificate` shows that no choice has a time of at most `certificate.cycles`. Every choice within the budgets has
 * a weighted sum of shares of at most the sum of the multipliers; so if the least such sum among options that are fast enough
 * is larger, there is no choice. The least sum is found by eliminating one variable (the class of a node's inputs or outputs)
 * after the other, always the one that leaves the smallest table.
 *
 * @see docs/math/pipeline.md, "Choice"
 */
export function verifyBound(alternatives: Alternatives, certificate: Certificate): BoundCheck {
  const { budgets, rate, fixedLoad } = alternatives;
  const { multipliers, cycles } = certificate;
  const unfit = (reason: string): BoundCheck => ({ proven: false, value: undefined, reason });
  if (multipliers.length !== budgets.length + 1) return unfit(`${multipliers.length} multipliers for ${budgets.length} rows and the load`);
  if (!multipliers.every((x) => x >= 0 && x < Number.POSITIVE_INFINITY)) return unfit("a multiplier is negative or not a number");
  const limit = rate * cycles - fixedLoad;
  if (limit < 0) return { proven: true, value: Number.POSITIVE_INFINITY };

  if (alternatives.nodes.some(({ options }) => options.every(({ time }) => time > cycles)))
    return { proven: true, value: Number.POSITIVE_INFINITY };

  const tables = tablesOf(alternatives, certificate, [...budgets, limit]);
  const value = leastSum(tables);
  if (value === undefined) return unfit(`the graph needs a table of more than ${LARGEST} entries`);
  const most = multipliers.reduce((sum, x) => sum + x, 0);
  if (value > most * (1 + ROUNDING)) return { proven: true, value };
  return { proven: false, value, reason: `the least weighted sum is ${value}, not above ${most}` };
}

/** More than the order of adding up can change, far less than what certificates exceed 1 by. */
const ROUNDING = 1e-10;
const OVER = 1e-12;
const LARGEST = 8_000_000;

/** A function of a few variables: `values` in the order of mixed radix, the last variable fastest. */
interface Table {
  readonly variables: readonly Variable[];
  readonly values: Float64Array;
}

interface Variable {
  readonly id: number;
  readonly size: number;
}

/** One table per node, over the classes of its inputs and outputs, and one per edge, over those of producer and consumer. */
function tablesOf(
  { nodes, edges }: Alternatives,
  { multipliers, cycles, omitted = [] }: Certificate,
  budgets: readonly number[],
): readonly Table[] {
  const price = (costs: readonly number[]): number =>
    costs.reduce((sum, cost, row) => {
      const budget = budgets[row]!;
      if (cost > budget * (1 + OVER)) return Number.POSITIVE_INFINITY;
      return cost === 0 ? sum : sum + (multipliers[row]! * cost) / budget;
    }, 0);
  const counted = edges.filter((_, e) => !omitted.includes(e));
  const fast = nodes.map(({ options }) => options.filter(({ time }) => time <= cycles));
  const classes = fast.map((options, v) => ({
    in: counted.some((e) => e.to === v) ? [...new Set(options.map((o) => o.in))] : undefined,
    out: counted.some((e) => e.from === v) ? [...new Set(options.map((o) => o.out))] : undefined,
  }));
  const variable = (v: number, side: "in" | "out"): Variable => ({
    id: 2 * v + (side === "in" ? 0 : 1),
    size: classes[v]![side]?.length ?? 1,
  });
  const place = (v: number, side: "in" | "out", value: number) => classes[v]![side]?.indexOf(value) ?? 0;
  const table = (a: Variable, b: Variable): Table => ({
    variables: [a, b],
    values: new Float64Array(a.size * b.size).fill(Number.POSITIVE_INFINITY),
  });
  const lower = ({ variables, values }: Table, x: number, y: number, to: number) => {
    const at = x * variables[1]!.size + y;
    values[at] = Math.min(values[at]!, to);
  };

  const ofNodes = fast.map((options, v) => {
    const made = table(variable(v, "in"), variable(v, "out"));
    for (const o of options) lower(made, place(v, "in", o.in), place(v, "out", o.out), price([...o.costs, o.load]));
    return made;
  });
  const ofEdges = counted.map(({ from, to, converters }) => {
    const made = table(variable(from, "out"), variable(to, "in"));
    const [outs, ins] = [classes[from]!.out!, classes[to]!.in!];
    for (const { out, in: into, costs, load = 0 } of converters)
      if (outs.includes(out) && ins.includes(into)) lower(made, outs.indexOf(out), ins.indexOf(into), price([...costs, load]));
    const listed = new Set(converters.map((c) => `${c.out} ${c.in}`));
    for (const value of outs)
      if (ins.includes(value) && !listed.has(`${value} ${value}`)) lower(made, outs.indexOf(value), ins.indexOf(value), 0);
    return made;
  });
  return [...ofNodes, ...ofEdges];
}

/** The least value of the sum of all tables; `undefined` where a table on the way would be too large. */
function leastSum(tables: readonly Table[]): number | undefined {
  let rest = tables;
  let least = 0;
  for (;;) {
    const around = new Map<number, Map<number, Variable>>();
    for (const { variables } of rest)
      for (const v of variables) {
        const near = around.get(v.id) ?? new Map<number, Variable>();
        for (const w of variables) near.set(w.id, w);
        around.set(v.id, near);
      }
    if (around.size === 0) return rest.reduce((sum, { values }) => sum + values[0]!, least);
    const sizeOf = (near: ReadonlyMap<number, Variable>) => [...near.values()].reduce((product, { size }) => product * size, 1);
    const [gone, near] = [...around].reduce((a, b) => (sizeOf(b[1]) < sizeOf(a[1]) ? b : a));
    if (sizeOf(near) > LARGEST) return undefined;
    const touched = rest.filter(({ variables }) => variables.some(({ id }) => id === gone));
    const reduced = eliminate(
      touched,
      near.get(gone)!,
      [...near.values()].filter(({ id }) => id !== gone),
    );
    rest = rest.filter((table) => !touched.includes(table));
    if (reduced.variables.length === 0) least += reduced.values[0]!;
    else rest = [...rest, reduced];
  }
}

/** The least of the sum of `tables` over the values of `gone`, as a table over the other variables. */
function eliminate(tables: readonly Table[], gone: Variable, others: readonly Variable[]): Table {
  const all = [...others, gone];
  const count = all.reduce((product, { size }) => product * size, 1);
  const walks = tables.map(({ variables, values }) => {
    const strides = all.map(({ id }) => {
      const at = variables.findIndex((v) => v.id === id);
      return at < 0 ? 0 : variables.slice(at + 1).reduce((product, { size }) => product * size, 1);
    });
    return { values, strides };
  });
  const values = new Float64Array(count / gone.size).fill(Number.POSITIVE_INFINITY);
  const digits = new Int32Array(all.length);
  const at = new Int32Array(tables.length);
  for (let i = 0; i < count; i++) {
    let sum = 0;
    for (let t = 0; t < walks.length; t++) sum += walks[t]!.values[at[t]!]!;
    const into = Math.floor(i / gone.size);
    if (sum < values[into]!) values[into] = sum;
    for (let d = all.length - 1; d >= 0; d--) {
      const wraps = digits[d] === all[d]!.size - 1;
      const by = wraps ? -digits[d]! : 1;
      digits[d]! += by;
      for (let t = 0; t < walks.length; t++) at[t]! += by * walks[t]!.strides[d]!;
      if (!wraps) break;
    }
  }
  return { variables: others, values };
}
