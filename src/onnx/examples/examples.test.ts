import { expect, test } from "vitest";
import type { Binding } from "../bindings.js";
import { importOnnx } from "../import.js";
import { buildExample, exampleNames } from "./index.js";

/** What the importer makes of an example; open dimensions are bound to the sizes of the closed form. */
function imported(name: string) {
  const bindings: readonly Binding[] = name.endsWith("-dynamic")
    ? [
        { kind: "symbol", name: "batch", value: 1 },
        { kind: "symbol", name: "sequence", value: 128 },
      ]
    : [];
  const result = importOnnx(buildExample(name)!, { name, bindings });
  if (!result.ok) throw new Error(JSON.stringify(result.errors));
  return result;
}

test.each(exampleNames)("%s imports, everything modelled, nothing to warn of but weights without values", (name) => {
  const { value: graph, warnings } = imported(name);
  expect(warnings.map(({ code }) => code)).toEqual(["ONX-44"]);
  expect(graph.coverage).toEqual({ macs: 1, activationBytes: 1, notModelled: [] });
  expect(graph.outputs.length).toBeGreaterThan(0);
});

test("there is no example of another name", () => {
  expect(buildExample("constructor")).toBeUndefined();
});

// Parameters. Folding a batch normalisation of C channels replaces its 2 C trained numbers by C biases, so a published count
// P becomes P - C summed over the folded normalisations. Published: torchvision's model table (11 689 512, 25 557 032,
// 3 504 872, 138 357 544, 7 978 856, 5 288 548); Devlin et al. give 110 M, of which the released bert-base-uncased holds
// 109 482 240 without its pre-training heads, 768 · 768 + 768 = 590 592 of them in the pooler left out here.
const encoderLayer = (d: number, hidden: number) => 4 * d * d + 4 * d + 2 * d * hidden + hidden + d + 4 * d;
// U-Net, by hand: a double convolution i -> o has 9 i o + o + 9 o o + o, the upsampling i -> i / 2 has 4 i i / 2 + i / 2.
const double = (i: number, o: number) => 9 * i * o + o + 9 * o * o + o;
const unet =
  double(3, 64) + [64, 128, 256, 512].reduce((n, c) => n + double(c, 2 * c) + (4 * 2 * c * c + c) + double(2 * c, c), 0) + (64 * 2 + 2);

test.each([
  ["resnet18", 11_689_512 - 4_800],
  ["resnet50", 25_557_032 - 26_560],
  // Plus the two bounds of ReLU6.
  ["mobilenetv2", 3_504_872 - 17_056 + 2],
  ["vgg16", 138_357_544],
  // Folded: the stem and the inner normalisation of 58 layers. Kept: 34 336 channels, each with mean and variance besides.
  ["densenet121", 7_978_856 - (64 + 58 * 128) + 2 * 34_336],
  ["unet", unet],
  ["efficientnet-b0", 5_288_548 - 21_008],
  // The paper counts 12 464 weights, 25 · 56 + 56 · 12 + 4 · 9 · 12 · 12 + 12 · 56 + 81 · 56; besides them 56 + 12 + 4 · 12 + 56 biases and as many slopes, and the last bias.
  ["fsrcnn", 12_464 + 2 * (56 + 12 + 4 * 12 + 56) + 1],
  // Plus the scale of the scores.
  ["transformer-encoder", 6 * encoderLayer(512, 2048) + 1],
  ["transformer-encoder-dynamic", 6 * encoderLayer(512, 2048) + 1],
  ["bert-base", 109_482_240 - 590_592 + 1],
])("%s has %i parameters", (name, parameters) => {
  expect(imported(name).value.parameters.elements).toBe(parameters);
});

// MACs. VGG-16 by hand: 9 · in · out · side² per convolution. An encoder layer: 4 d² + 2 d h per token and 2 s² d for attention.
const vggMacs = [
  [3, 64, 224],
  [64, 64, 224],
  [64, 128, 112],
  [128, 128, 112],
  [128, 256, 56],
  [256, 256, 56],
  [256, 256, 56],
  [256, 512, 28],
  [512, 512, 28],
  [512, 512, 28],
  [512, 512, 14],
  [512, 512, 14],
  [512, 512, 14],
].reduce((n, [i = 0, o = 0, side = 0]) => n + 9 * i * o * side * side, 25_088 * 4096 + 4096 * 4096 + 4096 * 1000);
// ResNet-8: the stem, then blocks of two convolutions, those that narrow the image with a shortcut beside, and the classifier.
const resnet8Macs =
  9 * 3 * 16 * 32 ** 2 +
  2 * 9 * 16 * 16 * 32 ** 2 +
  (9 * 16 * 32 + 9 * 32 * 32 + 16 * 32) * 16 ** 2 +
  (9 * 32 * 64 + 9 * 64 * 64 + 32 * 64) * 8 ** 2 +
  64 * 10;
// DS-CNN: the stem leaves 25 x 5 positions of 64 channels; four depthwise and pointwise pairs; 12 keywords.
const dscnnMacs = 25 * 5 * (10 * 4 * 64 + 4 * (9 * 64 + 64 * 64)) + 64 * 12;
const encoderMacs = (layers: number, d: number, hidden: number, s: number) => layers * (s * (4 * d * d + 2 * d * hidden) + 2 * s * s * d);

test.each([
  ["vgg16", vggMacs],
  ["transformer-encoder", encoderMacs(6, 512, 2048, 128)],
  ["transformer-encoder-dynamic", encoderMacs(6, 512, 2048, 128)],
  // Every weight of FSRCNN is used once per pixel of the small image.
  ["fsrcnn", 12_464 * 960 * 540],
  ["resnet8", resnet8Macs],
  ["dscnn", dscnnMacs],
  ["bert-base", encoderMacs(12, 768, 3072, 128)],
])("%s has %i MACs", (name, macs) => {
  expect(imported(name).value.operators.reduce((n, op) => n + op.macs, 0)).toBe(macs);
});

// Published rounded: MAC and parameter tables of arXiv 1512.03385 (ResNet-18 1.8 G), 1801.04381 (300 M), 1905.11946 (0.39 G),
// 1707.07012 (3.3 M parameters). That of ResNet-50 is torchvision's 4.089 G, which strides in the 3 x 3 convolution as we do; the
// paper has 3.8 G.
test.each([
  ["resnet18", "macs", 1.8e9],
  ["resnet50", "macs", 4.089e9],
  ["mobilenetv2", "macs", 300e6],
  ["efficientnet-b0", "macs", 0.39e9],
  ["nasnet", "parameters", 3.3e6],
] as const)("%s has the %s published as %d", (name, what, published) => {
  const graph = imported(name).value;
  const ours = what === "macs" ? graph.operators.reduce((n, op) => n + op.macs, 0) : graph.parameters.elements;
  expect(Math.abs(ours / published - 1)).toBeLessThan(0.02);
});
