import { describe, expect, test } from "vitest";
import { enginesOf, honest, mapOf, network, POINT, residual, streaming } from "../../../test/small-pipeline.js";
import type { PipelineRun } from "../../base/replay.js";
import { cycles, seconds } from "../../base/units.js";
import { schedule } from "./dma.js";
import { costOf } from "./options.js";
import type { Dma, Engine, Partition, PipelinePlan, PipelineProblem, WeightMemory } from "./plan.js";
import { replay } from "./replay.js";
import { verify } from "./verify.js";

type PipelinePart = PipelineRun["partitions"][number];

/** The schedule of a partition, which has the streamed layers of the whole. */
function scheduled(of: PipelineProblem, { engines, cyclesPerFrame }: Partition, io: number): Dma {
  const found = schedule(of, engines, io, cyclesPerFrame);
  if (found.kind !== "holds") throw new Error("the link does not carry the weights of the sample");
  return found.dma;
}

const problem = residual();
const engines = streaming(problem);
const plan = honest(problem, engines);
const [partition] = plan.partitions as [Partition];
const dma = partition.dma!;

const codes = (of: PipelineProblem, claim: unknown): readonly string[] => {
  const verdict = verify(of, claim as PipelinePlan);
  return verdict.ok ? [] : [...new Set(verdict.violations.map(({ code }) => code))];
};
const withPartition = (change: Partial<Partition>): PipelinePlan => ({ ...plan, partitions: [{ ...partition, ...change }] });
const withDma = (change: Partial<Dma>): PipelinePlan => withPartition({ dma: { ...dma, ...change } });
const withEngine = (layer: number, change: (engine: Engine) => unknown): PipelinePlan =>
  withPartition({ engines: engines.map((engine) => (engine.layer === layer ? (change(engine) as Engine) : engine)) });
const withMemory = (layer: number, change: Partial<WeightMemory>): PipelinePlan =>
  withEngine(layer, (engine) => ({ ...engine, memory: { ...engine.memory, ...change } }));
const withUnroll = (layer: number, change: object): PipelinePlan =>
  withEngine(layer, (engine) => ({ ...engine, unroll: { ...engine.unroll, ...change } }));
const having = (resources: object): PipelineProblem => ({
  ...problem,
  device: { ...problem.device, resources: { ...problem.device.resources, ...resources } },
});

describe("a sound plan", () => {
  const verdict = verify(problem, plan);
  if (!verdict.ok) throw new Error(verdict.violations[0].message);
  const { replay } = verdict.accepted;
  const run = replay.pipeline!;

  test("is accepted, and its replay adds up", () => {
    expect(replay.steps).toEqual(problem.layers.map(({ name }) => name));
    expect(run.cyclesPerFrame).toBe(partition.cyclesPerFrame);
    // The longest way: 16 x 16 pixels of 9 x 4 x 8 products, and a row and a pixel of each of the others.
    expect(replay.totals.latency).toBeGreaterThan(run.cyclesPerFrame);
    expect(replay.totals.latency).toBeLessThan(4 * run.cyclesPerFrame);
    const { input, output, "weight-stream": streamed = 0 } = replay.totals.trafficByCause;
    expect([input, output]).toEqual([4 * 16 * 16, 10]);
    // 64 pixels x 16 fragments x 72 bytes, in beats of 8 bytes, for each of the two.
    expect(streamed).toBe(2 * 64 * 16 * 72);
    expect(run.partitions[0]!.streamed).toBe(streamed);
    expect(run.stages.map(({ stalls }) => stalls)).toEqual([0, 0, 0, 0, 0, 0]);
  });

  test("says where weights are", () => {
    const [, , first, second] = run.stages;
    expect(first).toMatchObject({ weightBits: 8 * 8 * 16 * 9, residentBits: 0 });
    expect(second).toMatchObject({ weightBits: 8 * 16 * 16 * 9, residentBits: 4 * 16 * 16 * 9 });
  });

  test("shows as many bytes on the link as the stream brings, one beat at a time", () => {
    const sent = replay.events.filter(({ cause }) => cause === "weight-stream");
    for (const [i, { start }] of sent.entries()) if (i > 0) expect(start).toBeGreaterThanOrEqual(sent[i - 1]!.end);
    const bytes = sent.reduce((sum, { size = 0 }) => sum + size, 0);
    const perFrame = replay.totals.trafficByCause["weight-stream"]!;
    expect(bytes).toBeGreaterThan(1.9 * perFrame);
    expect(bytes).toBeLessThan(2.3 * perFrame);
  });
});

test("partitions take turns: a batch through each, loaded anew every time", () => {
  const twice = { ...problem, partitions: 2, batch: 10, reconfiguration: seconds(5000) };
  const parts = [engines.slice(0, 2), engines.slice(2)].map((some): Partition => {
    const needed = Math.max(...some.map((engine) => costOf(problem, engine).interval));
    return { engines: some, cyclesPerFrame: cycles(needed), dma: some.length > 2 ? dma : undefined };
  });
  // The second is the slowest layer's, whose schedule is that of the whole.
  expect(parts[1]!.cyclesPerFrame).toBe(partition.cyclesPerFrame);
  const io = 8 * (8 * 8 * 8 + 10);
  const rate = Math.floor(65536 * (64 - io / partition.cyclesPerFrame));
  const partitions = [parts[0]!, { ...parts[1]!, dma: scheduled(twice, parts[1]!, io) }];
  expect(partitions[1]!.dma?.rate).toBe(rate);
  const run = replay(twice, { partitions });
  expect(run.violations).toEqual([]);
  const { pipeline, totals } = run.replay;
  const [a, b] = pipeline!.partitions as [PipelinePart, PipelinePart];
  expect(totals.latency).toBe(2 * 5000 + a.latency + b.latency + 9 * (a.cyclesPerFrame + b.cyclesPerFrame));
  expect(pipeline!.cyclesPerFrame).toBe(totals.latency / 10);
  expect(a.output).toBe(8 * 8 * 8);
  expect(b.input).toBe(8 * 8 * 8);
});

describe("one rule broken, one code", () => {
  test.each<[string, unknown]>([
    ["no plan", 7],
    ["no partitions", { ...plan, partitions: [] }],
    ["no engines", withPartition({ engines: [] })],
    ["a layer that does not exist", withEngine(5, (engine) => ({ ...engine, layer: 6 }))],
    ["no unrolling", withUnroll(0, { in: 0 })],
    ["an unknown memory", withMemory(0, { static: "disk" as never })],
    ["half a fragment", withMemory(2, { fragments: 0.5 })],
    ["a frame that takes no time", withPartition({ cyclesPerFrame: cycles(0) })],
    ["a schedule without slots", withDma({ slots: [] })],
    ["a slot for nobody", withDma({ slots: [{ port: 2, beats: 1 }] })],
    ["a slot that is too long", withDma({ slots: [{ port: 0, beats: 17 }] })],
    ["stalls of other ports", withDma({ stalls: [0] })],
    ["no claims", { ...plan, claims: undefined }],
    ["a resource that is not counted", { ...plan, claims: { ...plan.claims, resources: { lut: 1 } } }],
    ["no baselines", { ...plan, baselines: undefined }],
    ["queues made for longer frames than it gives", { ...plan, partitions: [{ ...partition, evenedOver: partition.cyclesPerFrame + 1 }] }],
    ["a queue that holds more than may have to wait", { ...plan, partitions: [{ ...partition, queues: [{ stream: 0, waiting: 1 }] }] }],
    ["a certificate that is none", { ...plan, certificate: { cycles: 1, multipliers: [-1], value: 2 } }],
  ])("PIP-1: %s", (_, claim) => {
    expect(codes(problem, claim)).toEqual(["PIP-1"]);
  });

  test("PIP-20: engines that are missing, doubled, out of order, or in partitions that cannot follow one another", () => {
    expect(codes(problem, withPartition({ engines: engines.slice(1) }))).toEqual(["PIP-20"]);
    expect(codes(problem, withPartition({ engines: [engines[0]!, ...engines] }))).toEqual(["PIP-20"]);
    expect(codes(problem, withPartition({ engines: engines.toReversed() }))).toEqual(["PIP-20"]);
    const cut = (first: readonly Engine[], second: readonly Engine[]) => ({
      ...plan,
      partitions: [first, second].map((some) => ({ ...partition, engines: some })),
    });
    expect(codes(problem, cut(engines.slice(0, 3), engines.slice(3)))).toEqual(["PIP-20"]);
    expect(codes({ ...problem, partitions: 2 }, cut(engines.slice(3), engines.slice(0, 3)))).toEqual(["PIP-20"]);
  });

  test("PIP-21: factors that do not divide, and lanes that would not hold neighbours", () => {
    expect(codes(problem, withUnroll(0, { in: 3 }))).toEqual(["PIP-21"]);
    expect(codes(problem, withUnroll(0, { kernel: 2 }))).toEqual(["PIP-21"]);
    expect(codes(problem, withUnroll(0, { group: 2 }))).toEqual(["PIP-21"]);
    expect(codes(problem, withUnroll(1, { out: 2 }))).toEqual(["PIP-21"]);
    const grouped = network(mapOf(8, 4), [{ kind: "convolution", output: mapOf(8, 4), groups: 4 }]);
    const built = (unroll: Engine["unroll"]) => honest(grouped, [{ ...enginesOf(grouped)[0]!, unroll }]);
    expect(codes(grouped, built({ in: 2, out: 2, group: 2, kernel: 1 }))).toEqual([]);
    expect(codes(grouped, built({ in: 1, out: 2, group: 2, kernel: 1 }))).toEqual(["PIP-21"]);
  });

  test.each<[string, PipelinePlan, PipelineProblem?]>([
    ["no memory", withEngine(0, (engine) => ({ ...engine, memory: undefined }))],
    ["memory without weights", withEngine(1, (engine) => ({ ...engine, memory: engines[0]!.memory }))],
    ["fragments that do not divide a sweep", withMemory(3, { fragments: 7 })],
    ["fragments longer than their period", withMemory(3, { streamed: 145 })],
    ["more buffers than allowed", withMemory(3, { buffers: 3 })],
    ["no buffers", withMemory(3, { buffers: 0 })],
    ["more reuse than allowed", withMemory(3, { reuse: 8 })],
    ["static words that lie nowhere", withMemory(3, { static: "none" })],
    ["fragments that lie nowhere", withMemory(3, { buffer: "none" })],
    ["buffers for nothing", withMemory(0, { buffers: 2 })],
    ["weights that lie nowhere", withMemory(0, { static: "none" })],
    ["streaming that is forbidden", plan, { ...problem, streaming: "never" }],
    ["URAM that is not there", withMemory(0, { static: "uram" }), having({ uram: 0 })],
  ])("PIP-22: %s", (_, claim, of = problem) => {
    expect(codes(of, claim)).toEqual(["PIP-22"]);
  });

  test("PIP-23: more than the device has, with LUTs in place of block RAMs only where that is meant", () => {
    const { lut, bram18, dsp } = plan.claims.resources;
    expect(codes(having({ lut, bram18, dsp }), plan)).toEqual([]);
    expect(codes(having({ dsp: dsp - 1 }), plan)).toEqual(["PIP-23"]);
    expect(codes(having({ bram18: bram18 - 1 }), plan)).toEqual(["PIP-23"]);
    const replacing = (of: PipelineProblem): PipelineProblem => ({ ...of, device: { ...of.device, lutPerBram18: 288 } });
    expect(codes(replacing(having({ bram18: bram18 - 2, lut: lut + 2 * 288 })), plan)).toEqual([]);
    expect(codes(replacing(having({ bram18: bram18 - 2, lut: lut + 2 * 288 - 1 })), plan)).toEqual(["PIP-23"]);
  });

  test("PIP-24: an engine that takes longer than a frame", () => {
    const found = codes(problem, withPartition({ cyclesPerFrame: cycles(partition.cyclesPerFrame - 1) }));
    expect(found).toContain("PIP-24");
  });

  test("PIP-25: more bits than the link carries", () => {
    const slow = { ...problem, device: { ...problem.device, bitsPerCycle: 4 } };
    expect(codes(slow, plan)).toContain("PIP-25");
  });

  test("PIP-26: a schedule that is not this plan's", () => {
    expect(codes(problem, withPartition({ dma: undefined }))).toEqual(["PIP-26"]);
    expect(codes(problem, withDma({ ports: [3, 2] }))).toEqual(["PIP-26"]);
    expect(codes(problem, withDma({ busBits: 128 }))).toEqual(["PIP-26"]);
    expect(codes(problem, withDma({ rate: dma.rate + 1 }))).toEqual(["PIP-26"]);
    expect(codes(problem, honest(problem, enginesOf(problem)))).toEqual([]);
    expect(
      codes(problem, { ...honest(problem, enginesOf(problem)), partitions: [{ ...partition, engines: enginesOf(problem) }] }),
    ).toContain("PIP-26");
  });

  test("PIP-27: slots that bring a layer too little", () => {
    expect(codes(problem, withDma({ slots: dma.slots.map((slot, i) => (i === 0 ? { ...slot, beats: slot.beats - 1 } : slot)) }))).toEqual([
      "PIP-27",
    ]);
    expect(codes(problem, withDma({ rounds: dma.rounds - 1 }))).toEqual(["PIP-27"]);
  });

  test("PIP-28: weights that come too slowly", () => {
    const needed = (2 * 64 * 16 * 72 * 8 * 65536) / partition.cyclesPerFrame;
    expect(codes(problem, withDma({ rate: Math.floor(0.9 * needed) }))).toContain("PIP-28");
  });

  test("PIP-29: a join whose shorter way holds too little", () => {
    const streams = problem.streams.map((stream) => ({ ...stream, waiting: 0 }));
    expect(codes({ ...problem, streams }, plan)).toContain("PIP-29");
  });

  test("PIP-30: a join whose shorter way holds enough to go on, and too little to go on evenly", () => {
    const joined = (pixels: number) =>
      network(
        mapOf(8, 8),
        [
          { kind: "convolution", output: mapOf(8, 8) },
          { kind: "convolution", output: mapOf(8, 8) },
          { kind: "convolution", output: mapOf(8, 8) },
          { kind: "combine", output: mapOf(8, 8), from: [0, 2] },
        ],
        { "0 to 3": 8 * pixels },
      );
    const found = Array.from({ length: 32 }, (_, pixels) => {
      const of = joined(pixels);
      return codes(of, honest(of, enginesOf(of)));
    });
    expect(found[0]).toEqual(["PIP-29"]);
    expect(found.flat()).toContain("PIP-30");
    expect(found.at(-1)).toEqual([]);
  });

  test("PIP-29: a plan whose queues hold less than its engines need", () => {
    const stream = problem.streams.findIndex(({ waiting }) => waiting > 0);
    const holding = (waiting: number) => withPartition({ queues: [{ stream, waiting }] });
    expect(codes(problem, holding(0))).toContain("PIP-29");
    expect(codes(problem, holding(problem.streams[stream]!.waiting))).toEqual([]);
  });

  test("PIP-31: stalls and a warm-up that are not so", () => {
    expect(codes(problem, withDma({ stalls: [0, 1] }))).toEqual(["PIP-31"]);
    expect(codes(problem, withDma({ warmUp: cycles(dma.warmUp + 1) }))).toEqual(["PIP-31"]);
  });

  test("PIP-32: claims that the replay does not bear out", () => {
    const { claims } = plan;
    expect(codes(problem, { ...plan, claims: { ...claims, cyclesPerFrame: claims.cyclesPerFrame - 1 } })).toEqual(["PIP-32"]);
    expect(codes(problem, { ...plan, claims: { ...claims, latency: claims.latency - 1 } })).toEqual(["PIP-32"]);
    expect(codes(problem, { ...plan, claims: { ...claims, latency: claims.latency + 1000 } })).toEqual([]);
    expect(codes(problem, { ...plan, claims: { ...claims, resources: { ...claims.resources, dsp: 0 } } })).toEqual(["PIP-32"]);
  });

  test("PIP-33: a certificate that proves nothing, or speaks of what the plan does not exceed", () => {
    const rows = 6;
    const multipliers = Array.from({ length: rows }, (_, i) => (i === 0 ? 1 : 0));
    const stated = (least: number) => ({ ...plan, certificate: { cycles: least, multipliers, value: 2 } });
    expect(codes(problem, stated(partition.cyclesPerFrame))).toEqual(["PIP-33"]);
    expect(codes(problem, stated(partition.cyclesPerFrame - 1))).toEqual(["PIP-33"]);
  });
});

test("a kernel of one position is a window too", () => {
  const dots = network(mapOf(4, 6), [
    { kind: "convolution", output: mapOf(4, 6), kernel: POINT },
    { kind: "elementwise", output: mapOf(4, 6) },
  ]);
  expect(codes(dots, honest(dots, enginesOf(dots)))).toEqual([]);
});
