import type { AffineIndex, Loop, LoopNest } from "../../graph/loops.js";
import type { Role } from "../../target/hierarchy.js";

/** One tensor of the nest: where an iteration touches it, and how wide its elements are. */
export interface NestOperand {
  readonly role: Role;
  /** One affine index per axis of `shape`. */
  readonly indices: readonly AffineIndex[];
  /** Elements along each axis; an index beyond them is padding, which no memory holds. */
  readonly shape: readonly number[];
  readonly bits: number;
  /** Bits of a result that is not complete yet; `bits` when absent. Outputs only. */
  readonly partialBits?: number;
}

/** A loop nest as the cost model reads it: what is iterated, and the output and inputs it touches. */
export interface NestProblem {
  readonly loops: readonly Loop[];
  /** The output and one or two inputs. Their order matters to the `zigzag` conventions alone. */
  readonly operands: readonly NestOperand[];
}

/** Element widths and tensor shapes of a nest's output and first two reads. */
export interface Widths {
  readonly output: { readonly shape: readonly number[]; readonly bits: number; readonly partialBits?: number };
  readonly reads: readonly { readonly shape: readonly number[]; readonly bits: number }[];
}

/** The output and the two factors (or the one operand) of a nest. Bias and scales, read once per output, are left out. */
export function nestProblem(nest: LoopNest, { output, reads }: Widths): NestProblem {
  const roles: readonly Role[] = ["input", "weight"];
  return {
    loops: nest.loops,
    operands: [
      { role: "output", indices: nest.write.indices, ...output },
      ...nest.reads.slice(0, 2).flatMap(({ indices }, i) => {
        const tensor = reads[i];
        return tensor ? [{ role: roles[i]!, indices, shape: tensor.shape, bits: tensor.bits }] : [];
      }),
    ],
  };
}

/** How a nest runs: which loops lie side by side, in which order the others follow, and what each memory holds. */
export interface NestMapping {
  /** `factor` lanes of `axis` run iterations of `loop` at once. The factors along an axis multiply. */
  readonly spatial: readonly { readonly axis: number; readonly loop: number; readonly factor: number }[];
  /** Innermost first. With the lanes, the factors of a loop multiply to its size or just above it (idle lanes at the end). */
  readonly temporal: readonly { readonly loop: number; readonly size: number }[];
  /**
   * `cuts[o][m]`: the tile of operand `o` in its `m`-th memory spans this many of the innermost temporal loops.
   * Rises with `m`; the last is all of them.
   */
  readonly cuts: readonly (readonly number[])[];
}

/** Where cost models differ. */
export interface Conventions {
  readonly name: "exact" | "zigzag" | "timeloop";
  /**
   * What a new tile costs. `clipped`: all its elements that exist (no padding, ragged edges short).
   * `uniform`: every tile counts as a full one and lanes are averaged. `delta`: what the tile before it did not hold,
   * for steps of the loop right above it.
   */
  readonly tiles: "clipped" | "uniform" | "delta";
  /**
   * Who reads partial sums back. `one-lane`: one lane of those that add up, from the second visit on.
   * `every-lane`: all of them. `always`: every visit, the first too, where any summation loop lies above.
   */
  readonly partialSums: "one-lane" | "every-lane" | "always";
  /** Reading a result out to the level above costs an access. */
  readonly drains: boolean;
  /** The array holds an input over iterations that do not change it. */
  readonly latches: boolean;
  /** Cycles: `throughput` alone, or stalls with loading by `deadline`, or as `portOrder` has it. */
  readonly loading: "deadline" | "portOrder" | "throughput";
}

/** Ours: counts what a machine would do, iteration by iteration (docs/math/fusion.md, section 10). */
export const exact: Conventions = {
  name: "exact",
  tiles: "clipped",
  partialSums: "one-lane",
  drains: true,
  latches: true,
  loading: "deadline",
};

/** As ZigZag 3.8 counts, for comparison (Mei et al., IEEE TC 70(8), 2021; Symons et al., DATE 2022). */
export const zigzag: Conventions = {
  name: "zigzag",
  tiles: "uniform",
  partialSums: "always",
  drains: true,
  latches: true,
  loading: "portOrder",
};

/** As Timeloop 0.4 counts, for comparison (Parashar et al., ISPASS 2019). */
export const timeloop: Conventions = {
  name: "timeloop",
  tiles: "delta",
  partialSums: "every-lane",
  drains: false,
  latches: false,
  loading: "throughput",
};
