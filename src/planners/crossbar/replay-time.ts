import { type Code, type Diagnostic, fail } from "../../base/diagnostic.js";
import type { CrossbarPlan, CrossbarProblem, LayerId } from "./plan.js";
import type { Taken } from "./replay-cells.js";

/** What happens when: starts and ends of all loads, judged against what they were seen to take and what the machine can do at once. */
export function timeViolations(
  { machine, layers }: CrossbarProblem,
  { sequences, inferences }: Pick<CrossbarPlan, "sequences" | "inferences">,
  taken: Taken,
  inferenceOf: readonly Uint8Array[],
): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  const say = (code: Code, where: string, message: string, fix: string) => {
    if (found.length < MOST) found.push(fail(code, where, message, fix));
  };
  const length = lengthOf(sequences);
  const slack = length * ROUNDING;
  const near = (a: number, b: number) => Math.abs(a - b) <= slack + 1e-9 * b;
  const programs: Span[] = [];
  const fires: Span[] = [];
  const fetches: Span[] = [];
  const first = layers.map(() => new Float64Array(inferences).fill(Number.POSITIVE_INFINITY));
  const last = layers.map(() => new Float64Array(inferences));

  let at = 0;
  sequences.forEach((loads, x) => {
    let free = 0;
    loads.forEach(({ layer, fetch, program, fire }, k) => {
      const where = `plan.sequences[${x}][${k}] (${layers[layer]!.name})`;
      if (fetch.start < 0 || program.start < fetch.end - slack || program.start < free - slack || fire.start < program.end - slack)
        say("XBR-24", where, order(fetch, program, fire, free), "fetch before writing before firing, one load after the other");
      free = fire.end;
      const check = (what: string, { start, end }: Span, due: number) => {
        if (!near(end - start, due)) say("XBR-25", `${where}.${what}`, `lasts ${end - start} s; ${due} s are due`, "give it its time");
      };
      check("fetch", fetch, taken.fetch[at]!);
      // Cells that were left as they are and are wrong count as such when they fire.
      if (taken.right[at] === 1) check("program", program, taken.program[at]!);
      check("fire", fire, taken.fire[at++]!);
      if (fetch.end > fetch.start) fetches.push(fetch);
      if (program.end > program.start) programs.push(program);
      if (fire.end > fire.start) fires.push(fire);
      const i = inferenceOf[x]![k]!;
      first[layer]![i] = Math.min(first[layer]![i]!, fire.start);
      last[layer]![i] = Math.max(last[layer]![i]!, fire.end);
    });
  });

  const crowd = (spans: readonly Span[], most: number, what: string, code: Code, fix: string) => {
    const { count, at } = mostAtOnce(spans, slack);
    if (count > most) say(code, `plan.sequences at ${at} s`, `${count} ${what} at once; ${most} may`, fix);
  };
  crowd(programs, machine.programming.writers, "crossbars are written", "XBR-26", "write fewer crossbars at once");
  crowd(fires, machine.firing, "crossbars fire", "XBR-26", "fire fewer crossbars at once");
  crowd(fetches, 1, "loads are fetched", "XBR-27", "fetch one load after the other");

  const waits = (layer: LayerId, i: number, until: number, whose: string) => {
    const start = first[layer]![i]!;
    if (start < until - slack)
      say("XBR-28", `layer ${layers[layer]!.name}, inference ${i}`, `fires from ${start} s, ${whose} until ${until} s`, "let it wait");
  };
  const ends = Array.from({ length: inferences }, (_, i) => last.reduce((latest, l) => Math.max(latest, l[i]!), 0));
  layers.forEach(({ after }, layer) => {
    for (let i = 0; i < inferences; i++) {
      for (const before of after) waits(layer, i, last[before]![i]!, `${layers[before]!.name}, which it needs,`);
      if (i > 0) waits(layer, i, ends[i - 1]!, "the inference before");
    }
  });
  return found;
}

/** Messages of this kind shown at most. */
const MOST = 20;

/** Of sums in another order, as a share of the table's length. */
const ROUNDING = 1e-12;

interface Span {
  readonly start: number;
  readonly end: number;
}

/** When the last load has fired. */
export const lengthOf = (sequences: CrossbarPlan["sequences"]): number =>
  sequences.reduce((latest, loads) => loads.reduce((end, { fire }) => Math.max(end, fire.end), latest), 0);

const order = (fetch: Span, program: Span, fire: Span, free: number): string =>
  `fetched ${fetch.start} to ${fetch.end} s, written ${program.start} to ${program.end} s, fired from ${fire.start} s on a crossbar that is free from ${free} s`;

/** The most spans that hold at one moment, and the first such moment; what ends where another begins does not meet it. */
function mostAtOnce(spans: readonly Span[], slack: number): { readonly count: number; readonly at: number } {
  const starts = Float64Array.from(spans, ({ start }) => start).sort();
  const ends = Float64Array.from(spans, ({ end }) => end - slack).sort();
  let [count, at] = [0, 0];
  for (let s = 0, e = 0; s < starts.length; s++) {
    while (ends[e]! <= starts[s]!) e++;
    if (s + 1 - e > count) [count, at] = [s + 1 - e, starts[s]!];
  }
  return { count, at };
}
