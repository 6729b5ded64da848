import type { Visit } from "./account.js";

/** What the loads of all crossbars take, crossbar after crossbar, each in its order. In seconds. */
export interface Work {
  /** Where each crossbar's loads begin, and where the last one's end. */
  readonly begins: Int32Array;
  readonly layer: Int32Array;
  readonly fetch: Float64Array;
  readonly program: Float64Array;
  readonly fire: Float64Array;
}

/**
 * The loads of all crossbars, crossbar after crossbar, each in its order over all inferences of the table, with what they take. Columns, for
 * large networks have a million of them.
 */
export interface Loads extends Work {
  readonly strip: Int32Array;
  readonly part: Int32Array;
  readonly round: Int32Array;
  readonly writes: Float64Array;
  /** Picojoules of writing, firing and all that is moved. */
  readonly energy: Float64Array;
  /** Weights and index that are fetched. */
  readonly bytes: Float64Array;
}

/** Room for the work of crossbars with so many loads. */
export function workOf(counts: readonly number[]): Work {
  const begins = new Int32Array(counts.length + 1);
  counts.forEach((count, x) => {
    begins[x + 1] = begins[x]! + count;
  });
  const size = begins[counts.length]!;
  return {
    begins,
    layer: new Int32Array(size),
    fetch: new Float64Array(size),
    program: new Float64Array(size),
    fire: new Float64Array(size),
  };
}

/** Room for the loads of crossbars with so many. */
export function loadsOf(counts: readonly number[]): Loads {
  const work = workOf(counts);
  const size = work.fire.length;
  return {
    ...work,
    strip: new Int32Array(size),
    part: new Int32Array(size),
    round: new Int32Array(size),
    writes: new Float64Array(size),
    energy: new Float64Array(size),
    bytes: new Float64Array(size),
  };
}

/** What a crossbar holds, one after the other. */
export const visitsOn = ({ begins, layer, strip, part, round }: Loads, crossbar: number): readonly Visit[] =>
  Array.from({ length: begins[crossbar + 1]! - begins[crossbar]! }, (_, k) => {
    const at = begins[crossbar]! + k;
    return { layer: layer[at]!, strip: strip[at]!, part: part[at]!, round: round[at]! };
  });
