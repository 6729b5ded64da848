/** Whole numbers that stand for real weights: `value = scale x integer`. */
export interface Quantised {
  readonly integers: Int32Array;
  /** 0 where all values are. */
  readonly scale: number;
}

/**
 * Symmetric, one scale for all, the largest magnitude at the end of the range. Of one bit, the two values are -1 and 1, and the scale
 * is the mean magnitude.
 *
 * @param bits of an integer, 1 to 31; the range of more than one is -(2^(bits - 1) - 1) to 2^(bits - 1) - 1.
 */
export function quantise(values: ArrayLike<number>, bits: number): Quantised {
  const scale = scaleOf(values, bits);
  const integers = new Int32Array(values.length);
  for (let i = 0; i < values.length; i++) integers[i] = integerOf(values[i]!, scale, bits);
  return { integers, scale };
}

/** The scale that `quantise` gives to all values. */
export function scaleOf(values: ArrayLike<number>, bits: number): number {
  let [largest, sum] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    const magnitude = Math.abs(values[i]!);
    sum += magnitude;
    if (magnitude > largest) largest = magnitude;
  }
  if (bits === 1) return values.length === 0 ? 0 : sum / values.length;
  return largest / (2 ** (bits - 1) - 1);
}

/** The integer that `quantise` makes of one value at the scale of all. */
export const integerOf = (value: number, scale: number, bits: number): number => {
  if (bits === 1) return value < 0 ? -1 : 1;
  const most = -1 >>> (33 - bits); // 2^(bits - 1) - 1, without the time of a power
  // The smallest scales are coarse: dividing by one may reach beyond.
  return scale > 0 ? Math.max(-most, Math.min(most, halfToEven(value / scale))) : 0;
};

/** The nearest whole number, of two the even one. Source: ONNX QuantizeLinear. */
export function halfToEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest !== 0.5) return rest < 0.5 ? below : below + 1;
  return below % 2 === 0 ? below : below + 1;
}
