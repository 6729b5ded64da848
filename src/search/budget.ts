/** What a running search tells the outside; printed as one line on a terminal. */
export interface Progress {
  readonly phase: string;
  /** Best objective so far; absent before the first plan. */
  readonly incumbent?: number;
  readonly bound?: number;
  readonly unit?: string;
}

/**
 * How long a search may go on. `nodes` is what makes results repeatable; `stop` is the wall clock and
 * Ctrl-C, which may end a search earlier but never steer it.
 */
export interface Budget {
  readonly seed: number;
  /** Search nodes, summed over the phases of one plan. */
  readonly nodes: number;
  /** Asked now and then, from loops: true means "hand over the best you have". */
  readonly stop: () => boolean;
  readonly progress: (p: Progress) => void;
}
