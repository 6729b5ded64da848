/**
 * One option for each node of an acyclic graph, under budgets that all share, so that the slowest is as fast as possible:
 * a multiple-choice knapsack with costs on pairs of neighbours and a bottleneck objective T.
 *
 * Minimise T such that every chosen option has `time` <= T; for every row the costs of the options and of the edges sum
 * to at most its budget; and the chosen loads sum to at most `rate` x T - `fixedLoad`. An edge costs `converters` by the
 * producer's `out` and the consumer's `in` class; a pair that is missing is not allowed, except equal classes, which then
 * cost nothing. No cost, load or time is negative.
 */
export interface Selection {
  /** Names of the rows, for people. */
  readonly rows: readonly string[];
  /** Budget per row. */
  readonly budgets: readonly number[];
  /** Load carried per unit of T, and what is carried whatever is chosen. */
  readonly rate: number;
  readonly fixedLoad: number;
  readonly nodes: readonly SelectionNode[];
  readonly edges: readonly SelectionEdge[];
}

export interface SelectionNode {
  readonly options: readonly SelectionOption[];
}

export interface SelectionOption {
  readonly time: number;
  /** Cost per row. */
  readonly costs: readonly number[];
  readonly load: number;
  /** Classes that edges look at. A node without inputs (outputs) ignores `in` (`out`). */
  readonly in: number;
  readonly out: number;
}

export interface SelectionEdge {
  readonly from: number;
  readonly to: number;
  /** What a pair of classes costs, per row; one entry per allowed pair. */
  readonly converters: readonly Converter[];
}

export interface Converter {
  readonly out: number;
  readonly in: number;
  readonly costs: readonly number[];
  /** Nothing where absent. */
  readonly load?: number;
}

/**
 * What was found. `bound`: no choice has a smaller time. Times are told apart down to a share of 1e-12.
 * `certificate` proves a bound of its own, at most `bound`, which the search may have raised beyond what multipliers can prove.
 */
export type Selected =
  | {
      readonly status: "optimal" | "feasible";
      /** Option of each node. */
      readonly choice: readonly number[];
      readonly time: number;
      readonly bound: number;
      readonly certificate: Proof | undefined;
    }
  | {
      readonly status: "infeasible";
      /** Rows that no choice satisfies together; none where classes alone leave no choice. */
      readonly rows: readonly number[];
      /** Absent where it took a search to see it, and where a node or an edge by itself is left without a choice. */
      readonly certificate: Proof | undefined;
    }
  | { readonly status: "unknown"; readonly bound: number; readonly certificate: Proof | undefined };

/**
 * Why no choice has a time of at most `cycles`: with every row divided by its budget (the load by `rate` x `cycles` -
 * `fixedLoad`) and weighted by `multipliers`, the options of time at most `cycles` cost more than 1 together, choose as you like.
 */
export interface Proof {
  readonly cycles: number;
  /** Per row, then one for the load; they add up to 1. */
  readonly multipliers: readonly number[];
  /** Least weighted sum; above 1, and the largest double where there is no choice at all. */
  readonly value: number;
  /** Edges whose costs were left out of the sum, because the graph is too wide to count them all. */
  readonly omitted: readonly number[];
}
