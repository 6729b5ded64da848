import { styleOf } from "../../cost/fpga/memory.js";
import type { Dma, WeightMemory } from "../../planners/pipeline/plan.js";
import { addressBits, type DmaParts, dmaModule, SLOT_FILE, slotLines } from "./dma.js";
import { LOAD_BITS, LOAD_FILE, loaderModule, loadsOf } from "./loader.js";
import { banksOf, initFile, type Memory, memoryModule } from "./memory.js";
import { beats, hex, type Sweep } from "./sweep.js";
import { binary, bitsFor, type Expression, every, type Item, input, type Module, output, type Port, sized, wire } from "./tree.js";
import { QUEUE_BEATS, unpackerModule } from "./unpacker.js";
import { type Regions, regionsOf, weightMemoryModule } from "./weight-memory.js";

/** A layer with weights, as its hardware sees it. */
export interface WeightLayer {
  /** An identifier; its modules, ports and files are named after it. */
  readonly name: string;
  /** As the model has it. */
  readonly title: string;
  readonly sweep: Sweep;
  readonly memory: WeightMemory;
}

/** All weights of a pipeline on their way to the engines. */
export interface WeightPath {
  readonly layers: readonly WeightLayer[];
  /** Ports are indices into `layers`. */
  readonly dma: (Pick<Dma, "busBits" | "slots"> & { readonly ports: readonly number[] }) | undefined;
}

/** Modules that belong together, and init files by path. */
export interface Hardware {
  readonly modules: readonly { readonly file: string; readonly modules: readonly Module[] }[];
  readonly data: readonly { readonly file: string; readonly lines: readonly string[] }[];
  /** Memories of the design, for whoever counts them. */
  readonly memories: readonly Memory[];
  /** What the DMA knows, where there is one. */
  readonly table: DmaParts | undefined;
  /** Memories that are loaded before the first cycle, because configuration leaves them empty. */
  readonly loaded: readonly Memory[];
}

export const TOP = "weight_path";
export const IMAGE_FILE = "data/dram.hex";

/** The hardware that brings the weights to the engines: a memory per layer and, where some are streamed, DMA and unpackers. */
export function weightPath({ layers, dma }: WeightPath): Hardware {
  const parts = layers.map((layer) => ({ layer, ...memoriesOf(layer) }));
  const ports = (dma?.ports ?? []).map((at) => parts[at]!);
  const loaded = parts.flatMap((part) => loadedOf(part) ?? []);
  const image = ports.map(({ layer, regions }) => regions.fragments.flatMap((chosen) => beats(layer.sweep, chosen, dma!.busBits)));
  const table = dma && { busBits: dma.busBits, slots: dma.slots, regions: regionsIn(image.map(({ length }) => length)) };
  return {
    modules: [
      {
        file: `rtl/${TOP}.v`,
        modules: [topModule(parts, dma, table)],
      },
      ...(table ? [{ file: "rtl/weight_dma.v", modules: [dmaModule(table)] }] : []),
      ...parts.map(({ layer, memories, module, regions }) => ({
        file: `rtl/weights_${layer.name}.v`,
        modules: [
          module,
          ...memories.map(memoryModule),
          ...[loadedOf({ memories, layer })].flatMap((memory) =>
            memory === undefined
              ? []
              : [
                  loaderModule(
                    `loader_${layer.name}`,
                    `Fills ${memory.name} before the first cycle: URAM begins empty.`,
                    memory.depth,
                    memory.width,
                  ),
                ],
          ),
          ...(regions.fragments.length === 0 || dma === undefined
            ? []
            : [
                unpackerModule(
                  `unpacker_${layer.name}`,
                  `Beats of the bus into weight words of ${layer.title}.`,
                  dma.busBits,
                  layer.sweep.width,
                  regions.period.streamed,
                ),
              ]),
        ],
      })),
    ],
    data: [
      ...parts.flatMap(({ layer, memories, regions }) =>
        memories
          .filter(({ writable }) => !writable)
          .flatMap((memory) =>
            banksOf(memory).map((bank) => ({
              file: initFile(memory, bank),
              lines: regions.static.slice(bank.first, bank.first + bank.depth).map((word) => hex(layer.sweep, word, bank.low, bank.width)),
            })),
          ),
      ),
      ...(loaded.length === 0 ? [] : [{ file: LOAD_FILE, lines: parts.filter(loadedOf).flatMap(loadLines) }]),
      ...(table
        ? [
            { file: IMAGE_FILE, lines: image.flat() },
            { file: SLOT_FILE, lines: slotLines(table) },
          ]
        : []),
    ],
    memories: parts.flatMap(({ memories }) => memories),
    table,
    loaded,
  };
}

/** The static memory of a layer, where it is loaded. */
const loadedOf = ({ memories, layer }: { readonly memories: readonly Memory[]; readonly layer: WeightLayer }): Memory | undefined =>
  memories.find(({ name, writable }) => writable && name === `static_${layer.name}`);

/** What is loaded into the memory of a layer, in order, behind its number. */
function loadLines(
  { layer: { sweep }, regions }: { readonly layer: WeightLayer; readonly regions: Regions },
  number: number,
): readonly string[] {
  return regions.static.flatMap((word) =>
    Array.from({ length: loadsOf(sweep.width) }, (_, i) => {
      const low = i * LOAD_BITS;
      return number.toString(16) + hex(sweep, word, low, Math.min(LOAD_BITS, sweep.width - low)).padStart(LOAD_BITS / 4, "0");
    }),
  );
}

/** Ports by which memories are loaded before the first cycle. */
export const loadSide = (loaded: readonly Memory[]): readonly Port[] =>
  loaded.length === 0 ? [] : [input("load"), input("load_memory", bitsFor(loaded.length - 1)), input("load_data", LOAD_BITS)];

function regionsIn(lengths: readonly number[]): DmaParts["regions"] {
  let first = 0;
  return lengths.map((beats) => {
    const region = { first, beats };
    first += beats;
    return region;
  });
}

interface LayerParts {
  readonly regions: Regions;
  readonly memories: readonly Memory[];
  readonly module: Module;
}

function memoriesOf({ name, title, sweep, memory }: WeightLayer): LayerParts {
  const { width, depth } = sweep;
  const regions = regionsOf(memory, depth);
  const streamed = regions.period.streamed * memory.buffers;
  const fixed: Memory | undefined =
    regions.static.length === 0
      ? undefined
      : {
          name: `static_${name}`,
          comment: `Static weights of ${title}.`,
          depth: regions.static.length,
          width,
          style: memory.static,
          writable: memory.static === "uram" && styleOf({ width, depth: regions.static.length }, memory.static) === "uram",
        };
  const fragments: Memory | undefined =
    streamed === 0
      ? undefined
      : {
          name: `buffers_${name}`,
          comment: `Fragment buffers of ${title}.`,
          depth: streamed,
          width,
          style: memory.buffer,
          writable: true,
        };
  const share = regions.fragments.length * regions.period.streamed;
  return {
    regions,
    memories: [fixed, fragments].filter((m) => m !== undefined),
    module: weightMemoryModule({
      name: `weights_${name}`,
      comment: `${[
        `Weights of ${title}: sweeps of ${depth} words of ${width} bits, ${share} of them streamed`,
        ...(share === 0
          ? []
          : [`in fragments of ${regions.period.streamed} through ${memory.buffers} buffer${memory.buffers === 1 ? "" : "s"}`]),
      ].join(" ")}.`,
      width,
      period: regions.period,
      buffers: memory.buffers,
      static: fixed,
      fragments,
    }),
  };
}

/** Ports by which an engine takes its weights. */
export const engineSide = ({ name, sweep }: WeightLayer): readonly Port[] => [
  output(`${name}_ready`),
  input(`${name}_take`),
  output(`${name}_word`, sweep.width),
];

/** Ports towards the link off chip. */
export const linkSide = ({ busBits, regions }: DmaParts): readonly Port[] => [
  output("link_request"),
  output("link_address", addressBits(regions)),
  input("link_grant"),
  input("link_beat", busBits),
];

type Part = LayerParts & { readonly layer: WeightLayer };

function topModule(parts: readonly Part[], dma: WeightPath["dma"], table: DmaParts | undefined): Module {
  const layers = parts.map(({ layer }) => layer);
  const loaded = parts.flatMap((part) => loadedOf(part) ?? []);
  const ports = dma?.ports ?? [];
  const queued = bitsFor(QUEUE_BEATS);
  const clocked = { clock: "clock", reset: "reset" };
  const items: Item[] = [];
  if (table) {
    items.push(...ports.flatMap((_, n) => [wire(`queued_${n}`, queued), wire(`push_${n}`, 1)]));
    items.push({
      kind: "instance",
      module: "weight_dma",
      name: "dma",
      connections: {
        ...clocked,
        request: "link_request",
        address: "link_address",
        grant: "link_grant",
        ...Object.fromEntries(ports.flatMap((_, n) => [`queued_${n}`, `push_${n}`]).map((port) => [port, port])),
      },
    });
  }
  layers.forEach(({ name, sweep }, l) => {
    const n = ports.indexOf(l);
    const filling: Record<string, Expression> = n < 0 ? {} : { room: `${name}_room`, fill: `${name}_fill`, fill_word: `${name}_fill_word` };
    if (n >= 0)
      items.push(wire(`${name}_room`, 1), wire(`${name}_fill`, 1), wire(`${name}_fill_word`, sweep.width), {
        kind: "instance",
        module: `unpacker_${name}`,
        name: `unpacker_${name}`,
        connections: {
          ...clocked,
          queued: `queued_${n}`,
          push: `push_${n}`,
          beat: "link_beat",
          room: `${name}_room`,
          fill: `${name}_fill`,
          word: `${name}_fill_word`,
        },
      });
    const memory = loadedOf(parts[l]!);
    const loading: Record<string, Expression> =
      memory === undefined ? {} : { load: `${name}_load`, load_address: `${name}_load_address`, load_word: `${name}_load_word` };
    if (memory !== undefined) {
      const number = sized(bitsFor(loaded.length - 1), loaded.indexOf(memory));
      items.push(wire(`${name}_load`, 1), wire(`${name}_load_address`, bitsFor(memory.depth - 1)), wire(`${name}_load_word`, sweep.width), {
        kind: "instance",
        module: `loader_${name}`,
        name: `loader_${name}`,
        connections: {
          clock: "clock",
          load: every("load", binary("load_memory", "==", number)),
          data: "load_data",
          write: `${name}_load`,
          address: `${name}_load_address`,
          word: `${name}_load_word`,
        },
      });
    }
    items.push({
      kind: "instance",
      module: `weights_${name}`,
      name: `weights_${name}`,
      connections: { ...clocked, ...loading, ...filling, ready: `${name}_ready`, take: `${name}_take`, word: `${name}_word` },
    });
  });
  return {
    name: TOP,
    comment: [
      "The weights of all layers. An engine sees `ready`, answers `take` in the same cycle and has the word in the next.",
      ...(table
        ? ["A beat crosses the link in every cycle with `link_request` and `link_grant`: beat number `link_address` of the image."]
        : []),
    ].join("\n"),
    ports: [input("clock"), input("reset"), ...loadSide(loaded), ...(table ? linkSide(table) : []), ...layers.flatMap(engineSide)],
    items,
  };
}
