// The networks of the benchmark and the problems posed on them.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { buildExample, examples, parseBinding } from "../../dist/api.js";
import {
  bytes,
  bytesPerSecond,
  elementsPerCycle,
  hertz,
  macsPerCycle,
  picojoulesPerByte,
  picojoulesPerMac,
} from "../../dist/base/units.js";
import { importOnnx } from "../../dist/onnx/import.js";
import { pose } from "../../dist/planners/scratchpad/pose.js";

const MODELS = process.env.STOWAGE_MODELS ?? "../shared/models";
const BINDINGS = join(process.env.STOWAGE_REFERENCE ?? "../shared/reference", "models");
export const SIZES = ["min", "mid", "peak"];
export const WEIGHTS = ["outside", "planned"];

/** COSMA counts networks found by search apart from those that people designed. */
const NAS = /^(pnasnet|nasnet|darts|randwire|amoebanet)/;
/** Stand-ins for what COSMA measured, each the first that is there; R2Plus1D, ResNeXt and DeepLabV3 are missing. */
const ROSTER = [
  ["resnet50", "resnet50 (bundled)"],
  ["light_densenet121", "densenet121 (bundled)"],
  ["cosma_s3d"],
  ["cosma_fcn_resnet50_224"],
  ["cosma_lraspp_224"],
  ["transformer-encoder (bundled)"],
  ["vit_tiny"],
];
/** The same network as another bundled example once its dimensions are bound. */
const SAME = new Set(["transformer-encoder-dynamic"]);

/** Every ONNX file of the models folder, then the bundled examples: name, class, and how to read it. */
export function networks(wanted) {
  const folder = existsSync(MODELS) ? readdirSync(MODELS).filter((file) => file.endsWith(".onnx")) : [];
  const files = folder.map((file) => {
    const name = file.replace(/\.onnx$/, "");
    return { name, read: () => read(file, readFileSync(join(MODELS, file)), bindingsOf(name)) };
  });
  const bundled = examples
    .filter(({ name }) => !SAME.has(name))
    .map(({ name }) => ({ name: `${name} (bundled)`, read: () => read(name, buildExample(name), []) }));
  const here = new Set([...files, ...bundled].map(({ name }) => name));
  const roster = new Set(ROSTER.map((stand) => stand.find((name) => here.has(name))));
  const all = [...files, ...bundled].map((network) => ({
    ...network,
    kind: NAS.test(network.name) ? "NAS" : "human-designed",
    roster: roster.has(network.name),
  }));
  return wanted === undefined ? all : all.filter(({ name }) => wanted.some((w) => name === w || name === `${w} (bundled)`));
}

function bindingsOf(name) {
  const path = join(BINDINGS, `${name}.json`);
  const stated = existsSync(path) ? JSON.parse(readFileSync(path, "utf8")).bindings : {};
  return Object.entries(stated).map(([key, size]) => `${key}=${[size].flat().join(",")}`);
}

function read(name, data, texts) {
  const bindings = texts.map((text) => must(parseBinding(text), name));
  return must(importOnnx(data, { name, bindings }), name);
}

/** int8, alignment 16 B, single-input element-wise operators in place; rates do not matter for traffic. */
export function problemOf(graph, weights, size) {
  const target = {
    kind: "scratchpad",
    name: "benchmark",
    summary: "",
    clock: hertz(1),
    memory: { size, alignment: bytes(16), reserved: [], energy: picojoulesPerByte(1) },
    offChip: { bandwidth: bytesPerSecond(1), energy: picojoulesPerByte(1) },
    compute: { macs: macsPerCycle(1), vector: elementsPerCycle(1), energy: picojoulesPerMac(1) },
    precision: { activation: "int8", weight: "int8" },
    weights,
    inPlace: true,
    sources: {},
  };
  return must(pose(graph, target, { objective: "traffic" }), graph.name);
}

function must(checked, name) {
  if (!checked.ok) throw new Error(`${name}: ${checked.errors[0].code} ${checked.errors[0].message}`);
  return checked.value;
}
