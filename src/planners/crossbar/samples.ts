import { codeWords } from "../../cost/crossbar/encoding.js";
import { geometryOf } from "../../cost/crossbar/geometry.js";
import type { Encoding } from "../../target/crossbar-target.js";
import { account, type Bench, benchOf, type Visit } from "./account.js";
import { inputCodes, laidOut, type Matrix, type Placed, withTable } from "./images.js";
import { sortByRank, sortingOf, wordsOf } from "./packed.js";
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

/** Rounds of which samples are taken; numbers between them cost what the next one does. */
const SAMPLED = [1, 2, 4, 8];
/** Inputs of a sample that are matched together. */
const MATCHED = 32;
/** Most rounds and strips of a sample. */
const SAMPLED_ROUNDS = 8;
export const STRIPS = 2;
/** Loads of a sample that are gone through, about. */
const LOADS = 12;

/** What loads take on average: of the rounds of a strip after one another, and from one strip to the next. */
export interface Steps {
  readonly inner: Step;
  readonly between: Step;
}

/** Takes samples, each one once: of strips of so many bundles, of all that fit where that is left out. */
export type Sampler = (matrix: Matrix, coding: Coding, rounds: number, fill: number | undefined) => Steps;

export function samplerOf(machine: Machine): Sampler {
  const known = new Map<Matrix, Map<string, Steps>>();
  // Layouts of the same codes come one after the other, and share orders of inputs.
  let last: { readonly matrix: Matrix; readonly key: string; readonly content: Placed } | undefined;
  const sorts = sortsOf();
  const bench = benchOf(machine);
  return (matrix, coding, asked, fill) => {
    const { encoding, layout, sharing } = coding;
    const rounds = Math.min(SAMPLED.find((count) => asked <= count) ?? SAMPLED_ROUNDS, matrix.inputs);
    const mine = known.get(matrix) ?? new Map<string, Steps>();
    known.set(matrix, mine);
    const key = `${encoding} ${sharing} ${rounds}`;
    const strips = `${key} ${layout} ${fill ?? "full"}`;
    const seen = mine.get(strips);
    if (seen !== undefined) return seen;
    if (last?.matrix !== matrix || last.key !== key) last = { matrix, key, content: sample(matrix, coding, rounds, machine, sorts) };
    const { content } = last;
    const mapping = { ...content, layout, ...(fill === undefined ? {} : { fill }) };
    const steps = stepsOf({ ...mapping, geometry: geometryOf(content.matrix, mapping, machine) }, machine, bench);
    mine.set(strips, steps);
    return steps;
  };
}

/**
 * A sample of a layer: some of its bundles as strips on one crossbar, with as many lines as that has. Where there are several rounds, lines as they are cut from the order of all inputs of the
 * bundle: the more inputs there are the more alike are neighbours.
 */
function sample(matrix: Matrix, coding: Coding, rounds: number, machine: Machine, sorts: Sorts): Placed {
  const whole = laidOut(matrix, { ...coding, spread: 1, rounds, top: 0 }, machine);
  const full = whole.geometry;
  const bundles = Math.min(full.bundles, STRIPS * full.across * full.high);
  const lines = Math.max(1, Math.min(Math.floor(matrix.inputs / rounds), machine.rows));
  const count = lines * rounds;
  const inputsOf = rounds > 1 ? sorts(whole) : () => undefined;
  // Of each line neighbours in the order; without one, inputs from all over.
  const places = new Int32Array(count);
  for (let k = 0; k < count; k++)
    places[k] =
      rounds > 1
        ? Math.floor((Math.floor(k / rounds) * (matrix.inputs - rounds)) / Math.max(1, lines - 1)) + (k % rounds)
        : Math.floor((k * matrix.inputs) / count);
  const values = new Int8Array(bundles * count * coding.sharing);
  for (let b = 0; b < bundles; b++) {
    // Bundles from all over the layer.
    const from = Math.floor((b * full.bundles) / bundles);
    const group = Math.floor(from / full.bundlesPerGroup);
    const first = (from % full.bundlesPerGroup) * coding.sharing;
    const order = inputsOf(from);
    for (let n = 0; n < coding.sharing && first + n < matrix.outputs; n++) {
      const weights = (group * matrix.outputs + first + n) * matrix.inputs;
      for (let k = 0, to = (b * coding.sharing + n) * count; k < count; k++, to++) {
        const place = places[k]!;
        values[to] = matrix.values[weights + (order === undefined ? place : order[place]!)]!;
      }
    }
  }
  const sampled: Matrix = { ...matrix, groups: bundles, inputs: count, outputs: coding.sharing, values };
  const p = laidOut(sampled, { ...coding, spread: 1, rounds, top: 0 }, machine);
  return withTable(p, tabled(p, undefined, MATCHED));
}

/** Tells the inputs of a bundle in the order of their codes. */
type Sorts = (p: ReturnType<typeof laidOut>) => (bundle: number) => Int32Array;

/** Sorts each bundle once, as long as none of another layer or in other codes is asked for: numbers of rounds that are tried one after the other share orders. */
function sortsOf(): Sorts {
  let last:
    | { readonly matrix: Matrix; readonly encoding: Encoding; readonly sharing: number; readonly orders: Map<number, Int32Array> }
    | undefined;
  return (p) => {
    const { matrix, encoding, sharing } = p;
    if (last?.matrix !== matrix || last.encoding !== encoding || last.sharing !== sharing)
      last = { matrix, encoding, sharing, orders: new Map() };
    const { orders } = last;
    const coded = codeWords(p.code, p.cellBits);
    const length = wordsOf(sharing * p.geometry.slices, p.cellBits);
    const words = new Uint32Array(matrix.inputs * length);
    const sorting = sortingOf(matrix.inputs, length);
    return (bundle) => {
      const known = orders.get(bundle);
      if (known !== undefined) return known;
      sortByRank(inputCodes(p, bundle, coded, words), sorting);
      const order = sorting.order.slice();
      orders.set(bundle, order);
      return order;
    };
  };
}

/** What the loads of a sample take on average. */
function stepsOf(p: Placed, machine: Machine, bench: Bench): Steps {
  const { rounds } = p;
  const visits: Visit[] = [];
  for (let strip = 0; strip < Math.min(p.geometry.strips, Math.max(STRIPS, Math.floor(LOADS / rounds))); strip++)
    for (let t = 0; t < rounds; t++) visits.push({ layer: 0, strip, part: 0, round: strip % 2 === 0 ? t : rounds - 1 - t });
  const { setEnergy, resetEnergy, stepEnergy } = machine.programming;
  const steps: Step[] = [];
  account(visits, [p], machine, bench, ({ writing, fetched }) => {
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
