import { NOTHING, sum } from "../../cost/fpga/resources.js";
import type { Converter, Selection, SelectionOption } from "../../search/selection/problem.js";
import type { FabricResources } from "../../target/pipeline-target.js";
import { type BareEngine, EVERYWHERE, enginesOf, optionsOf, type Reach } from "./choices.js";
import { converterOf, ioBits, type Option } from "./options.js";
import type { Device, Layer, PipelineProblem } from "./plan.js";

/**
 * The choice of options as the solver sees it; `options[l][i]` is option `i` of node `l`, which is layer `l`. Queues
 * are counted with the layer that reads them, since they hold words of its lanes; converters are on the edges.
 */
export function selectionOf(
  problem: PipelineProblem,
  reach: Reach = EVERYWHERE,
): { readonly selection: Selection; readonly options: readonly (readonly Option[])[] } {
  const { device, streams } = problem;
  const rows = rowsOf(device);
  const costs = (resources: FabricResources) => rows.map(({ of }) => of(resources));

  const alike = alikeIn(problem);
  const engines = perKind(alike, (l) => enginesOf(problem, l, reach.slowest));
  const rooms = roomsOf(device, engines);
  const options = perKind(alike, (l) => optionsOf(problem, l, reach, engines[l], rooms[l]));
  const nodes = perKind(alike, (l) => ({
    options: options[l]!.map(
      ({ interval, resources, weightBits, lanesIn, lanesOut }): SelectionOption => ({
        time: Math.max(interval, reach.fastest ?? 0),
        costs: costs(resources),
        load: weightBits,
        in: lanesIn,
        out: lanesOut,
      }),
    ),
  }));
  const edges = streams.flatMap((stream) => {
    const { from, to } = stream;
    if (from === undefined || to === undefined) return [];
    const outs = new Set(options[from]!.map(({ lanesOut }) => lanesOut));
    const ins = new Set(options[to]!.map(({ lanesIn }) => lanesIn));
    const converters = [...outs].flatMap((out) =>
      [...ins].flatMap((lanes): Converter[] => (out === lanes ? [] : [{ out, in: lanes, costs: costs(converterOf(stream, out, lanes)) }])),
    );
    return [{ from, to, converters }];
  });
  return {
    selection: {
      rows: rows.map(({ name }) => name),
      budgets: costs(device.resources),
      rate: device.bitsPerCycle,
      fixedLoad: ioBits(problem),
      nodes,
      edges,
    },
    options,
  };
}

/** For each layer the first that has equal options. */
export function alikeIn(problem: PipelineProblem): readonly number[] {
  const likes = problem.layers.map((layer) => likeness(problem, layer));
  return likes.map((key) => likes.indexOf(key));
}

/** Made once for each of several layers with equal options; `alike` names the first of them. */
export function perKind<T>(alike: readonly number[], make: (layer: number) => T): readonly T[] {
  const made: T[] = [];
  alike.forEach((first, l) => {
    made.push(first === l ? make(l) : made[first]!);
  });
  return made;
}

/** What the smallest engines of all others leave a layer: nothing at all where even the smallest of all are too large together. */
function roomsOf({ resources, lutPerBram18 }: Device, engines: readonly (readonly BareEngine[])[]): readonly FabricResources[] {
  const least = engines.map(leastOf);
  const total = sum(least);
  const lacks = RESOURCES.some((key) => total[key] > resources[key] * (1 + ROUNDING) && (key !== "bram18" || lutPerBram18 === 0));
  if (lacks) return engines.map(() => NO_ROOM);
  return least.map((own) => perResource((key) => resources[key] - (total[key] - own[key]) * (1 - ROUNDING)));
}

const perResource = (of: (key: keyof FabricResources) => number): FabricResources => ({
  lut: of("lut"),
  ff: of("ff"),
  dsp: of("dsp"),
  bram18: of("bram18"),
  uram: of("uram"),
});
export const RESOURCES = ["lut", "ff", "dsp", "bram18", "uram"] as const;
const NO_ROOM = perResource(() => -1);

/** What every one of these engines takes at least. */
export const leastOf = (engines: readonly BareEngine[]): FabricResources =>
  engines.length === 0
    ? NOTHING
    : perResource((key) => engines.reduce((n, { engine }) => Math.min(n, engine.resources[key]), Number.POSITIVE_INFINITY));

/** Of sums in another order. */
export const ROUNDING = 1e-9;

export interface Row {
  readonly name: string;
  readonly of: (resources: FabricResources) => number;
}

/** What is counted against the device. Where LUTs stand in for block RAMs, the two are counted together, and LUTs by themselves as well. */
export const rowsOf = ({ lutPerBram18, resources }: Device): readonly Row[] => [
  { name: "lut", of: ({ lut }) => lut },
  { name: "ff", of: ({ ff }) => ff },
  { name: "dsp", of: ({ dsp }) => dsp },
  lutPerBram18 > 0
    ? { name: "lut and bram18", of: ({ lut, bram18 }) => lut + lutPerBram18 * bram18 }
    : { name: "bram18", of: ({ bram18 }) => bram18 },
  ...(resources.uram > 0 ? [{ name: "uram", of: ({ uram }: FabricResources) => uram }] : []),
];

/** Equal for layers with equal options. */
function likeness({ layers, streams }: PipelineProblem, { kind, type, inputs, output, kernel, groups, weights }: Layer): string {
  const read = inputs.map((id) => {
    const { from, map, waiting } = streams[id]!;
    const sender = from === undefined ? undefined : layers[from]!;
    return [map, waiting, sender?.kind, sender?.kernel !== undefined, sender?.output.channels];
  });
  return JSON.stringify([kind, type, read, output, kernel, groups, weights?.bits, weights?.accumulatorBits]);
}
