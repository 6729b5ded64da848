import { type Code, type Diagnostic, fail } from "../../base/diagnostic.js";
import type { Engine, Layer, PipelinePlan, PipelineProblem, Stream, WeightMemory } from "./plan.js";

/** What is not of the right form, so that nothing else can be asked of the plan (PIP-1). */
export function formViolations({ layers, streams }: PipelineProblem, plan: unknown): Diagnostic[] {
  const wrong: Diagnostic[] = [];
  const need = (holds: boolean, where: string, message: string): boolean => {
    if (!holds) wrong.push(fail("PIP-1", where, message, "plan again; a plan file belongs to the problem stored in it"));
    return holds;
  };
  if (!need(isObject(plan), "plan", "is no plan") || !isObject(plan)) return wrong;
  const { partitions, claims, certificate, baselines } = plan;
  if (need(Array.isArray(partitions) && partitions.length > 0, "plan.partitions", "is no list of partitions"))
    (partitions as unknown[]).forEach((partition, p) => {
      const at = `plan.partitions[${p}]`;
      if (!need(isObject(partition), at, "is no partition") || !isObject(partition)) return;
      const { engines, cyclesPerFrame, dma, queues, evenedOver } = partition;
      need(isCount(cyclesPerFrame, 1), `${at}.cyclesPerFrame`, "is no number of cycles");
      if (need(Array.isArray(engines) && engines.length > 0, `${at}.engines`, "is no list of engines"))
        (engines as unknown[]).forEach((engine, e) => {
          const fault = engineFault(engine, layers);
          need(fault === undefined, `${at}.engines[${e}]`, fault ?? "");
        });
      const fault = dma === undefined ? undefined : dmaFault(dma, layers.length);
      need(fault === undefined, `${at}.dma`, fault ?? "");
      need(
        evenedOver === undefined || (isCount(evenedOver, 1, Number(cyclesPerFrame)) && (partitions as unknown[]).length === 1),
        `${at}.evenedOver`,
        "is no number of cycles that a frame takes at least, of all layers together",
      );
      need(queues === undefined || areQueues(queues, streams), `${at}.queues`, "does not say of some streams how much less they hold");
    });
  if (need(isObject(claims), "plan.claims", "is missing") && isObject(claims)) {
    need(isNumber(claims.cyclesPerFrame), "plan.claims.cyclesPerFrame", "is no number");
    need(isNumber(claims.latency), "plan.claims.latency", "is no number");
    need(areResources(claims.resources), "plan.claims.resources", "does not count all resources");
  }
  need(isObject(baselines), "plan.baselines", "is missing");
  for (const key of ["vanilla", "greedy"])
    need(!isObject(baselines) || baselines[key] === undefined || isNumber(baselines[key]), `plan.baselines.${key}`, "is no number");
  need(
    certificate === undefined || isCertificate(certificate),
    "plan.certificate",
    "does not hold a number of cycles, multipliers and a value",
  );
  return wrong;
}

function engineFault(engine: unknown, layers: readonly Layer[]): string | undefined {
  if (!isObject(engine) || !isCount(engine.layer, 0, layers.length - 1))
    return `names layer ${String(isObject(engine) ? engine.layer : engine)}, there are ${layers.length}`;
  const { unroll, memory } = engine;
  if (!isObject(unroll) || !["in", "out", "group", "kernel"].every((key) => isCount(unroll[key], 1))) return "has no unrolling";
  if (memory === undefined) return undefined;
  if (!isObject(memory)) return "has no memory for its weights";
  if (!["fragments", "streamed", "buffers"].every((key) => isCount(memory[key], 0)) || !isCount(memory.reuse, 1))
    return "does not count the fragments of its weights";
  const style = [memory.static, memory.buffer].find((x) => !STYLES.some((known) => known === x));
  return style === undefined ? undefined : `lies in the unknown memory ${String(style)}`;
}

const areQueues = (queues: unknown, streams: readonly Stream[]): boolean =>
  Array.isArray(queues) &&
  queues.every(
    (queue) => isObject(queue) && isCount(queue.stream, 0, streams.length - 1) && isCount(queue.waiting, 0, streams[queue.stream]!.waiting),
  );

function dmaFault(dma: unknown, layers: number): string | undefined {
  if (!isObject(dma)) return "is no schedule";
  const { busBits, rate, ports, slots, rounds, warmUp, stalls } = dma;
  if (!isCount(busBits, 1, 2 ** 20) || !isCount(rate, 0) || !isCount(rounds, 1) || !isCount(warmUp, 0))
    return "does not count bus, rate, rounds and warm-up";
  if (!Array.isArray(ports) || ports.length === 0 || !ports.every((l) => isCount(l, 0, layers - 1))) return "has no ports";
  if (!Array.isArray(stalls) || stalls.length !== ports.length || !stalls.every((n) => isCount(n, 0)))
    return `does not count the stalls of its ${ports.length} ports`;
  if (!Array.isArray(slots) || slots.length === 0) return "has no slots";
  const stray = slots.findIndex(
    (slot) => !isObject(slot) || !isCount(slot.port, 0, ports.length - 1) || !isCount(slot.beats, 1, LONGEST_SLOT),
  );
  return stray < 0 ? undefined : `has a slot ${stray} that names no port, or not 1 to ${LONGEST_SLOT} beats`;
}

const STYLES = ["bram", "uram", "lutram", "none"] as const;
/** Source: docs/math/pipeline.md, DMA. */
const LONGEST_SLOT = 16;

/** Whether every layer has one engine, and data flow from a partition only to later ones (PIP-20). */
export function placeViolations({ layers, streams, partitions: most }: PipelineProblem, { partitions }: PipelinePlan): Diagnostic[] {
  const found: Diagnostic[] = [];
  const home = new Map<number, number>();
  const counts = layers.map(() => 0);
  partitions.forEach(({ engines }, p) => {
    for (const { layer } of engines) {
      counts[layer]! += 1;
      home.set(layer, p);
    }
    const disorder = engines.find(({ layer }, e) => e > 0 && layer <= engines[e - 1]!.layer);
    if (disorder !== undefined)
      found.push(misplaced(`plan.partitions[${p}]`, `layer ${layers[disorder.layer]!.name} comes after a later one`));
  });
  counts.forEach((n, l) => {
    if (n !== 1) found.push(misplaced("plan.partitions", `layer ${layers[l]!.name} has ${n} engines`));
  });
  for (const { name, from, to } of streams)
    if (from !== undefined && to !== undefined && (home.get(from) ?? 0) > (home.get(to) ?? 0))
      found.push(misplaced(`stream ${name}`, `leads from partition ${home.get(from)} back to ${home.get(to)}`));
  if (partitions.length > most)
    found.push(misplaced("plan.partitions", `are ${partitions.length}, the device may be configured ${most} times`));
  return found;
}

const misplaced = (where: string, message: string): Diagnostic =>
  fail("PIP-20", where, message, "give every layer one engine, in the order of the network");

/** Whether the engine can be built: factors divide (PIP-21), and its weights lie as they may (PIP-22). */
export function engineViolations(problem: PipelineProblem, engine: Engine, where: string): Diagnostic[] {
  const layer = problem.layers[engine.layer]!;
  const { inputs, output, groups, kernel, weights, name } = layer;
  const { unroll, memory } = engine;
  const say = (code: Code, message: string, fix: string) => fail(code, `${where} (${name})`, message, fix);
  const channels = problem.streams[inputs[0]!]!.map.channels;
  const positions = kernel && layer.kind !== "resize" ? kernel.height * kernel.width : 1;
  const per = weights ? groups : 1;
  const ways = [
    ["in", unroll.in, inputLanes(problem, layer) / per, "input channels"],
    ["out", unroll.out, weights ? output.channels / groups : 1, "output channels"],
    ["group", unroll.group, weights ? groups : 1, "groups"],
    ["kernel", unroll.kernel, weights ? positions : 1, "kernel positions"],
  ] as const;
  const uneven = ways.flatMap(([key, factor, whole, what]) =>
    whole % factor === 0
      ? []
      : [say("PIP-21", `${factor} copies over ${whole} ${what}: the factor ${key} does not divide`, "choose a divisor")],
  );
  if (uneven.length > 0) return uneven;
  if (
    weights &&
    problem.model === "stowage" &&
    unroll.group > 1 &&
    (unroll.in !== channels / groups || unroll.out !== output.channels / groups)
  )
    return [
      say(
        "PIP-21",
        `${unroll.group} groups at a time, but not all channels of them: lanes would not hold neighbours`,
        "unroll groups last",
      ),
    ];

  if (!weights) return memory === undefined ? [] : [say("PIP-22", "has no weights, and memory for them", "leave the memory out")];
  if (memory === undefined) return [say("PIP-22", "has weights and no memory for them", "give it one")];
  const depth =
    (channels / groups / unroll.in) * (output.channels / groups / unroll.out) * (positions / unroll.kernel) * (groups / unroll.group);
  const fault = memoryFault(problem, memory, depth);
  return fault === undefined ? [] : [say("PIP-22", fault, "plan again")];
}

/** What lanes of a layer without weights have to divide: the channels of all that it reads and makes. */
function inputLanes({ streams }: PipelineProblem, { inputs, output, weights }: Layer): number {
  if (weights) return streams[inputs[0]!]!.map.channels;
  return [...inputs.map((id) => streams[id]!.map.channels), output.channels].reduce(divisor);
}

const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));

function memoryFault(
  { streaming, buffers: most, reuse: mostReuse, device, model }: PipelineProblem,
  memory: WeightMemory,
  depth: number,
): string | undefined {
  const { fragments, streamed, buffers, reuse, static: kept, buffer } = memory;
  if (reuse > mostReuse) return `${reuse} pixels share a sweep, ${mostReuse} may`;
  if (device.resources.uram === 0 && (kept === "uram" || buffer === "uram")) return "lies in URAM, which the device does not have";
  if (fragments === 0) {
    if (streamed !== 0 || buffers !== 0 || buffer !== "none") return "has no fragments, yet words of them or buffers for them";
    return kept === "none" ? "keeps all its weights nowhere" : undefined;
  }
  if (streaming === "never") return "streams weights, which the target forbids";
  if (depth % fragments !== 0) return `${fragments} fragments do not divide a sweep of ${depth} words`;
  if (streamed < 1 || streamed > depth / fragments) return `${streamed} words of a fragment in periods of ${depth / fragments} words`;
  if (buffers < 1 || buffers > most) return `${buffers} buffers where 1 to ${most} may be`;
  if (buffer === "none") return "keeps its fragments nowhere";
  // The published tool calls a memory static that all of its blocks have left.
  if (model === "autows") return undefined;
  return (kept === "none") !== (streamed === depth / fragments) ? "has words on chip and no memory for them, or the reverse" : undefined;
}

const isObject = (x: unknown): x is Readonly<Record<string, unknown>> => typeof x === "object" && x !== null;
const isNumber = (n: unknown): n is number => typeof n === "number" && Number.isFinite(n) && n >= 0;
const isCount = (n: unknown, least: number, most = Number.MAX_SAFE_INTEGER): n is number =>
  typeof n === "number" && Number.isSafeInteger(n) && n >= least && n <= most;
const areResources = (x: unknown): boolean => isObject(x) && ["lut", "ff", "dsp", "bram18", "uram"].every((key) => isNumber(x[key]));
const isCertificate = (x: unknown): boolean =>
  isObject(x) && isNumber(x.cycles) && Array.isArray(x.multipliers) && x.multipliers.every(isNumber) && isNumber(x.value);
