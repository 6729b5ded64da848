import { inputCycles, SUM_BYTES, sharedOut } from "../../cost/crossbar/firing.js";
import { type Geometry, geometryOf } from "../../cost/crossbar/geometry.js";
import type { Matrix } from "./images.js";
import type { Machine } from "./plan.js";
import { type Coding, type Sampler, STRIPS, type Step } from "./samples.js";

/** A way to give a layer crossbars: `lanes` strips side by side, each on `spread` crossbars. */
export interface Form {
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
  /** Seconds that a load fires, activations of operation units that one takes, and bytes of partial sums that the layer moves off chip and back. */
  readonly fire: number;
  readonly fired: number;
  readonly moved: number;
  /** Counted in cells: what others may not use. */
  readonly crossbars: number;
  /** The most that one cell is written in an inference. */
  readonly most: number;
  /** Bundles in a sample's strips that tell what writing takes, where it is not all that fit; and how many times as much a load of this form writes. */
  readonly cut: number | undefined;
  readonly part: number;
}

/** A form and what it takes. */
export interface Option extends Form {
  /** What writing a load takes by sample: the next round of a strip, and the next strip. */
  readonly inner: Step;
  readonly between: Step;
  /** Estimates per inference: seconds of writing, seconds of the layer from its first fire to its last, picojoules, cells written. */
  readonly programming: number;
  readonly latency: number;
  readonly energy: number;
  readonly writes: number;
}

/** Loads of a layer in one pass. */
export const loadCountOf = ({ strips, rounds, spread }: Form): number => strips * rounds * spread;

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
export function formsOf(matrix: Matrix, coding: Coding, choices: readonly number[], machine: Machine, batch: number): readonly Form[] {
  const forms: Form[] = [];
  for (const rounds of choices) {
    const lines = Math.ceil(matrix.inputs / rounds);
    const fewest = Math.ceil(lines / machine.rows);
    const full = geometryOf(matrix, { ...coding, spread: fewest, rounds, top: 0 }, machine);
    if (full.across === 0) return [];
    for (const spread of spreadsOf(lines, fewest, machine))
      for (const fill of fillsOf(spread === fewest ? full : { ...full, high: 1 }))
        forms.push(...lanedForms(matrix, coding, { spread, rounds, fill }, full, machine, batch));
  }
  return forms;
}

/** What forms of a layer come to by samples. */
export function optionsOf(matrix: Matrix, forms: readonly Form[], machine: Machine, sampled: Sampler): readonly Option[] {
  const { programming, offChipRate, offChipEnergy, firing, unitEnergy } = machine;
  return forms.map((form): Option => {
    const { coding, rounds, spread, strips, lanes, cut, part, fire, fired, moved } = form;
    const steps = sampled(matrix, coding, rounds, cut);
    const inner = shareOf(steps.inner, part);
    const between = shareOf(steps.between, part);
    const turns = Math.ceil(strips / lanes);
    const within = strips * (rounds - 1) * spread;
    const beyond = (strips - lanes) * spread;
    const sum = (key: keyof Step) => within * inner[key] + beyond * between[key];
    const chain = turns * (rounds - 1) * inner.time + (turns - 1) * between.time;
    const time = Math.max(chain, sum("time") / programming.writers, sum("fetched") / offChipRate);
    return {
      ...form,
      inner,
      between,
      programming: time,
      latency: Math.max(time + turns * rounds * fire, (strips * rounds * spread * fire) / firing),
      energy: sum("energy") + (sum("fetched") + moved) * offChipEnergy + strips * spread * rounds * fired * unitEnergy,
      writes: sum("writes"),
    };
  });
}

/** Columns of a row. */
const writtenAtOnce = ({ programming, columns }: Machine): number =>
  programming.model === "driver" || programming.model === "unit" ? Math.min(programming.drivers, columns) : columns;

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

/**
 * One arrangement of a layer, from all strips in one lane to a lane for each; thin ones only with as many lanes as there may be.
 *
 * @param full the layer on as few crossbars as hold it.
 */
function lanedForms(
  matrix: Matrix,
  coding: Coding,
  arrangement: Pick<Form, "spread" | "rounds" | "fill">,
  full: Geometry,
  machine: Machine,
  batch: number,
): readonly Form[] {
  const { rounds, spread, fill } = arrangement;
  const { strips, across, high, width, bundles, lines, height } = geometryOf(matrix, { ...coding, ...arrangement, top: 0 }, machine);
  const { unit, converters, cycle, offChipRate, rows, columns } = machine;
  const stacked = spread === 1 && lines < rows;
  const deep = stacked ? height : deepOf(Math.ceil(matrix.inputs / rounds), spread, machine);
  const here = Math.min(across * high, bundles);
  const wide = paneOf(Math.min(across, bundles) * width, columns);
  // Writing takes as much longer as there is more to write, but for strips narrower than what is written at once, or of which a sample has hardly two.
  const [most, shown] = [full.across * full.high, Math.min(bundles, STRIPS * full.across * full.high)];
  const apart = here < most && (shown < STRIPS * most || here * width < writtenAtOnce(machine));
  // One strip alone: its halves tell what writing it over another layer takes.
  const cut = shown > (apart ? here : most) ? (apart ? here : most) : Math.max(1, Math.floor(shown / 2));
  const perStrip = shown / Math.ceil(shown / cut);
  // Rows of either sign fire apart.
  const signs = coding.encoding === "magnitude" ? 2 : 1;
  const blocks = signs * here * Math.ceil(Math.min(deep, lines) / unit.rows) * Math.ceil(width / unit.columns);
  const perVector = inputCycles(matrix.inputBits, machine.inputBits) * blocks;
  const vectors = matrix.vectors * batch;
  const partial = 2 * sharedOut(matrix, spread * rounds, batch, machine.buffer) * SUM_BYTES * vectors;
  const same = {
    coding,
    spread,
    rounds,
    fill,
    deep,
    wide,
    stacked,
    strips,
    fire: Math.max(vectors * Math.ceil(perVector / converters) * cycle, (partial * here * coding.sharing) / offChipRate),
    fired: vectors * perVector,
    moved: partial * matrix.groups * matrix.outputs * spread * rounds,
    cut: cut < most ? cut : undefined,
    part: bundles / strips / perStrip / (spread / full.parts),
  };
  // A crossbar holds one strip of a layer at a time.
  return lanesOf(strips, fill === undefined ? 0 : Math.floor(machine.crossbars / spread))
    .filter((lanes) => lanes * spread <= machine.crossbars)
    .map((lanes): Form => {
      const turns = Math.ceil(strips / lanes);
      const last = stacked && turns === 1 ? lines * Math.ceil((bundles - (strips - 1) * here) / across) : deep;
      return {
        ...same,
        lanes,
        last,
        crossbars: (((lanes * spread - 1) * deep + last) * wide) / (rows * columns),
        most: turns * rounds - 1,
      };
    });
}

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
