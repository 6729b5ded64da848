import { type Code, type Diagnostic, fail } from "../../base/diagnostic.js";
import { type LedgerRow, type Replay, type ReplayEvent, type Residency, type Stretch, trafficByCause } from "../../base/replay.js";
import { bytes, cycles, macs, picojoules } from "../../base/units.js";
import { macEnergy, transferEnergy } from "../../cost/energy.js";
import { run, type Times, wholeCycles } from "./events.js";
import { type FusionProblem, type Group, MOST_JOBS } from "./plan.js";
import { arrayOf } from "./replay-array.js";
import { type Regions, regionsOf } from "./replay-buffers.js";
import { eventsOf } from "./replay-events.js";
import { residencyOf } from "./replay-residency.js";
import { type AxisWalk, type Cast, castOf, findShortfall, needsWhole, walkAxis } from "./replay-tiles.js";
import { type Work, workOf } from "./replay-work.js";

/** What running `groups` one after another comes to, and every rule that it breaks. */
export interface Run {
  readonly violations: readonly Diagnostic[];
  readonly replay: Replay & { readonly stretches: readonly Stretch[] };
}

/** Spans of tiles along one axis, times maps and layers, that the judge writes down. */
const MOST_SPANS = 2 ** 24;

/**
 * Runs `groups` tile by tile on the machine of `problem`: one array, one DMA channel for both directions, buffers of the
 * size that the problem says. A group starts when the one before it has ended.
 *
 * @param groups of the right form: layers that exist, ascending; positive tiles
 * @param where names the list of groups in violations
 * @param array what computing costs; without it that of a problem whose array is not custom
 */
export function replay(problem: FusionProblem, groups: readonly Group[], where: string, array = arrayOf(problem, [], where)): Run {
  const { machine, layers, maps } = problem;
  const violations: Diagnostic[] = [];
  const say = (code: Code, place: string, message: string, fix: string) => {
    violations.push(fail(code, place, message, fix));
  };

  const times = layers.map(() => 0);
  const seen = maps.map(() => false);
  const there = maps.map(({ kind }) => kind === "input");
  const steps: string[] = [];
  const events: ReplayEvent[] = [];
  const residency: Residency[] = [];
  const ledger: LedgerRow[] = [];
  const stretches: Stretch[] = [];
  let now = 0;

  groups.forEach((group, g) => {
    const place = `${where}[${g}]`;
    const names = group.layers.map((l) => layers[l]!.name);
    const cast = castOf(problem, group);
    for (const l of group.layers) times[l]! += 1;
    for (const [q, m] of cast.maps.entries())
      if (q < cast.externals && !there[m])
        say("FUS-3", place, `needs map ${maps[m]!.name}, which no group before it stores`, "run the group that makes it first");

    const staged = stage(problem, group, cast, place);
    violations.push(...staged.violations);
    if (staged.scene !== undefined) {
      const { y, x, regions } = staged.scene;
      const work = workOf(problem, array, group, cast, y, x, regions, seen);
      const clock = typeof work === "number" ? undefined : run(work.programme.jobs);
      if (typeof work === "number")
        say("FUS-10", place, `runs as ${work} pieces of work, the judge counts up to ${MOST_JOBS}`, "use larger tiles");
      else if (clock === undefined) throw new Error(`${place}: a programme of our own never ends`);
      else {
        const { programme } = work;
        const end = now + wholeCycles(clock.end);
        const stretch = stretchOf(problem, regions, work, clock, { start: steps.length, end: steps.length + names.length }, now);
        stretches.push(stretch);
        ledger.push(...ledgerOf(work, names));
        events.push(...eventsOf(programme, clock, names, steps.length, now));
        const shares = sharesOf(work, names.length);
        residency.push(...residencyOf(problem, cast, regions, { step: steps.length, cycles: { start: now, end }, shares }));
        now = end;
      }
    }
    steps.push(...names);
    cast.maps.forEach((m, q) => {
      if (q < cast.externals) seen[m] = true;
      else if (cast.leaves[q]) there[m] = true;
    });
  });

  times.forEach((n, l) => {
    if (n !== 1) say("FUS-2", where, `layer ${layers[l]!.name} runs in ${n} groups`, "run every layer in one group");
  });
  const { buffers } = machine;
  const peaks = stretches.map(({ peak }) => peak);
  const memories =
    buffers.arrangement === "unified"
      ? [{ name: "Buffer", capacity: buffers.size, reserved: [] }]
      : [
          { name: "Feature buffer", capacity: buffers.features, reserved: [] },
          { name: "Weight buffer", capacity: buffers.weights, reserved: [] },
        ];
  return {
    violations,
    replay: {
      resources: [
        { name: "Array", role: "engine" },
        { name: "DMA", role: "dma" },
      ],
      memories,
      steps,
      events,
      residency,
      ledger,
      totals: {
        latency: cycles(now),
        energy: picojoules(stretches.reduce((sum, { energy }) => Object.values(energy).reduce((n, part) => n + part, sum), 0)),
        peak: memories.map((_, m) => bytes(Math.max(0, ...peaks.map((peak) => peak[m]!)))),
        trafficByCause: trafficByCause(ledger),
      },
      stretches,
    },
  };
}

interface Scene {
  readonly y: AxisWalk;
  readonly x: AxisWalk;
  readonly regions: Regions;
}

/** Tiles and buffers of a group; no scene where it cannot even be run. */
function stage(
  problem: FusionProblem,
  group: Group,
  cast: Cast,
  where: string,
): { readonly scene?: Scene; readonly violations: readonly Diagnostic[] } {
  const { layers, maps, modes } = problem;
  const { tile, overlap } = group;
  if (!modes.includes(overlap))
    return refuse("FUS-4", where, `cuts tiles by ${overlap}, the problem allows ${modes.join(", ")}`, "use one of these");
  if (overlap === "nonOverlapped" && needsWhole(problem, cast))
    return refuse("FUS-4", where, "cuts the operands of a layer that needs all of them", "use an overlap mode that keeps or recomputes");
  const order = traversalFault(problem, group);
  if (order !== undefined) return refuse("FUS-5", where, order, "run tile by tile");
  const most = (Math.ceil(cast.height / tile.rows) + Math.ceil(cast.width / tile.columns)) * (cast.maps.length + cast.layers.length);
  if (most > MOST_SPANS)
    return refuse("FUS-10", where, `has ${most} spans of tiles, the judge counts up to ${MOST_SPANS}`, "use larger tiles");

  const y = walkAxis(problem, cast, overlap, "y", tile.rows);
  const x = walkAxis(problem, cast, overlap, "x", tile.columns);
  const shortfalls =
    overlap === "nonOverlapped"
      ? []
      : (["y", "x"] as const).flatMap((axis): Diagnostic[] => {
          const found = findShortfall(problem, cast, axis, axis === "y" ? y : x);
          if (found === undefined) return [];
          const unit = axis === "y" ? "rows" : "columns";
          const span = ([start, end]: readonly [number, number]) => `${unit} [${start}, ${end})`;
          const layer = layers[cast.layers[found.layer]!]!.name;
          const map = maps[cast.maps[found.map]!]!.name;
          const message =
            found.kind === "missing"
              ? `layer ${layer} needs ${span(found.wanted)} of ${map}, on chip are ${span(found.there)}`
              : `layer ${layer} stores ${span(found.wanted)} of ${map} where ${span(found.there)} come next`;
          const code = found.kind === "missing" ? "FUS-8" : "FUS-9";
          return [fail(code, `${where}, tile ${found.tile}`, message, "report this: tiles do not fit together")];
        });
  const { regions, violations } = regionsOf(problem, group, cast, y, x, where);
  return violations.length > 0 ? { violations: [...shortfalls, ...violations] } : { scene: { y, x, regions }, violations: shortfalls };
}

const refuse = (code: Code, where: string, message: string, fix: string) => ({ violations: [fail(code, where, message, fix)] });

/** Why a group cannot go through its tiles and weights as it says. */
function traversalFault({ layers }: FusionProblem, { layers: members, traversal, overlap }: Group): string | undefined {
  if (traversal.kind === "tiles") return undefined;
  if (members.length > 1) return `${members.length} layers run tile by tile only, not by ${traversal.kind}`;
  const { kind, shape } = layers[members[0]!]!;
  if (traversal.kind === "weightGroups") {
    if (kind !== "mac") return "a layer without multiply-accumulates has no groups of weights";
    return traversal.count > shape.outputs ? `${traversal.count} groups of weights for ${shape.outputs} outputs` : undefined;
  }
  if (overlap !== "recompute") return `blocks of outputs keep nothing between tiles, so the overlap is recompute and not ${overlap}`;
  return traversal.channels > shape.outputs ? `blocks of ${traversal.channels} of ${shape.outputs} outputs` : undefined;
}

/** Costs of a group. Energy of the buffer: of the bytes that cross the chip boundary, and of the memories while the array computes. */
function stretchOf(
  { machine }: FusionProblem,
  { features, weights, exit }: Regions,
  { programme, cycles: computing, macs: multiplied, memories }: Work,
  { end }: Times,
  steps: Stretch["steps"],
  start: number,
): Stretch {
  const { energy, offChipEnergy, buffers } = machine;
  const latency = wholeCycles(end);
  const used = features + (exit?.size ?? 0);
  const offChip = bytes(programme.moves.size.reduce((sum, size) => sum + size, 0));
  return {
    steps,
    cycles: { start: cycles(start), end: cycles(start + latency) },
    busy: cycles(Math.round(computing)),
    offChip,
    peak: (buffers.arrangement === "unified" ? [used + weights] : [used, weights]).map(bytes),
    energy: {
      computing: picojoules(energy.busy * computing),
      waiting: picojoules(energy.stalled * Math.max(0, latency - computing)),
      multiplying: macEnergy(macs(multiplied), energy.mac),
      buffer: picojoules(transferEnergy(offChip, energy.buffer) + memories),
      offChip: transferEnergy(offChip, offChipEnergy),
    },
  };
}

function ledgerOf({ programme: { transfers, moves } }: Work, names: readonly string[]): LedgerRow[] {
  const sizes = new Float64Array(transfers.length);
  moves.transfer.forEach((id, i) => {
    sizes[id]! += moves.size[i]!;
  });
  return transfers.flatMap(({ layer, tensor, direction, cause }, id) =>
    sizes[id] === 0 ? [] : [{ operator: names[layer]!, tensor, link: "off-chip", direction, cause, size: bytes(sizes[id]!) }],
  );
}

/** Share of the computing done before each layer, and 1. */
function sharesOf({ programme: { jobs, layer } }: Work, count: number): readonly number[] {
  const own = new Float64Array(count);
  jobs.compute.forEach((n, job) => {
    own[layer[job]!]! += n;
  });
  const all = own.reduce((sum, n) => sum + n, 0);
  let before = 0;
  const shares = Array.from(own, (n, k) => {
    const at = all > 0 ? before / all : k / count;
    before += n;
    return at;
  });
  return [...shares, 1];
}
