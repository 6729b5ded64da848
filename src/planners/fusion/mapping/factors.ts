import type { Prepared } from "../../../cost/nest/prepare.js";
import type { NestMapping } from "../../../cost/nest/problem.js";

export type Lanes = NestMapping["spatial"];

/** One temporal loop of the mapping: a factor of a loop of the nest. */
export interface Factor {
  readonly loop: number;
  readonly size: number;
}

/** The steps that `lanes` leave of every loop, as prime factors; loop by loop, smallest first. */
export function primeFactors({ loopSizes }: Prepared, lanes: Lanes): readonly Factor[] {
  return Array.from(loopSizes).flatMap((size, loop) => {
    const across = lanes.reduce((n, lane) => (lane.loop === loop ? n * lane.factor : n), 1);
    const factors: Factor[] = [];
    let rest = Math.ceil(size / across);
    for (let prime = 2; prime * prime <= rest; prime++) for (; rest % prime === 0; rest /= prime) factors.push({ loop, size: prime });
    if (rest > 1) factors.push({ loop, size: rest });
    return factors;
  });
}

/** The same steps in at most `most` factors, or one per loop: the smallest two of a loop are multiplied while too many. */
export function coarsened(factors: readonly Factor[], most: number): readonly Factor[] {
  let list = factors;
  while (list.length > most) {
    const pairs = list.flatMap((a, i) =>
      list.slice(i + 1).flatMap((b, k) => (b.loop === a.loop ? [{ i, j: i + 1 + k, size: a.size * b.size, loop: a.loop }] : [])),
    );
    const least = pairs.toSorted((a, b) => a.size - b.size)[0];
    if (!least) break;
    list = [...list.filter((_, at) => at !== least.i && at !== least.j), { loop: least.loop, size: least.size }];
  }
  return list;
}

/** All different orders of `factors`, at most `limit` of them. */
export function* orders(factors: readonly Factor[], limit: number): Generator<readonly Factor[]> {
  const kinds = new Map<string, { readonly factor: Factor; left: number }>();
  for (const factor of factors) {
    const key = `${factor.loop}:${factor.size}`;
    const kind = kinds.get(key) ?? { factor, left: 0 };
    kind.left++;
    kinds.set(key, kind);
  }
  const prefix: Factor[] = [];
  let made = 0;
  function* extend(): Generator<readonly Factor[]> {
    if (prefix.length === factors.length) {
      made++;
      yield [...prefix];
    }
    for (const kind of kinds.values()) {
      if (kind.left === 0 || made >= limit) continue;
      kind.left--;
      prefix.push(kind.factor);
      yield* extend();
      prefix.pop();
      kind.left++;
    }
  }
  yield* extend();
}
