/** What is asked of a planner, of every family. Without the planners, so that who only names a goal does not load them. */

import type { Binding } from "./onnx/bindings.js";

/**
 * How a plan is sought: `search` is ours. Baselines of the scratchpad: the published programme, slow and exact (`ilp`,
 * `ilp-fixed`); of the pipeline: the published search (`greedy`), and no streaming (`vanilla`).
 */
export const SOLVERS = ["search", "ilp", "ilp-fixed", "greedy", "vanilla"] as const;

export const SPLITS = ["auto", "never"] as const;

/** What may happen where neighbouring tiles overlap: `any` also allows what changes results at tile edges. */
export const OVERLAPS = ["exact", "any"] as const;

export interface Goal {
  /** Without it the family's own. */
  readonly objective?: string | undefined;
  readonly solver: (typeof SOLVERS)[number];
  /** Whether operators may be cut into parts: where they do not fit whole, or never. */
  readonly split: (typeof SPLITS)[number];
  /** `exact` without it. */
  readonly overlap?: (typeof OVERLAPS)[number];
  readonly bindings: readonly Binding[];
  /** Seed of random values for weights that the model comes without, where a family needs values; without it their absence is an error. */
  readonly randomWeights?: number | undefined;
}
