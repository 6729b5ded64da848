/**
 * A mixed-integer linear programme in the form every solver reads: minimise `cost · x` subject to
 * `lower ≤ A x ≤ upper` by rows and `columnLower ≤ x ≤ columnUpper`. Compressed sparse rows.
 */
export interface Mip {
  readonly columns: number;
  readonly cost: Float64Array;
  readonly columnLower: Float64Array;
  readonly columnUpper: Float64Array;
  /** 1 where the column must be whole. */
  readonly integer: Uint8Array;
  readonly rowStart: Int32Array;
  readonly index: Int32Array;
  readonly value: Float64Array;
  readonly rowLower: Float64Array;
  readonly rowUpper: Float64Array;
}

export interface MipLimits {
  /** Seconds the solver may take; it answers `limit` when they are over. */
  readonly seconds: number;
  /** Branch-and-bound nodes. */
  readonly nodes: number;
}

/** What the solver says. `x` is a claim: whoever poses the programme checks it against the rows. */
export type MipAnswer =
  | { readonly status: "optimal"; readonly x: Float64Array; readonly value: number; readonly bound: number }
  | { readonly status: "limit"; readonly x: Float64Array | undefined; readonly value: number; readonly bound: number }
  | { readonly status: "infeasible" }
  | { readonly status: "failed"; readonly reason: string };

/** Comes in as an argument, so that the core stays pure and any solver can stand behind it. */
export type MipSolver = (mip: Mip, limits: MipLimits) => Promise<MipAnswer>;
