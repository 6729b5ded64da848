import { type Edge, network } from "../build.js";
import { concat, conv, convTranspose, maxPool, relu } from "../layers.js";

/**
 * U-Net with 64 to 1024 channels, two classes, for 256 x 256 colour images. Convolutions are padded, so that skip
 * connections need no cropping, as most implementations since have it.
 * Source: Ronneberger, Fischer, Brox, "U-Net: Convolutional Networks for Biomedical Image Segmentation", arXiv 1505.04597.
 */
export function unet(): Uint8Array {
  const net = network("unet", { opset: 13 });
  const double = (x: Edge, out: number): Edge => {
    const a = relu(net, conv(net, x, { name: "conv1", out, kernel: 3 }));
    return relu(net, conv(net, a, { name: "conv2", out, kernel: 3 }));
  };

  let x = net.input("image", [1, 3, 256, 256]);
  const skips: Edge[] = [];
  for (const width of [64, 128, 256, 512]) {
    const skip = net.within(`down${width}`, () => double(x, width));
    skips.push(skip);
    x = maxPool(net, skip, { kernel: 2, stride: 2 });
  }
  x = net.within("bottom", () => double(x, 1024));
  for (const width of [512, 256, 128, 64])
    x = net.within(`up${width}`, () => double(concat(net, [skips.pop()!, convTranspose(net, x, { out: width, kernel: 2 })]), width));
  net.output("mask", conv(net, x, { name: "classes", out: 2, kernel: 1 }));
  return net.bytes();
}
