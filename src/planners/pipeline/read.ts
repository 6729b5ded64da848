import * as z from "zod";
import { type Checked, good } from "../../base/diagnostic.js";
import { type Fault, readForm } from "../../base/form.js";
import { OBJECTIVES, type PipelineProblem } from "./plan.js";

/**
 * Takes a problem from outside (a plan file, another tool) as what it claims to be: of the right form, with indices that
 * exist, streams that lead forward, shapes that fit the kernels, and sizes that can be counted exactly.
 *
 * @param where names the place in messages, e.g. `plan.json: problem`.
 * @returns the problem, or every fault (at most 20) as PIP-1.
 */
export function readProblem(data: unknown, where: string): Checked<PipelineProblem> {
  const read = readForm(problem, contradictions, data, where, "PIP-1");
  return read.ok ? good(data as PipelineProblem) : read; // the schema says the same, without the brands of units
}

/** Sums over a whole network stay exact below 2^53, so one count has to stay well below. */
const MOST_ELEMENTS = 2 ** 36;
const amount = z
  .number()
  .min(0)
  .max(2 ** 44);
const size = z
  .int()
  .min(0)
  .max(2 ** 40);
const length = z
  .int()
  .min(1)
  .max(2 ** 24);
const offset = z
  .int()
  .min(-(2 ** 24))
  .max(2 ** 24);
const bits = z.int().min(1).max(256);
const id = z
  .int()
  .min(0)
  .max(2 ** 24);
const rate = z
  .number()
  .gt(0)
  .max(2 ** 60);
const name = z.string();

const mapForm = z.object({ channels: length, height: length, width: length, bits });
const kernelForm = z.object({
  height: length,
  width: length,
  strideY: length,
  strideX: length,
  dilationY: length,
  dilationX: length,
  top: offset,
  left: offset,
  bottom: offset,
  right: offset,
});

const problem = z.object({
  kind: z.literal("pipeline"),
  objective: z.enum(OBJECTIVES),
  device: z.object({
    clock: rate,
    fabric: z.enum(["7series", "ultrascale+"]),
    resources: z.object({ lut: amount, ff: amount, dsp: amount, bram18: amount, uram: amount }),
    lutPerBram18: amount,
    bitsPerCycle: z
      .number()
      .gt(0)
      .max(2 ** 20),
    burstBits: amount,
  }),
  model: z.enum(["stowage", "autows"]),
  streaming: z.enum(["allowed", "never"]),
  buffers: z.int().min(1).max(3),
  reuse: length,
  partitions: length,
  reconfiguration: amount,
  batch: length,
  layers: z
    .array(
      z.object({
        name,
        type: name,
        kind: z.enum([
          "convolution",
          "transposed",
          "pooling",
          "globalPooling",
          "elementwise",
          "combine",
          "concatenation",
          "resize",
          "rearrange",
        ]),
        operators: z.array(name),
        inputs: z.array(id).min(1),
        output: mapForm,
        kernel: kernelForm.optional(),
        groups: length,
        weights: z.object({ tensor: name, bits, biased: z.boolean(), accumulatorBits: bits }).optional(),
      }),
    )
    .min(1),
  streams: z.array(z.object({ name, from: id.optional(), to: id.optional(), map: mapForm, waiting: size })),
  evenedOver: size.optional(),
  assumptions: z.array(name),
});

type Posed = z.infer<typeof problem>;
type Shape = z.infer<typeof mapForm>;

/** What the form alone cannot say. */
function contradictions(posed: Posed): Fault[] {
  const { layers, streams } = posed;
  const faults: Fault[] = [];
  const taken = new Set<number>();
  streams.forEach(({ from, to, map }, s) => {
    const at = `.streams[${s}]`;
    const stray = [from, to].find((layer) => layer !== undefined && layer >= layers.length);
    if (stray !== undefined) faults.push([at, `names layer ${stray}, there are ${layers.length}`]);
    else if (from === undefined && to === undefined) faults.push([at, "leads from the host to the host"]);
    else if (from !== undefined && to !== undefined && from >= to) faults.push([at, `leads from layer ${from} back to ${to}`]);
    else if (to !== undefined && !layers[to]!.inputs.includes(s)) faults.push([at, `leads to layer ${to}, which does not read it`]);
    const sent = from === undefined ? undefined : layers[from]?.output;
    if (sent !== undefined && elements(sent) !== elements(map))
      faults.push([`${at}.map`, `has ${elements(map)} elements, layer ${from} sends ${elements(sent)}`]);
    if (elements(map) > MOST_ELEMENTS) faults.push([`${at}.map`, `has ${elements(map)} elements; at most ${MOST_ELEMENTS} can be counted`]);
  });
  layers.forEach((layer, l) => {
    const at = `.layers[${l}]`;
    for (const s of layer.inputs) {
      if (streams[s] === undefined) faults.push([`${at}.inputs`, `names stream ${s}, there are ${streams.length}`]);
      else if (streams[s].to !== l) faults.push([`${at}.inputs`, `reads stream ${s}, which does not lead to it`]);
      if (taken.has(s)) faults.push([`${at}.inputs`, `reads stream ${s} for the second time`]);
      taken.add(s);
    }
    if (!streams.some(({ from }) => from === l)) faults.push([at, "sends its result nowhere"]);
    if (elements(layer.output) > MOST_ELEMENTS) faults.push([`${at}.output`, `has more elements than can be counted (${MOST_ELEMENTS})`]);
    const inputs = layer.inputs.flatMap((s) => streams[s]?.map ?? []);
    if (inputs.length === layer.inputs.length) faults.push(...shapeFaults(layer, inputs).map((message): Fault => [at, message]));
  });
  return faults;
}

/** Whether a layer's result has the shape that its kind, kernel and operands give it. */
function shapeFaults({ kind, kernel, groups, weights, output }: Posed["layers"][number], inputs: readonly Shape[]): string[] {
  const faults: string[] = [];
  const [input] = inputs as [Shape];
  const several = kind === "combine" || kind === "concatenation";
  if (!several && inputs.length > 1) faults.push(`reads ${inputs.length} streams; a ${kind} reads one`);
  const multiplies = kind === "convolution" || kind === "transposed";
  if (multiplies !== (weights !== undefined)) faults.push(multiplies ? "multiplies without weights" : `is a ${kind} with weights`);
  const slides = multiplies || kind === "pooling" || kind === "resize";
  if (slides && kernel === undefined) return [...faults, `is a ${kind} without a kernel`];
  if (multiplies && (input.channels % groups !== 0 || output.channels % groups !== 0))
    faults.push(`${input.channels} channels and ${output.channels} filters do not divide into ${groups} groups`);
  const shape = ({ channels, height, width }: Pick<typeof output, "channels" | "height" | "width">) => `${height} x ${width} x ${channels}`;
  const expected = expectedShape(kind, kernel, inputs, output);
  if (expected !== undefined && shape(expected) !== shape(output))
    faults.push(`makes ${shape(expected)} of its input, not ${shape(output)}`);
  return faults;
}

function expectedShape(
  kind: Posed["layers"][number]["kind"],
  kernel: z.infer<typeof kernelForm> | undefined,
  inputs: readonly Shape[],
  output: Shape,
): Pick<Shape, "channels" | "height" | "width"> | undefined {
  const [input] = inputs as [Shape];
  const { channels, height, width } = input;
  switch (kind) {
    case "convolution":
    case "pooling":
    case "rearrange": {
      if (kernel === undefined) return undefined;
      const steps = (length: number, before: number, after: number, reach: number, stride: number) =>
        Math.floor((length + before + after - reach) / stride) + 1;
      const reachY = (kernel.height - 1) * kernel.dilationY + 1;
      const reachX = (kernel.width - 1) * kernel.dilationX + 1;
      return {
        channels: kind === "pooling" ? channels : output.channels,
        height: steps(height, kernel.top, kernel.bottom, reachY, kernel.strideY),
        width: steps(width, kernel.left, kernel.right, reachX, kernel.strideX),
      };
    }
    case "transposed": {
      const grown = (length: number, size: number, stride: number, dilation: number, before: number, after: number) =>
        (length - 1) * stride + (size - 1) * dilation + 1 - before - after;
      return {
        channels: output.channels,
        height: grown(height, kernel!.height, kernel!.strideY, kernel!.dilationY, kernel!.top, kernel!.bottom),
        width: grown(width, kernel!.width, kernel!.strideX, kernel!.dilationX, kernel!.left, kernel!.right),
      };
    }
    case "resize":
      return { channels, height: height * kernel!.strideY, width: width * kernel!.strideX };
    case "globalPooling":
      return { channels, height: 1, width: 1 };
    case "elementwise":
      return input;
    case "concatenation":
      return { channels: inputs.reduce((n, m) => n + m.channels, 0), height, width };
    case "combine":
      return inputs.reduce((largest, m) => (elements(m) > elements(largest) ? m : largest));
  }
}

const elements = ({ channels, height, width }: Shape): number => channels * height * width;
