import type { Slot } from "./plan.js";

/** Slots of a table: with their 9 bits or so each they fill one block RAM. */
const MOST_SLOTS = 2048;
/** Slots of a port in a round, below which a round is made longer, so that ports mix well. */
const FEWEST_SLOTS = 4;

export interface Table {
  readonly slots: readonly Slot[];
  readonly rounds: number;
}

/**
 * Deals a frame's beats out to a cyclic table. Where the beats of the ports have a common divisor that is large enough, a
 * round is that part of a frame; otherwise it is a little more than one, and what a port gets too often is passed over.
 *
 * @param beats per port, of a frame.
 * @param longest beats of a slot.
 */
export function tableOf(beats: readonly number[], longest: number): Table {
  const total = beats.reduce((sum, n) => sum + n, 0);
  const common = beats.reduce(divisor);
  const slotsIn = (rounds: number) => beats.reduce((sum, n) => sum + Math.ceil(n / rounds / longest), 0);
  // The most rounds that keep slots long and ports mixed; fewer rounds make a longer table.
  const enough = Math.max(1, Math.floor(total / (longest * FEWEST_SLOTS * beats.length)));
  const rounds = largestDivisor(common, enough);
  if (slotsIn(rounds) <= MOST_SLOTS)
    return {
      slots: dealt(
        beats.map((n) => n / rounds),
        longest,
      ),
      rounds,
    };

  const parts = Math.ceil(total / (longest * (MOST_SLOTS - beats.length)));
  return {
    slots: dealt(
      beats.map((n) => Math.ceil(n / parts)),
      longest,
    ),
    rounds: parts,
  };
}

/** Each port's slots spread evenly over the round: slot `j` of `N` is due at `(j + 1) / N`; the earliest comes first. */
function dealt(beats: readonly number[], longest: number): readonly Slot[] {
  const due = beats.flatMap((n, port) => {
    const count = Math.ceil(n / longest);
    return Array.from({ length: count }, (_, j) => ({
      port,
      beats: Math.floor(((j + 1) * n) / count) - Math.floor((j * n) / count),
      at: (j + 1) / count,
    }));
  });
  due.sort((a, b) => a.at - b.at || b.beats - a.beats || a.port - b.port);
  return due.map(({ port, beats: n }) => ({ port, beats: n }));
}

const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));

/** The largest divisor of `n` that is at most `most`. */
function largestDivisor(n: number, most: number): number {
  let best = 1;
  for (let d = 1; d * d <= n; d++) {
    if (n % d !== 0) continue;
    if (d <= most) best = Math.max(best, d);
    if (n / d <= most) best = Math.max(best, n / d);
  }
  return best;
}
