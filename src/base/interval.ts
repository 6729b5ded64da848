/** A half-open interval `[start, end)`. Foreign closed intervals are converted at the door. */
export interface Interval<T extends number = number> {
  readonly start: T;
  readonly end: T;
}

/** Whether `a` and `b` share a point. Empty intervals overlap nothing. */
export const overlaps = <T extends number>(a: Interval<T>, b: Interval<T>): boolean =>
  a.start < b.end && b.start < a.end && a.start < a.end && b.start < b.end;
