import { type Diagnostic, fail } from "../../base/diagnostic.js";
import { type CrossbarLayer, type CrossbarRun, type CrossbarWay, type LedgerRow, type Replay, trafficByCause } from "../../base/replay.js";
import { bytes, picojoules, seconds } from "../../base/units.js";
import { entryBits } from "../../cost/crossbar/fetching.js";
import type { CrossbarPlan, CrossbarProblem } from "./plan.js";
import { baselinesOf, type Coding, plainCoding } from "./replay-baselines.js";
import { countsOf, inOrderOf, type Manner, type Rig, rigOf, runCrossbar, type Taken, takenOf } from "./replay-cells.js";
import { eventsOf, tick } from "./replay-events.js";
import { fire, type Products, productsOf, roomToFire, wrongOutput } from "./replay-products.js";
import { residencyOf } from "./replay-residency.js";
import { watchTurn } from "./replay-rotation.js";
import { orderedSheet, type Sheet } from "./replay-sheets.js";
import { lengthOf, timeViolations } from "./replay-time.js";
import { mostBytes, overflows, uncovered } from "./replay-waiting.js";
import { byStrip, carry, inTurn, separately, type Turns, totalsOf } from "./replay-ways.js";

/**
 * Runs a plan whose form is right on cells: every crossbar through its loads, again and again, each write counted, each fire made with input vectors,
 * all times held against what was written.
 *
 * @param inferenceOf of each load.
 */
export function replay(
  problem: CrossbarProblem,
  plan: CrossbarPlan,
  sheets: readonly Sheet[],
  inferenceOf: readonly Uint8Array[],
): { readonly replay: Replay; readonly violations: readonly Diagnostic[] } {
  const { machine, layers, batch } = problem;
  const { sequences, inferences } = plan;
  const rig = rigOf(machine, batch);
  const products = layers.map((layer, id) => productsOf(problem, layer, id, inferences));
  const firing = roomToFire(machine, products);
  /** Cells by how often the table writes them. */
  const wear = new Float64Array(2 * sequences.reduce((most, loads) => Math.max(most, loads.length), 0) + 1);
  const turning = plan.rotation && watchTurn(machine, plan.rotation, inferences);
  const taken = takenOf(sequences.reduce((sum, loads) => sum + loads.length, 0));
  let at = 0;
  sequences.forEach((loads, x) => {
    const visits = loads.map((content) => ({ content, written: content.program.end > content.program.start, at: at++ }));
    runCrossbar(visits, sheets, rig, "difference", taken, (k, sheet, bundles, cells) => {
      fire(sheet, bundles, products[loads[k]!.layer]!, inferenceOf[x]![k]!, machine, rig.format, cells, firing);
    });
    for (const count of countsOf(rig)) wear[count]!++;
    turning?.see(rig);
  });
  const held = mostBytes(problem, plan, taken, inferenceOf);
  const violations = [
    ...timeViolations(problem, plan, taken, inferenceOf),
    ...cellViolations(problem, plan, taken),
    ...productViolations(problem, sheets, products),
    ...overflows(problem, held),
  ];
  const rotation = turning?.seen();
  const told = tell(problem, plan, sheets, taken, inferenceOf, wear, held);
  if (violations.length > 0) return { replay: told, violations };
  const compared = comparedWith(problem, plan, sheets, taken, mostOf(wear), rig);
  return { replay: { ...told, crossbar: { ...told.crossbar!, ...compared, ...(rotation && { rotation }) } }, violations };
}

/** Messages of one kind shown at most. */
const MOST = 20;

/** Cells that hold something else than their load says when they fire. */
function cellViolations({ layers }: CrossbarProblem, { sequences }: CrossbarPlan, { right, writes }: Taken): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  let at = 0;
  sequences.forEach((loads, x) => {
    loads.forEach(({ layer }, k) => {
      if (right[at] === 0 && found.length < MOST)
        found.push(
          fail(
            "XBR-29",
            `plan.sequences[${x}][${k}] (${layers[layer]!.name})`,
            `fires while ${writes[at]} cells hold other weights, and no time is given to writing them`,
            "write them before",
          ),
        );
      at++;
    });
  });
  return found;
}

const productViolations = ({ layers }: CrossbarProblem, sheets: readonly Sheet[], products: readonly Products[]): readonly Diagnostic[] =>
  layers
    .flatMap(({ name }, l) => {
      const wrong = wrongOutput(sheets[l]!, products[l]!);
      if (wrong === undefined) return [];
      const { vector, group, output, computed, expected } = wrong;
      const where = `layer ${name}, group ${group}, output ${output}, input vector ${vector}`;
      return [fail("XBR-30", where, `the crossbars add up ${computed}, the product is ${expected}`, "report this: the mapping is wrong")];
    })
    .slice(0, MOST);

function tell(
  problem: CrossbarProblem,
  plan: CrossbarPlan,
  sheets: readonly Sheet[],
  taken: Taken,
  inferenceOf: readonly Uint8Array[],
  wear: Float64Array,
  held: ReturnType<typeof mostBytes>,
): Replay {
  const { machine, layers } = problem;
  const { sequences, inferences } = plan;
  const length = lengthOf(sequences);
  const most = mostOf(wear);
  const seen = layersOf(problem, plan, sheets, taken, inferenceOf);
  const fires = sequences.flatMap((loads) => loads.map(({ fire: span }) => span));
  const crossbar: CrossbarRun = {
    totals: { ...totalsOf(taken, most, inferences), latency: seconds(length / inferences) },
    waiting: seconds(uncovered(fires, length) / inferences),
    layers: seen,
    wear: binsOf(wear, most, inferences),
    waitingBytes: bytes(Math.ceil(held.fetched)),
    sumBytes: bytes(Math.ceil(held.sums)),
    ways: [],
    baselines: [],
  };
  const ledger = seen.flatMap(({ fetched }, l): LedgerRow[] => {
    const row = (cause: LedgerRow["cause"], direction: LedgerRow["direction"], size: number): LedgerRow[] =>
      size > 0 ? [{ operator: layers[l]!.name, tensor: layers[l]!.name, link: "off-chip", direction, cause, size: bytes(size) }] : [];
    const out = Math.floor(fetched.partial / 2);
    return [
      ...row("programming", "in", fetched.weights),
      ...row("index", "in", fetched.index),
      ...row("partial", "out", out),
      ...row("partial", "in", fetched.partial - out),
    ];
  });
  const { shown, events } = eventsOf(problem, sequences, taken);
  const capacity = bytes(Math.floor((machine.crossbars * machine.rows * machine.columns * machine.cellBits) / 8));
  const residency = residencyOf(problem, sheets, sequences, tick(length));
  return {
    resources: [{ name: "Link", role: "dma" }, ...shown.map((x) => ({ name: `Crossbar ${x}`, role: "crossbar" as const }))],
    memories: residency.length > 0 ? [{ name: "Crossbars", capacity, reserved: [] }] : [],
    steps: layers.map(({ name }) => name),
    events,
    residency,
    ledger,
    totals: {
      latency: tick(length / inferences),
      energy: crossbar.totals.energy,
      peak: residency.length > 0 ? [bytes(residency.reduce((end, { offset, size }) => Math.max(end, offset + size), 0))] : [],
      trafficByCause: trafficByCause(ledger),
    },
    crossbar,
  };
}

function layersOf(
  { layers }: CrossbarProblem,
  { mappings, sequences, inferences }: CrossbarPlan,
  sheets: readonly Sheet[],
  taken: Taken,
  inferenceOf: readonly Uint8Array[],
): readonly CrossbarLayer[] {
  const sums = layers.map(() => ({ programming: 0, computing: 0, energy: 0, writes: 0, weights: 0, index: 0, partial: 0 }));
  const spans = layers.map(() => Array.from({ length: inferences }, () => ({ start: Number.POSITIVE_INFINITY, end: 0 })));
  let at = 0;
  sequences.forEach((loads, x) => {
    loads.forEach(({ layer, fire: { start, end } }, k) => {
      const sum = sums[layer]!;
      sum.programming += taken.program[at]!;
      sum.computing += taken.fire[at]!;
      sum.energy += taken.energy[at]!;
      sum.writes += taken.writes[at]!;
      sum.weights += taken.weightBytes[at]!;
      sum.index += taken.indexBytes[at]!;
      sum.partial += taken.partialBytes[at++]!;
      const span = spans[layer]![inferenceOf[x]![k]!]!;
      span.start = Math.min(span.start, start);
      span.end = Math.max(span.end, end);
    });
  });
  return layers.map((layer, l) => {
    const { programming, computing, energy, writes, weights, index, partial } = sums[l]!;
    const { ordered } = sheets[l]!;
    const entry = entryBits(layer.inputs, ordered, Number(mappings[l]!.encoding === "magnitude"));
    const share = (n: number) => bytes(Math.ceil(n / inferences));
    return {
      programming: seconds(programming / inferences),
      computing: seconds(computing / inferences),
      span: seconds(spans[l]!.reduce((time, { start, end }) => time + end - start, 0) / inferences),
      energy: picojoules(energy / inferences),
      writes: writes / inferences,
      fetched: { weights: share(weights), index: share(index), partial: share(partial) },
      indexBits: sheets[l]!.geometry.bundles * layer.inputs * entry,
    };
  });
}

/** Writes of the cell that is written most. */
const mostOf = (wear: Float64Array): number => wear.findLastIndex((cells) => cells > 0);

/** Bins that the wear of cells is told in. */
const BINS = 24;

function binsOf(wear: Float64Array, most: number, inferences: number): CrossbarRun["wear"] {
  const wide = Math.max(1, Math.ceil((most + 1) / BINS));
  return Array.from({ length: Math.ceil((most + 1) / wide) }, (_, bin) => ({
    from: (bin * wide) / inferences,
    to: ((bin + 1) * wide) / inferences,
    cells: wear.subarray(bin * wide, (bin + 1) * wide).reduce((sum, cells) => sum + cells, 0),
  }));
}

/** The network run in plainer ways, on the same cells and by the same formulas: an idea more in each, and the plainest with all that a scheduler can do. */
function comparedWith(
  problem: CrossbarProblem,
  { mappings, sequences, inferences }: CrossbarPlan,
  sheets: readonly Sheet[],
  taken: Taken,
  most: number,
  rig: Rig,
): Pick<CrossbarRun, "ways" | "baselines"> {
  const { machine, layers } = problem;
  const inOrder = (l: number, coding: Coding) => {
    const rounds = Math.ceil(layers[l]!.inputs / machine.rows);
    return orderedSheet(layers[l]!, sheets[l]!.weights, { ...coding, spread: 1, rounds, top: 0 }, machine);
  };
  const way = (name: CrossbarWay, held: readonly Sheet[], turns: Turns, manner: Manner) => ({
    name,
    ...separately(problem, turns, carry(problem, held, turns, rig, manner), 1),
  });
  const codings = layers.map((layer, l) => plainCoding(layer, mappings[l]!, machine));
  const plain = layers.map((_, l) => inOrder(l, codings[l]!));
  const turns = inTurn(plain, machine.crossbars);
  const rewrite = carry(problem, plain, turns, rig, "rewrite");
  const difference = carry(problem, plain, turns, rig, "difference");
  const rewritten = { name: "rewrite", ...separately(problem, turns, rewrite, 1) } as const;
  const differing = { name: "difference", ...separately(problem, turns, difference, 1) } as const;
  const coded = mappings.map(({ encoding, layout, sharing }, l) => {
    const given = codings[l]!;
    return encoding === given.encoding && layout === given.layout && sharing === given.sharing
      ? plain[l]!
      : inOrder(l, { encoding, layout, sharing });
  });
  const same = coded.every((sheet, l) => sheet === plain[l]);
  const { turns: own, order } = inTime(sequences);
  const ordered = separately(problem, own, { taken: inOrderOf(taken, order), most }, inferences);
  return {
    ways: [
      rewritten,
      differing,
      same ? { ...differing, name: "encoding" } : way("encoding", coded, inTurn(coded, machine.crossbars), "difference"),
      way("chains", sheets, byStrip(sheets, machine.crossbars), "difference"),
      { name: "order", ...ordered },
    ],
    baselines: baselinesOf(
      problem,
      sheets.map(({ weights }) => weights),
      { codings, turns, rewrite, difference },
      rig,
    ),
  };
}

/** The loads of a table by when they fire, and where these are among all loads. */
function inTime(sequences: CrossbarPlan["sequences"]): { readonly turns: Pick<Turns, "layer" | "crossbar">; readonly order: Int32Array } {
  const loads = sequences.reduce((sum, { length }) => sum + length, 0);
  const [start, layer, crossbar] = [new Float64Array(loads), new Int32Array(loads), new Int32Array(loads)];
  let at = 0;
  sequences.forEach((mine, x) => {
    for (const load of mine) {
      start[at] = load.fire.start;
      layer[at] = load.layer;
      crossbar[at++] = x;
    }
  });
  const order = Int32Array.from(start.keys()).sort((a, b) => start[a]! - start[b]! || a - b);
  return { turns: { layer: order.map((k) => layer[k]!), crossbar: order.map((k) => crossbar[k]!) }, order };
}
