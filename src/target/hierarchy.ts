/** What an operand is to the operator: the first factor, the second factor, the result. */
export type Role = "input" | "weight" | "output";

/**
 * The four ways data pass a memory, seen from it: read for the level below, written by the level below,
 * read for the level above, written by the level above.
 */
export type Direction = "toBelow" | "fromBelow" | "toAbove" | "fromAbove";
/** In the order in which cost arrays store them; even ones read, the others write. */
export const DIRECTIONS = ["toBelow", "fromBelow", "toAbove", "fromAbove"] as const satisfies readonly Direction[];

/** A port moves at most `max` bits per cycle, in granules of `min` bits (`min` divides `max`). */
export interface Port {
  readonly name: string;
  readonly bandwidth: { readonly min: number; readonly max: number };
  readonly serves: readonly { readonly role: Role; readonly direction: Direction }[];
}

/** One memory, or as many equal ones as the array has lanes along the axes that it does not serve. */
export interface Memory {
  readonly name: string;
  /** Bits of one instance. */
  readonly size: number;
  /** Picojoules per access of `accessBits`, or of a whole port where that is absent. */
  readonly energy: { readonly read: number; readonly write: number };
  readonly accessBits?: number;
  /** Picojoules per cycle and instance, used or not; none when absent. */
  readonly leakage?: number;
  readonly roles: readonly Role[];
  readonly ports: readonly Port[];
  /** Axes of the array over which one instance serves all lanes. */
  readonly serves: readonly number[];
}

/** A processing array and the memories that feed it. */
export interface Hierarchy {
  readonly name: string;
  /** The array; its size is the product of its axes. */
  readonly axes: readonly { readonly name: string; readonly size: number }[];
  /** Picojoules per multiply-accumulate. */
  readonly macEnergy: number;
  /** From the array outwards: the memories of a role, in this order, are its levels. Whatever is computed comes from the last. */
  readonly memories: readonly Memory[];
}

/** The levels of one role: indices into `memories`, innermost first. */
export const levelsOf = ({ memories }: Hierarchy, role: Role): readonly number[] =>
  memories.flatMap(({ roles }, i) => (roles.includes(role) ? [i] : []));

/** Whether memory `m` is an on-chip buffer: the outermost level of a role. */
export const isBuffer = (hierarchy: Hierarchy, m: number): boolean =>
  (["input", "weight", "output"] as const).some((role) => levelsOf(hierarchy, role).at(-1) === m);

/** Instances of a memory: the product of the axes it does not serve. */
export const instancesOf = ({ axes }: Hierarchy, { serves }: Memory): number =>
  axes.reduce((n, { size }, axis) => (serves.includes(axis) ? n : n * size), 1);
