import { convolution } from "./convolution.js";
import { addition, concatenationStage } from "./pointwise.js";
import { globalPooling, pooling } from "./pooling.js";
import { resizing } from "./resizing.js";
import { sharedConvolution } from "./shared-sweep.js";
import { converter, converterName, queue, queueName } from "./stream.js";
import { type Channel, keptBy, type Stage, type Structure } from "./structure.js";
import { drive, type Expression, every, type Item, input, type Module, output, type Port, wire } from "./tree.js";
import { positionsOf, slidingWindow } from "./window.js";

export const ACCELERATOR = "accelerator";

/** Modules by the file they belong in. */
export type Sources = readonly { readonly file: string; readonly modules: readonly Module[] }[];

/**
 * The whole machine of `structure`: a file for each layer, one for what they share, and the top, which has a stream for every input and
 * output of the network and hands each convolution's weights in by `ready`, `take` and `word`.
 */
export function acceleratorModules(structure: Structure): Sources {
  const { stages, channels } = structure;
  const built = stages.map((stage) => ({ stage, modules: modulesOf(stage) }));
  const shared = new Map<string, Module>();
  for (const { bits, lanesOut, lanesIn, depth } of channels) {
    const q = queue(bits * lanesIn, depth);
    shared.set(q.name, q);
    if (lanesOut !== lanesIn) shared.set(converterName(bits, lanesOut, lanesIn), converter(bits, lanesOut, lanesIn));
  }
  for (const { modules } of built) for (const m of modules) if (isQueue(m)) shared.set(m.name, m);
  return [
    { file: `machine/${ACCELERATOR}.v`, modules: [top(structure)] },
    { file: "machine/streams.v", modules: [...shared.values()] },
    ...built.map(({ stage, modules }) => ({ file: `machine/layer_${stage.name}.v`, modules: modules.filter((m) => !isQueue(m)) })),
  ];
}

const isQueue = ({ name }: Module): boolean => name.startsWith("queue_");

function modulesOf(stage: Stage): readonly Module[] {
  const engine = `layer_${stage.name}`;
  const lanes = stage.lanesIn;
  switch (stage.kind) {
    case "convolution":
      return [
        slidingWindow(`window_${stage.name}`, stage.window),
        ...(stage.shape.reuse > 1 ? sharedConvolution : convolution)(engine, stage.shape, keptBy(stage)),
      ];
    case "pooling": {
      const { window, arithmetic, bitsOut } = stage;
      const positions = positionsOf(window.kernel);
      return [
        slidingWindow(`window_${stage.name}`, window),
        ...pooling(engine, { lanes, positions, bitsIn: window.map.bits, bitsOut, arithmetic, kept: keptBy(stage) }),
      ];
    }
    case "globalPooling": {
      const { map, bitsOut, arithmetic } = stage;
      return globalPooling(engine, {
        lanes,
        words: map.channels / lanes,
        pixels: map.height * map.width,
        bitsIn: map.bits,
        bitsOut,
        arithmetic,
      });
    }
    case "resize": {
      const { map, rowTimes, columnTimes, bitsOut, scaling } = stage;
      const [columns, words] = [map.width, map.channels / lanes];
      return resizing(engine, { lanes, columns, words, rowTimes, columnTimes, bitsIn: map.bits, bitsOut, scaling });
    }
    case "addition":
      return addition(engine, { lanes, ...stage });
    case "concatenation":
      return concatenationStage(engine, { lanes, ...stage });
  }
}

/** Ports of the top at a stream that enters or leaves the network. */
export const outerPorts = (channels: readonly Channel[]): readonly Port[] =>
  channels.flatMap(({ name, from, to, bits, lanesIn }) => {
    const width = bits * lanesIn;
    if (from === undefined) return [input(`${name}_valid`), output(`${name}_ready`), input(`${name}_data`, width)];
    return to === undefined ? [output(`${name}_valid`), input(`${name}_ready`), output(`${name}_data`, width)] : [];
  });

const weighted = (stages: readonly Stage[]) => stages.filter((stage) => stage.kind === "convolution");

/** Bits of a word of a convolution's weights. */
export const weightWidth = ({ shape: { unroll, bits } }: Extract<Stage, { kind: "convolution" }>): number =>
  bits.weight * unroll.in * unroll.out * unroll.group * unroll.kernel;

function top({ stages, channels }: Structure): Module {
  return {
    name: ACCELERATOR,
    comment: "All layers, joined by streams. Weights come in by `ready`, `take` and `word`: the word is there in the cycle after.",
    ports: [
      input("clock"),
      input("reset"),
      ...outerPorts(channels),
      ...weighted(stages).flatMap((stage) => [
        input(`${stage.name}_ready`),
        output(`${stage.name}_take`),
        input(`${stage.name}_word`, weightWidth(stage)),
      ]),
    ],
    items: [...channels.flatMap(channelItems), ...stages.flatMap((stage) => stageItems(stage, channels))],
  };
}

const signals = (name: string, width: number): readonly Item[] => [
  wire(`${name}_valid`, 1),
  wire(`${name}_ready`, 1),
  wire(`${name}_data`, width),
];

const side = (port: "in" | "out", name: string): Record<string, Expression> => ({
  [`${port}_valid`]: `${name}_valid`,
  [`${port}_ready`]: `${name}_ready`,
  [`${port}_data`]: `${name}_data`,
});

const CLOCKED = { clock: "clock", reset: "reset" };

/** `put`: what the writer hands over; `get`: what the reader is offered. */
function channelItems({ name, from, to, bits, lanesOut, lanesIn, depth }: Channel): readonly Item[] {
  const [put, get] = [from === undefined ? name : `${name}_put`, to === undefined ? name : `${name}_get`];
  const narrow = bits * lanesIn;
  const converts = lanesOut !== lanesIn;
  return [
    ...(from === undefined ? [] : signals(put, bits * lanesOut)),
    ...(to === undefined ? [] : signals(get, narrow)),
    ...(converts
      ? [
          ...signals(`${name}_mid`, narrow),
          instance(converterName(bits, lanesOut, lanesIn), `${name}_converter`, { ...side("in", put), ...side("out", `${name}_mid`) }),
        ]
      : []),
    instance(queueName(narrow, depth), `${name}_queue`, { ...side("in", converts ? `${name}_mid` : put), ...side("out", get) }),
  ];
}

const instance = (module: string, name: string, connections: Readonly<Record<string, Expression>>): Item => ({
  kind: "instance",
  module,
  name,
  connections: { ...CLOCKED, ...connections },
});

function stageItems(stage: Stage, channels: readonly Channel[]): readonly Item[] {
  const { name, layer } = stage;
  const reads = stage.inputs.map((stream) => channels[stream]!);
  const writes = channels.filter(({ from }) => from === layer);
  const out = `${name}_out`;
  const windows = `${name}_window`;
  const [first] = reads;
  const items: Item[] = [
    { kind: "comment", text: stage.title },
    ...signals(out, stage.lanesOut * (writes[0]?.bits ?? 1)),
    drive(`${out}_ready`, every(...writes.map((w) => `${w.name}_put_ready`))),
    ...writes.flatMap((w) => [
      drive(`${w.name}_put_valid`, every(`${out}_valid`, `${out}_ready`)),
      drive(`${w.name}_put_data`, `${out}_data`),
    ]),
  ];
  if ("window" in stage) {
    const { map, kernel, lanes } = stage.window;
    const taking = { window_valid: `${windows}_valid`, window_take: `${windows}_take`, window: windows };
    items.push(
      wire(`${windows}_valid`, 1),
      wire(`${windows}_take`, 1),
      wire(windows, lanes * map.bits * positionsOf(kernel)),
      instance(`window_${name}`, `window_${name}`, { ...side("in", `${first!.name}_get`), ...taking }),
      instance(`layer_${name}`, `layer_${name}`, {
        ...taking,
        ...(stage.kind === "convolution" && { weight_ready: `${name}_ready`, weight_take: `${name}_take`, weight: `${name}_word` }),
        ...side("out", out),
      }),
    );
    return items;
  }
  const single = stage.kind === "globalPooling" || stage.kind === "resize";
  const inputs = reads.map((r, i) =>
    Object.fromEntries(["valid", "ready", "data"].map((s) => [single ? `in_${s}` : `in_${i}_${s}`, `${r.name}_get_${s}`])),
  );
  items.push(instance(`layer_${name}`, `layer_${name}`, { ...Object.assign({}, ...inputs), ...side("out", out) }));
  return items;
}
