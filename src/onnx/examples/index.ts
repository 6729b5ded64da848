import { densenet121 } from "./densenet.js";
import { efficientnetB0 } from "./efficientnet.js";
import { fsrcnn } from "./fsrcnn.js";
import { mobilenetv2 } from "./mobilenet.js";
import { nasnet } from "./nasnet.js";
import { resnet18, resnet50 } from "./resnet.js";
import { dscnn, resnet8 } from "./tiny.js";
import { bertBase, transformerEncoder, transformerEncoderDynamic } from "./transformer.js";
import { unet } from "./unet.js";
import { vgg16 } from "./vgg.js";

/** A network that comes with the package: topology and shapes from its paper, no weights. */
export interface Example {
  readonly name: string;
  readonly summary: string;
  readonly paper: string;
}

export const examples: readonly Example[] = [
  { name: "resnet18", summary: "residual network, 18 layers, 224 x 224 images", paper: "arXiv 1512.03385" },
  { name: "resnet50", summary: "residual network with bottlenecks, 50 layers, 224 x 224 images", paper: "arXiv 1512.03385" },
  { name: "mobilenetv2", summary: "inverted residuals with depthwise convolutions, 224 x 224 images", paper: "arXiv 1801.04381" },
  { name: "efficientnet-b0", summary: "inverted residuals with squeeze and excitation, 224 x 224 images", paper: "arXiv 1905.11946" },
  { name: "densenet121", summary: "densely connected network, 121 layers, 224 x 224 images", paper: "arXiv 1608.06993" },
  { name: "vgg16", summary: "chain of 16 layers with large weights, 224 x 224 images", paper: "arXiv 1409.1556" },
  { name: "unet", summary: "encoder and decoder with long skips, 256 x 256 images", paper: "arXiv 1505.04597" },
  { name: "fsrcnn", summary: "super-resolution, few weights and large activations, 960 x 540 images", paper: "arXiv 1608.00367" },
  { name: "nasnet", summary: "NASNet-A (6 @ 768), irregular cells, 32 x 32 images", paper: "arXiv 1707.07012" },
  { name: "transformer-encoder", summary: "base Transformer encoder, 6 layers, 128 tokens", paper: "arXiv 1706.03762" },
  { name: "transformer-encoder-dynamic", summary: "the same; bind batch and sequence", paper: "arXiv 1706.03762" },
  { name: "bert-base", summary: "BERT base with embeddings, 12 layers, 128 tokens", paper: "arXiv 1810.04805" },
  { name: "resnet8", summary: "MLPerf Tiny image classification, 32 x 32 images", paper: "arXiv 2106.07597" },
  { name: "dscnn", summary: "MLPerf Tiny keyword spotting, 49 x 10 features", paper: "arXiv 2106.07597" },
];

export const exampleNames: readonly string[] = examples.map(({ name }) => name);

/** The ONNX file of a bundled example; undefined when there is none of that name. */
export const buildExample = (name: string): Uint8Array | undefined => BUILDERS.get(name)?.();

const BUILDERS: ReadonlyMap<string, () => Uint8Array> = new Map([
  ["resnet18", resnet18],
  ["resnet50", resnet50],
  ["mobilenetv2", mobilenetv2],
  ["efficientnet-b0", efficientnetB0],
  ["densenet121", densenet121],
  ["vgg16", vgg16],
  ["unet", unet],
  ["fsrcnn", fsrcnn],
  ["nasnet", nasnet],
  ["transformer-encoder", transformerEncoder],
  ["transformer-encoder-dynamic", transformerEncoderDynamic],
  ["bert-base", bertBase],
  ["resnet8", resnet8],
  ["dscnn", dscnn],
]);
