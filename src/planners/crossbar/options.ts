import { inputCycles, SUM_BYTES, sharedOut } from "../../cost/crossbar/firing.js";
import { geometryOf } from "../../cost/crossbar/geometry.js";
import type { Encoding } from "../../target/crossbar-target.js";
import { account, benchOf, type Visit } from "./account.js";
import { laidOut, type Matrix, type Placed, withTable } from "./images.js";
import type { Layout, Machine } from "./plan.js";
import { tabled } from "./tables.js";

/** How the integers of a layer become cells and share orders. */
export interface Coding {
  readonly encoding: Encoding;
  readonly layout: Layout;
  readonly sharing: number;
}

/** What writing costs, per load. */
export interface Step {
  readonly time: number;
  readonly energy: number;
  readonly writes: number;
  /** Bytes that come with it. */
  readonly fetched: number;
}

/** A way to give a layer crossbars: `lanes` strips side by side, each on `spread` crossbars. */
export interface Option {
  readonly coding: Coding;
  readonly spread: number;
  readonly rounds: number;
  readonly lanes: number;
  /** Most bundles of a strip; as many as fit where absent. */
  readonly fill: number | undefined;
  /** Rows that it takes of each of its crossbars, and of the last. */
  readonly deep: number;
  readonly last: number;
  /** Columns that it takes of each of its crossbars. */
  readonly wide: number;
  /** Whether bundles stand above one another, so that the mapping says where a strip begins; else the table does. */
  readonly stacked: boolean;
  readonly strips: number;
  /** Seconds that a load fires, and what writing one takes by sample: the next round of a strip, and the next strip. */
  readonly fire: number;
  readonly inner: Step;
  readonly between: Step;
  /** Counted in cells: what others may not use. */
  readonly crossbars: number;
  /** Estimates per inference: seconds of writing, seconds of the layer from its first fire to its last, picojoules, cells written, and the most that one cell is written. */
  readonly programming: number;
  readonly latency: number;
  readonly energy: number;
  readonly writes: number;
  readonly most: number;
}

/** Rounds of which samples are taken; numbers between them cost what the next one does. */
const SAMPLED = [1, 2, 4, 8];
/** Inputs of a sample that are matched together. */
const MATCHED = 32;
/** Most rounds and strips of a sample. */
const SAMPLED_ROUNDS = 8;
const STRIPS = 2;

/** What loads take on average: of the rounds of a strip after one another, and from one strip to the next. */
interface Steps {
  readonly inner: Step;
  readonly between: Step;
}

/** Takes samples, each one once. */
export type Sampler = (matrix: Matrix, coding: Coding, rounds: number) => Steps;

export function samplerOf(machine: Machine): Sampler {
  const known = new Map<Matrix, Map<string, Steps>>();
  // Layouts of the same codes come one after the other, and share orders of inputs.
  let last: { readonly matrix: Matrix; readonly key: string; readonly content: Placed } | undefined;
  return (matrix, coding, rounds) => {
    const { encoding, layout, sharing } = coding;
    const mine = known.get(matrix) ?? new Map<string, Steps>();
    known.set(matrix, mine);
    const key = `${encoding} ${sharing} ${rounds}`;
    const seen = mine.get(`${key} ${layout}`);
    if (seen !== undefined) return seen;
    if (last?.matrix !== matrix || last.key !== key) last = { matrix, key, content: sample(matrix, coding, rounds, machine) };
    const steps = stepsOf({ ...last.content, layout }, machine);
    mine.set(`${key} ${layout}`, steps);
    return steps;
  };
}

/** A sample of a layer: the bundles of the first strips, on one crossbar, with every n-th input so that the rounds are full. */
function sample(matrix: Matrix, coding: Coding, rounds: number, machine: Machine): Placed {
  const full = geometryOf(matrix, { ...coding, spread: 1, rounds, top: 0 }, machine);
  const strips = Math.min(STRIPS, full.strips);
  const bundles = Math.min(full.bundles, strips * full.across * full.high);
  const shown = Math.min(rounds, SAMPLED_ROUNDS);
  const count = Math.max(1, Math.min(matrix.inputs, Math.round((matrix.inputs * shown) / rounds), machine.rows * shown));
  const values = new Int8Array(bundles * count * coding.sharing);
  for (let b = 0; b < bundles; b++) {
    // Bundles from all over the layer.
    const from = Math.floor((b * full.bundles) / bundles);
    const group = Math.floor(from / full.bundlesPerGroup);
    const first = (from % full.bundlesPerGroup) * coding.sharing;
    for (let k = 0; k < count; k++) {
      const input = Math.floor((k * matrix.inputs) / count);
      for (let n = 0; n < coding.sharing && first + n < matrix.outputs; n++)
        values[(b * count + k) * coding.sharing + n] = matrix.values[(group * matrix.inputs + input) * matrix.outputs + first + n]!;
    }
  }
  const sampled: Matrix = { ...matrix, groups: bundles, inputs: count, outputs: coding.sharing, values };
  const p = laidOut(sampled, { ...coding, spread: 1, rounds: shown, top: 0 }, machine);
  const table = tabled(p, undefined, MATCHED);
  return withTable(p, table);
}

/** What the loads of a sample take on average. */
function stepsOf(p: Placed, machine: Machine): Steps {
  const { rounds } = p;
  const visits: Visit[] = [];
  for (let strip = 0; strip < p.geometry.strips; strip++)
    for (let t = 0; t < rounds; t++) visits.push({ layer: 0, strip, part: 0, round: strip % 2 === 0 ? t : rounds - 1 - t });
  const { setEnergy, resetEnergy, stepEnergy } = machine.programming;
  const steps: Step[] = [];
  account(visits, [p], machine, 1, benchOf(machine), ({ writing, fetched }) => {
    steps.push({
      time: writing.time,
      energy: writing.up * setEnergy + writing.down * resetEnergy + writing.steps * stepEnergy,
      writes: writing.writes,
      fetched: fetched.weights + fetched.index,
    });
  });
  const mean = (chosen: readonly Step[]): Step => {
    const add = (key: keyof Step) => chosen.reduce((sum, step) => sum + step[key], 0) / Math.max(1, chosen.length);
    return { time: add("time"), energy: add("energy"), writes: add("writes"), fetched: add("fetched") };
  };
  return {
    inner: mean(steps.filter((_, k) => k % rounds !== 0)),
    between: mean(steps.filter((_, k) => k > 0 && k % rounds === 0)),
  };
}

/** Numbers of rounds that are looked at, most first; never more than inputs. Many where crossbars are scarce. */
export function roundsOf({ inputs }: Matrix, rows: number, scarce: boolean): readonly number[] {
  const most = Math.max(Math.ceil(inputs / rows), Math.min(inputs, 8));
  const all = Array.from({ length: most }, (_, k) => k + 1).filter((rounds) => rounds <= 8 || rounds === most || rounds % 4 === 0);
  if (scarce)
    for (let rounds = most * 2; ; rounds *= 2) {
      all.push(Math.min(inputs, rounds));
      if (rounds >= inputs) break;
    }
  return all.reverse();
}

/** The ways to give a layer crossbars in so many rounds: close together in one lane of strips to as many as it has, or thinly on more. Empty where a bundle is wider than a crossbar. */
export function optionsOf(
  matrix: Matrix,
  coding: Coding,
  choices: readonly number[],
  machine: Machine,
  batch: number,
  sampled: Sampler,
): readonly Option[] {
  const sampledFor = (rounds: number) => {
    const at = SAMPLED.find((count) => rounds <= count) ?? SAMPLED_ROUNDS;
    return sampled(matrix, coding, Math.min(at, matrix.inputs));
  };
  const options: Option[] = [];
  for (const rounds of choices) {
    const lines = Math.ceil(matrix.inputs / rounds);
    const fewest = Math.ceil(lines / machine.rows);
    const geometry = geometryOf(matrix, { ...coding, spread: fewest, rounds, top: 0 }, machine);
    if (geometry.across === 0) return [];
    const steps = rounds === 1 && geometry.strips === 1 ? undefined : sampledFor(rounds);
    for (const spread of spreadsOf(lines, fewest, machine))
      for (const fill of fillsOf(spread === fewest ? geometry : { ...geometry, high: 1 }))
        options.push(...waysOf(matrix, coding, { spread, rounds, fill }, steps, machine, batch));
  }
  return options;
}

/** Numbers of crossbars for so many lines that take different rows of each: as few as hold them, and more down to one block of a unit's rows each. */
function spreadsOf(lines: number, fewest: number, { rows, unit }: Machine): readonly number[] {
  const spreads = [fewest];
  for (let deep = Math.floor(rows / unit.rows) * unit.rows; deep >= unit.rows; deep -= unit.rows) {
    const spread = Math.ceil(lines / deep);
    if (spread > spreads.at(-1)!) spreads.push(spread);
  }
  return spreads;
}

/** The narrowest halving of a crossbar's columns that is as broad. */
function paneOf(breadth: number, columns: number): number {
  let pane = columns;
  while (pane % 2 === 0 && pane / 2 >= breadth) pane /= 2;
  return pane;
}

/** Rows that so many lines take of each of `spread` crossbars: whole blocks of units where there are several. */
export const deepOf = (lines: number, spread: number, { rows, unit }: Machine): number =>
  spread === 1 ? lines : Math.min(rows, Math.ceil(lines / spread / unit.rows) * unit.rows);

/** Numbers of bundles per strip: all that fit, fewer above one another, fewer side by side. */
function fillsOf({ across, high }: { readonly across: number; readonly high: number }): readonly (number | undefined)[] {
  const fills: (number | undefined)[] = [undefined];
  for (let h = Math.floor(high / 2); h >= 1; h = Math.floor(h / 2)) fills.push(h * across);
  for (let w = Math.floor(across / 2); w >= 1; w = Math.floor(w / 2)) fills.push(w);
  return fills;
}

/** One arrangement of a layer, from all strips in one lane to a lane for each; thin ones only with as many lanes as there may be. */
function waysOf(
  matrix: Matrix,
  coding: Coding,
  form: Pick<Option, "spread" | "rounds" | "fill">,
  steps: { readonly inner: Step; readonly between: Step } | undefined,
  machine: Machine,
  batch: number,
): readonly Option[] {
  const mapping = { ...coding, ...form, top: 0 };
  const { rounds, spread, fill } = form;
  const { strips, across, high, width, bundles, lines, height } = geometryOf(matrix, mapping, machine);
  const { programming, unit, converters, cycle, unitEnergy, offChipRate, offChipEnergy, rows, columns } = machine;
  const sampled = steps ?? { inner: NOTHING, between: NOTHING };
  const stacked = spread === 1 && lines < rows;
  const deep = stacked ? height : deepOf(Math.ceil(matrix.inputs / rounds), spread, machine);
  const wide = paneOf(Math.min(across, bundles) * width, columns);
  // Of a full crossbar, that a sample was taken of.
  const full = geometryOf(matrix, { ...mapping, fill: undefined }, machine);
  const [here, there] = [Math.min(across * high, bundles), Math.min(full.across * full.high, bundles)];
  const part = here / there / (spread / Math.ceil(Math.ceil(matrix.inputs / rounds) / rows));
  const inner = shareOf(sampled.inner, part);
  const between = shareOf(sampled.between, part);
  // Rows of either sign fire apart.
  const signs = coding.encoding === "magnitude" ? 2 : 1;
  const blocks = signs * here * Math.ceil(Math.min(deep, lines) / unit.rows) * Math.ceil(width / unit.columns);
  const perVector = inputCycles(matrix.inputBits, machine.inputBits) * blocks;
  const vectors = matrix.vectors * batch;
  const partial = 2 * sharedOut(matrix, spread * rounds, batch, machine.buffer) * SUM_BYTES * vectors;
  const fire = Math.max(vectors * Math.ceil(perVector / converters) * cycle, (partial * here * mapping.sharing) / offChipRate);
  const moved = partial * matrix.groups * matrix.outputs * spread * rounds;
  // A crossbar holds one strip of a layer at a time.
  const possible = lanesOf(strips, fill === undefined ? 0 : Math.floor(machine.crossbars / spread)).filter(
    (lanes) => lanes * spread <= machine.crossbars,
  );
  return possible.map((lanes): Option => {
    const turns = Math.ceil(strips / lanes);
    const within = strips * (rounds - 1) * spread;
    const beyond = (strips - lanes) * spread;
    const sum = (key: keyof Step) => within * inner[key] + beyond * between[key];
    const chain = turns * (rounds - 1) * inner.time + (turns - 1) * between.time;
    const time = Math.max(chain, sum("time") / programming.writers, sum("fetched") / offChipRate);
    const last = stacked && turns === 1 ? lines * Math.ceil((bundles - (strips - 1) * here) / across) : deep;
    return {
      coding,
      spread,
      rounds,
      lanes,
      fill,
      deep,
      last,
      wide,
      stacked,
      strips,
      fire,
      inner,
      between,
      crossbars: (((lanes * spread - 1) * deep + last) * wide) / (rows * columns),
      programming: time,
      latency: Math.max(time + turns * rounds * fire, (strips * rounds * spread * fire) / machine.firing),
      energy: sum("energy") + (sum("fetched") + moved) * offChipEnergy + strips * spread * rounds * vectors * perVector * unitEnergy,
      writes: sum("writes"),
      most: turns * rounds - 1,
    };
  });
}

const NOTHING: Step = { time: 0, energy: 0, writes: 0, fetched: 0 };

const shareOf = ({ time, energy, writes, fetched }: Step, part: number): Step => ({
  time: time * part,
  energy: energy * part,
  writes: writes * part,
  fetched: fetched * part,
});

/** Numbers of lanes with different numbers of turns; of thin strips, that shall fire at once, the fewest turns in which `beside` crossbars hold them. */
function lanesOf(strips: number, beside: number): readonly number[] {
  if (beside > 0) return [Math.ceil(strips / Math.ceil(strips / beside))];
  const lanes: number[] = [];
  for (let turns = 1; turns <= strips; turns = turns < 16 ? turns + 1 : turns * 2) {
    const needed = Math.ceil(strips / turns);
    if (lanes.at(-1) !== needed) lanes.push(needed);
  }
  if (lanes.at(-1) !== 1) lanes.push(1);
  return lanes;
}
