import { rng } from "../src/base/rng.js";
import {
  bytes,
  bytesPerCycle,
  elementsPerCycle,
  hertz,
  picojoulesPerByte,
  picojoulesPerCycle,
  picojoulesPerMac,
} from "../src/base/units.js";
import type { FeatureMap, FusionProblem, Layer, Read, Window } from "../src/planners/fusion/plan.js";

/** 24 multiply-accumulates in one cycle, 1 B/cycle, a picojoule for everything. */
export const smallMachine: FusionProblem["machine"] = {
  clock: hertz(1),
  array: { template: "vwa", blocks: 2, rows: 4, columns: 3 },
  buffers: { arrangement: "unified", size: bytes(600), staging: bytes(40) },
  accumulatorBits: 16,
  vector: elementsPerCycle(8),
  offChipRate: bytesPerCycle(1),
  offChipEnergy: picojoulesPerByte(1),
  energy: { mac: picojoulesPerMac(1), buffer: picojoulesPerByte(0), busy: picojoulesPerCycle(1), stalled: picojoulesPerCycle(0.5) },
};

const POINT: Window = { stride: 1, extent: 1, before: 0, repeat: 1 };

/**
 * A small network with what real ones have: branches that join, residual additions, strides, padding, upsampled reads,
 * poolings, reads of a whole axis, maps with odd lengths and widths of fewer than eight bits.
 */
export function randomFusion(seed: number, count: number): FusionProblem {
  const random = rng(seed);
  const below = (n: number) => Math.floor(random() * n);
  const pick = <T>(list: readonly T[]): T => list[below(list.length)]!;
  const bits = () => pick([8, 8, 8, 4, 16]);
  const maps: FeatureMap[] = [
    { name: "m0", channels: 1 + below(3), height: 3 + below(10), width: 3 + below(10), bits: bits(), kind: "input" },
  ];
  const layers: Layer[] = [];
  for (let l = 0; l < count; l++) {
    const from = Math.max(0, maps.length - 1 - Math.floor(random() * random() * maps.length));
    const source = maps[from]!;
    const kernel = pick([1, 1, 3, 3, 5]);
    const stride = pick([1, 1, 1, 2]);
    const repeat = stride === 1 && source.height < 8 && source.width < 8 ? pick([1, 1, 2]) : 1;
    const all = random() < 0.08;
    const across = (length: number): { readonly window: Window; readonly computed: number } => {
      const before = Math.floor(kernel / 2);
      const computed = Math.max(1, Math.floor((length * repeat + 2 * before - kernel) / stride) + 1);
      return { window: all ? { stride: 0, extent: length, before: 0, repeat: 1 } : { stride, extent: kernel, before, repeat }, computed };
    };
    const y = across(source.height);
    const x = across(source.width);
    const pooled = random() < 0.2 && y.computed > 3 && x.computed > 3;
    const pool = { stride: 2, extent: pick([2, 3]), before: 0, repeat: 1 };
    const shrunk = (n: number) => (pooled ? Math.floor((n - pool.extent) / 2) + 1 : n);
    const made = { height: shrunk(y.computed), width: shrunk(x.computed) };
    const reads: Read[] = [{ map: from, y: y.window, x: x.window }];
    // A residual addition, or a map to concatenate, of the same plane.
    maps.forEach((m, id) => {
      if (id !== from && m.height === y.computed && m.width === x.computed && reads.length < 3 && random() < 0.4)
        reads.push({ map: id, y: POINT, x: POINT });
    });
    const outputs = 1 + below(4);
    const vector = random() < 0.15;
    layers.push({
      name: `l${l}`,
      type: vector ? "Relu" : "Conv",
      operators: [`l${l}`],
      kind: vector ? "vector" : "mac",
      reads,
      writes: maps.length,
      computed: { height: y.computed, width: x.computed },
      pooling: pooled ? { y: pool, x: pool } : undefined,
      shape: {
        outputs,
        inputs: source.channels,
        groups: 1,
        kernel: { height: kernel, width: kernel },
        stride: { y: stride, x: stride },
      },
      weights: bytes(vector ? 0 : outputs * source.channels * kernel * kernel),
    });
    maps.push({ name: `m${l + 1}`, channels: outputs, ...made, bits: bits(), kind: random() < 0.1 ? "output" : "activation" });
  }
  const read = new Set(layers.flatMap(({ reads }) => reads.map(({ map }) => map)));
  return {
    kind: "fusion",
    objective: "traffic",
    machine: smallMachine,
    maps: maps.map((m, id) => (read.has(id) || m.kind === "input" ? m : { ...m, kind: "output" })),
    layers,
    modes: ["recompute", "hCached", "fullyCached"],
    assumptions: [],
  };
}
