import type { Layer, Unroll } from "../../planners/pipeline/plan.js";

/** One sweep of an engine's weights: `depth` words of `width` bits, word 0 first, its bit 0 first, bit 0 of a byte first. */
export interface Sweep {
  readonly depth: number;
  readonly width: number;
  readonly bits: Uint8Array;
}

/**
 * Packs the weights of `layer` in the order in which its engine takes them (docs/math/pipeline.md, "Weight memory").
 *
 * @param weights integers that fit `layer.weights.bits`, filters outermost, then the channels of a group, then kernel positions.
 * @param channels input channels, all groups together.
 */
export function pack(layer: Layer, channels: number, unroll: Unroll, weights: ArrayLike<number>): Sweep {
  const bits = layer.weights?.bits ?? 0;
  const positions = (layer.kernel?.height ?? 1) * (layer.kernel?.width ?? 1);
  const perGroup = { channels: channels / layer.groups, filters: layer.output.channels / layer.groups };
  const steps = {
    group: layer.groups / unroll.group,
    channel: perGroup.channels / unroll.in,
    filter: perGroup.filters / unroll.out,
    kernel: positions / unroll.kernel,
  };
  const depth = steps.group * steps.channel * steps.filter * steps.kernel;
  const width = bits * unroll.group * unroll.out * unroll.in * unroll.kernel;
  const packed = new Uint8Array(Math.ceil((depth * width) / 8));
  let bit = 0;
  const put = (value: number) => {
    for (let i = 0; i < bits; i++, bit++) if ((value >> i) & 1) packed[bit >> 3]! |= 1 << (bit & 7);
  };
  for (let gs = 0; gs < steps.group; gs++)
    for (let cs = 0; cs < steps.channel; cs++)
      for (let fs = 0; fs < steps.filter; fs++)
        for (let ks = 0; ks < steps.kernel; ks++)
          for (let g = 0; g < unroll.group; g++)
            for (let o = 0; o < unroll.out; o++)
              for (let i = 0; i < unroll.in; i++)
                for (let k = 0; k < unroll.kernel; k++) {
                  const filter = (gs * unroll.group + g) * perGroup.filters + fs * unroll.out + o;
                  const channel = cs * unroll.in + i;
                  const weight = weights[(filter * perGroup.channels + channel) * positions + ks * unroll.kernel + k] ?? 0;
                  // Of one bit, -1 and 1: the sign.
                  put(bits === 1 ? Number(weight < 0) : weight);
                }
  return { depth, width, bits: packed };
}

/** Bits `[from, from + count)` of word `word` as hexadecimal digits, highest first. */
export function hex({ width, bits }: Sweep, word: number, from = 0, count = width): string {
  const start = word * width + from;
  let digits = "";
  for (let i = Math.ceil(count / 4) - 1; i >= 0; i--) {
    let digit = 0;
    for (let b = Math.min(4, count - 4 * i) - 1; b >= 0; b--) {
      const position = start + 4 * i + b;
      digit = 2 * digit + ((bits[position >> 3]! >> (position & 7)) & 1);
    }
    digits += digit.toString(16);
  }
  return digits;
}

/** Words `chosen`, one after the other, cut into beats of `busBits` as they cross the bus; the last is filled up with zeros. */
export function beats({ width, bits }: Sweep, chosen: readonly number[], busBits: number): readonly string[] {
  const total = Math.ceil((chosen.length * width) / busBits) * busBits;
  const stream = new Uint8Array(total / 8 + 1);
  let at = 0;
  for (const word of chosen)
    for (let i = word * width; i < (word + 1) * width; i++, at++) if ((bits[i >> 3]! >> (i & 7)) & 1) stream[at >> 3]! |= 1 << (at & 7);
  const line: Sweep = { depth: total / busBits, width: busBits, bits: stream };
  return Array.from({ length: line.depth }, (_, i) => hex(line, i));
}
