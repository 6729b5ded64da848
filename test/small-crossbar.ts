import { toBase64 } from "../src/base/base64.js";
import { rng } from "../src/base/rng.js";
import type { Picojoules, Seconds } from "../src/base/units.js";
import { mostWorn } from "../src/cost/crossbar/cells.js";
import { geometryOf } from "../src/cost/crossbar/geometry.js";
import type { CrossbarPlan, CrossbarProblem, Layer, Load, Machine, Mapping } from "../src/planners/crossbar/plan.js";
import { rigOf, runCrossbar, takenOf } from "../src/planners/crossbar/replay-cells.js";
import { contentAt, sheetOf, weightsOf } from "../src/planners/crossbar/replay-sheets.js";
import { totalsOf } from "../src/planners/crossbar/replay-ways.js";

/** Crossbars of 8 x 16 one-bit cells in units of 4 x 8, on which all times and energies are small whole numbers. */
export const smallMachine = (change: Partial<Machine> = {}): Machine => ({
  crossbars: 2,
  rows: 8,
  columns: 16,
  cellBits: 1,
  unit: { rows: 4, columns: 8 },
  inputBits: 1,
  cycle: 1 as Seconds,
  converters: 1,
  firing: 2,
  unitEnergy: 1 as Picojoules,
  programming: {
    model: "driver",
    set: 2 as Seconds,
    reset: 3 as Seconds,
    pulses: "difference",
    attempts: 1,
    verifyRead: 0 as Seconds,
    drivers: 4,
    writers: 1,
    row: 5 as Seconds,
    setEnergy: 1 as Picojoules,
    resetEnergy: 1 as Picojoules,
    stepEnergy: 1 as Picojoules,
    endurance: 1e6,
  },
  offChipRate: 2 as Machine["offChipRate"],
  offChipEnergy: 1 as Machine["offChipEnergy"],
  buffer: 4096 as Machine["buffer"],
  ...change,
});

export function smallLayer(seed: number, change: Partial<Layer> = {}): Layer {
  const shape = {
    name: `layer ${seed}`,
    type: "Gemm",
    groups: 1,
    inputs: 12,
    outputs: 3,
    vectors: 2,
    after: [],
    bits: 4,
    inputBits: 4,
    ...change,
  };
  const random = rng(seed);
  const most = 2 ** (shape.bits - 1) - 1;
  const weights = Int8Array.from(
    { length: shape.groups * shape.inputs * shape.outputs },
    () => Math.floor(random() * (2 * most + 1)) - most,
  );
  return { ...shape, weights: toBase64(new Uint8Array(weights.buffer)) };
}

export const smallProblem = (layers: readonly Layer[], machine: Partial<Machine> = {}): CrossbarProblem => ({
  kind: "crossbar",
  objective: "latency",
  machine: smallMachine(machine),
  sharing: undefined,
  encoding: undefined,
  batch: 1,
  layers,
  assumptions: [],
});

export type Laid = Pick<Mapping, "encoding" | "layout" | "sharing" | "spread" | "rounds">;

/** A mapping with a random order of the inputs of every bundle. */
export function randomMapping(layer: Layer, laid: Laid, machine: Machine, seed: number): Mapping {
  const mapping = { ...laid, top: 0 };
  const { bundles, lines } = geometryOf(layer, mapping, machine);
  const entries = laid.rounds * lines;
  const random = rng(seed);
  const table = Array.from({ length: bundles }, () => {
    const held = new Uint16Array(entries).fill(0xffff);
    const free = Array.from({ length: entries }, (_, k) => k);
    for (let input = 0; input < layer.inputs; input++) held[free.splice(Math.floor(random() * free.length), 1)[0]!] = input;
    return toBase64(new Uint8Array(held.buffer));
  });
  return { ...mapping, table };
}

/** A plan that does one thing after the other: each load on the next crossbar, fetched, written, fired. */
export function slowPlan(problem: CrossbarProblem, mappings: readonly Mapping[], inferences: 1 | 2 = 1): CrossbarPlan {
  const { machine, layers, batch } = problem;
  const sheets = layers.map((layer, l) => sheetOf(layer, weightsOf(layer)!, mappings[l]!, machine)!);
  const contents = sheets.flatMap((sheet, l) => Array.from({ length: sheet.geometry.loads }, (_, place) => contentAt(sheet, l, place)));
  const all = Array.from({ length: inferences }, (_, i) => (i === 0 ? contents : contents)).flat();
  const turns = all.map((content, k) => ({ content, crossbar: (k % contents.length) % machine.crossbars, written: true, at: k }));
  const rig = rigOf(machine, batch);
  let most = 0;
  const taken = takenOf(turns.length);
  const sequences = Array.from({ length: machine.crossbars }, (_, x): Load[] => {
    const mine = turns.filter(({ crossbar }) => crossbar === x);
    runCrossbar(mine, sheets, rig, "difference", taken);
    most = Math.max(most, mostWorn(rig.worn));
    return [];
  });
  let now = 0;
  const span = (time: number) => {
    const start = now;
    now += time;
    return { start: start as Seconds, end: now as Seconds };
  };
  for (const { content, crossbar, at } of turns) {
    const [fetch, program, fire] = [span(taken.fetch[at]!), span(taken.program[at]!), span(taken.fire[at]!)];
    sequences[crossbar]!.push({ ...content, fetch, program, fire });
  }
  const { energy, cellWrites, maxCellWrites } = totalsOf(taken, most, inferences);
  return {
    kind: "crossbar",
    mappings,
    inferences,
    sequences,
    levels: [{ name: "overlap", unit: "seconds", value: now, bound: 0, scope: "none" }],
    claims: { latency: (now / inferences) as Seconds, energy, cellWrites, maxCellWrites },
  };
}
