import { type BareEngine, enginesOf } from "./choices.js";
import { ioBits } from "./options.js";
import type { Certificate, PipelineProblem } from "./plan.js";
import { alikeIn, perKind, ROUNDING, type Row, rowsOf } from "./selection.js";

/** No plan has fewer cycles per frame; that none has is what the certificate shows. */
export interface Fewest {
  readonly cycles: number;
  readonly certificate: Certificate | undefined;
}

/**
 * Quickly seen: below some time a layer has no engine as fast, or the smallest engines as fast are too large together for some
 * resource, or inputs and outputs are too much for the link. Infinite where that is so in any time.
 */
export function fewestCycles(problem: PipelineProblem): Fewest {
  const { device } = problem;
  const rows = rowsOf(device);
  const engines = perKind(alikeIn(problem), (l) => enginesOf(problem, l, Number.POSITIVE_INFINITY));
  const falling = new Map([...new Set(engines)].map((all) => [all, fallingOf(all, rows)]));
  const within = rows.map(({ of }, r) =>
    timeWithin(
      engines.map((all) => falling.get(all)![r]!),
      of(device.resources),
    ),
  );
  const carrying = device.bitsPerCycle > 0 ? ioBits(problem) / device.bitsPerCycle : 0;
  const all = [...within, { cycles: carrying, excess: Number.MAX_VALUE }];
  const longest = all.reduce((a, b) => (b.cycles > a.cycles ? b : a));
  const { cycles, excess } = longest;
  if (cycles === 0 || cycles === Number.POSITIVE_INFINITY) return { cycles, certificate: undefined };
  const multipliers = all.map((row) => (row === longest ? 1 : 0));
  return { cycles, certificate: { cycles: cycles * (1 - Number.EPSILON), multipliers, value: excess } };
}

/** The time from which on a row is within its budget, and by which factor it is not below; the largest double where there are no engines. */
interface Within {
  readonly cycles: number;
  readonly excess: number;
}

/** Of a row, what the smallest engine of those that take at most so many cycles takes. */
type Falling = readonly { readonly cycles: number; readonly least: number }[];

function fallingOf(engines: readonly BareEngine[], rows: readonly Row[]): readonly Falling[] {
  const sorted = engines.toSorted((a, b) => a.engine.interval - b.engine.interval);
  return rows.map(({ of }) => {
    const steps: { readonly cycles: number; readonly least: number }[] = [];
    for (const { engine } of sorted) {
      const taken = of(engine.resources);
      if (steps.length === 0 || taken < steps.at(-1)!.least) steps.push({ cycles: engine.interval, least: taken });
    }
    return steps;
  });
}

function timeWithin(layers: readonly Falling[], budget: number): Within {
  const never = { cycles: Number.POSITIVE_INFINITY, excess: Number.MAX_VALUE };
  if (layers.some((steps) => steps.length === 0)) return never;
  const at = layers.map(() => 0);
  let time = layers.reduce((most, steps) => Math.max(most, steps[0]!.cycles), 0);
  let excess = Number.MAX_VALUE;
  while (time < Number.POSITIVE_INFINITY) {
    let total = 0;
    let next = Number.POSITIVE_INFINITY;
    for (const [l, steps] of layers.entries()) {
      while (at[l]! + 1 < steps.length && steps[at[l]! + 1]!.cycles <= time) at[l]!++;
      total += steps[at[l]!]!.least;
      next = Math.min(next, steps[at[l]! + 1]?.cycles ?? Number.POSITIVE_INFINITY);
    }
    if (total <= budget * (1 + ROUNDING)) return { cycles: time, excess };
    excess = Math.min(total / budget, Number.MAX_VALUE);
    time = next;
  }
  return never;
}
