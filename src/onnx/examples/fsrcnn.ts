import { type Edge, network } from "../build.js";
import { channels, conv } from "../layers.js";

/**
 * FSRCNN (d = 56, s = 12, m = 4), 960 x 540 luminance to twice the size: few weights, very large activations.
 * Source: Dong, Loy, Tang, "Accelerating the Super-Resolution Convolutional Neural Network", arXiv 1608.00367.
 */
export function fsrcnn(): Uint8Array {
  const net = network("fsrcnn", { opset: 13 });
  const layer = (from: Edge, name: string, out: number, kernel: number): Edge =>
    net.within(name, () => {
      const y = conv(net, from, { out, kernel });
      return net.node("PRelu", [y, net.weight("slope", [out, 1, 1])]);
    });

  let x = layer(net.input("image", [1, 1, 540, 960]), "extract", 56, 5);
  x = layer(x, "shrink", 12, 1);
  for (let i = 1; i <= 4; i++) x = layer(x, `map${i}`, 12, 3);
  x = layer(x, "expand", 56, 1);
  const weights = [net.weight("upscale.weight", [channels(x), 1, 9, 9]), net.weight("upscale.bias", [1])];
  const upscale = { kernel_shape: [9, 9], strides: [2, 2], pads: [4, 4, 4, 4], output_padding: [1, 1] };
  net.output("enlarged", net.node("ConvTranspose", [x, ...weights], upscale));
  return net.bytes();
}
