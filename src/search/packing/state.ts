import type { Instance } from "./instance.js";
import { type Trail, trail } from "./trail.js";

/** What a search learns about where the difficulty lies. Survives restarts. */
export interface Experience {
  /** Per item, its part in failures, recent ones counting more. */
  readonly activity: Float64Array;
  /** Per section, failures of its capacity bound. */
  readonly failures: Float64Array;
  /** What one more failure adds to `activity`. */
  weight: number;
}

/** Everything one tree search owns. Its functions stand in bounds, branch and search. */
export interface State {
  readonly instance: Instance;
  readonly trail: Trail;
  /** Height of a placed item, or -1; and the decision that placed it. */
  readonly at: Int32Array;
  readonly level: Int32Array;
  /** Decisions behind the present failure, one bit each. */
  readonly blame: Int32Array;
  /** Items that took part in any failure or decision of this run: together they carry a refutation. */
  readonly involved: Uint8Array;
  readonly experience: Experience;
  /** Items by descending lowest height, kept nearly sorted from node to node. */
  readonly descending: Int32Array;
  /** Scratch, per section. */
  readonly stacked: Int32Array;
  nodes: number;
}

/** The longest path of decisions a search may walk. */
export const mostLevels = (instance: Instance): number => 8 * instance.free + 1024;

export function state(instance: Instance): State {
  const { count, sections } = instance;
  return {
    instance,
    trail: trail(instance),
    at: new Int32Array(count),
    level: new Int32Array(count),
    blame: new Int32Array((mostLevels(instance) + 31) >> 5),
    involved: new Uint8Array(count),
    experience: { activity: new Float64Array(count), failures: new Float64Array(sections), weight: 1 },
    descending: Int32Array.from({ length: count }, (_, i) => i),
    stacked: new Int32Array(sections),
    nodes: 0,
  };
}

export function forget(experience: Experience): void {
  experience.activity.fill(0);
  experience.failures.fill(0);
  experience.weight = 1;
}
