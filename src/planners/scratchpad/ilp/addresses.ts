import type { Interval } from "../../../base/interval.js";
import { type Columns, each, residence } from "./columns.js";
import type { Content } from "./contents.js";
import type { MipWriter, Term } from "./rows.js";
import type { Space } from "./space.js";

/** Terms of the rows of one pair at one position, roughly. */
const TERMS_OF_A_PAIR = 12;

/** Pairs that could be resident together, over all positions: what the size of (10) goes by. */
export function addressTerms(contents: readonly Content[], c: Columns, positions: number): number {
  let sum = 0;
  for (let t = 0; t < positions; t++) {
    const there = contents.reduce((count, _, a) => count + (residence(c, a, t).length > 0 ? 1 : 0), 0);
    sum += (TERMS_OF_A_PAIR * there * (there - 1)) / 2;
  }
  return sum;
}

/**
 * (9) is the bound of L; (10) keeps what is resident together apart; (11) keeps an offset while its content stays,
 * and through an update in place. V of the paper equals P, and a pair that can never be resident together at t has
 * no row there: P and R do not exist after a content's last use, which is what makes leaving it out sound.
 */
export function addAddresses(writer: MipWriter, contents: readonly Content[], c: Columns, positions: number, space: Space): void {
  for (let t = 0; t < positions; t++) {
    const there = [...contents.keys()].filter((a) => space.sizes[a]! > 0 && residence(c, a, t).length > 0);
    for (const [i, a] of there.entries()) {
      const still = c.preserve(a, t);
      const from = c.address(a, t - 1);
      if (still >= 0 && from >= 0) addSame(writer, from, c.address(a, t), still, space.height - space.sizes[a]!);
      const { replaces, producer } = contents[a]!;
      if (replaces >= 0 && c.run(producer, t) >= 0)
        addSame(writer, c.address(replaces, t), c.address(a, t), c.run(producer, t), space.height - space.sizes[a]!);
      for (const wall of space.walls) addWall(writer, c, a, t, wall, space);
      for (const b of there.slice(i + 1)) if (contents[b]!.replaces !== a) addApart(writer, c, a, b, t, space);
    }
  }
}

/** (11): the offsets differ by at most `reach`, and not at all where `same` is 1. */
function addSame({ row }: MipWriter, before: number, after: number, same: number, reach: number): void {
  for (const sign of [1, -1])
    row(
      Number.NEGATIVE_INFINITY,
      [
        [sign, after],
        [-sign, before],
        [reach, same],
      ],
      reach,
    );
}

/** (10): where both are resident, a lies above b (u) or below it (d). */
function addApart(writer: MipWriter, c: Columns, a: number, b: number, t: number, { height, sizes }: Space): void {
  const above = writer.column(0, 0, 1);
  const below = writer.column(0, 0, 1);
  addAbove(writer, c.address(a, t), c.address(b, t), above, sizes[b]!, height);
  addAbove(writer, c.address(b, t), c.address(a, t), below, sizes[a]!, height);
  const together: readonly Term[] = [...each(residence(c, a, t), -1), ...each(residence(c, b, t), -1)];
  writer.row(-1, [[1, above], [1, below], ...together], Number.POSITIVE_INFINITY);
}

/** upper >= lower + size where `holds` is 1. */
function addAbove({ row }: MipWriter, upper: number, lower: number, holds: number, size: number, height: number): void {
  row(
    size - height,
    [
      [1, upper],
      [-1, lower],
      [-height, holds],
    ],
    Number.POSITIVE_INFINITY,
  );
}

/** (10) against a reserved range, which is always there. */
function addWall({ column, row }: MipWriter, c: Columns, a: number, t: number, { start, end }: Interval, { height, sizes }: Space): void {
  const above = column(0, 0, 1);
  const below = column(0, 0, 1);
  const at = c.address(a, t);
  row(
    0,
    [
      [1, at],
      [-end, above],
    ],
    Number.POSITIVE_INFINITY,
  );
  row(
    Number.NEGATIVE_INFINITY,
    [
      [1, at],
      [height, below],
    ],
    height + start - sizes[a]!,
  );
  row(0, [[1, above], [1, below], ...each(residence(c, a, t), -1)], Number.POSITIVE_INFINITY);
}
