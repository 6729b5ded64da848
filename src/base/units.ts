/**
 * Numbers that carry their unit in the type. Adding bytes to cycles does not compile;
 * turning one unit into another is the business of `cost/` alone.
 */
declare const unit: unique symbol;

/** A number with a unit. Invariant in `U`: a covariant brand would let `add(bytes(1), cycles(2))` infer a union and compile. */
export type Quantity<U extends string> = number & { readonly [unit]: (u: U) => U };

export type Bytes = Quantity<"B">;
export type Cycles = Quantity<"cycle">;
export type Seconds = Quantity<"s">;
export type Hertz = Quantity<"Hz">;
export type Picojoules = Quantity<"pJ">;
export type Macs = Quantity<"MAC">;
export type Elements = Quantity<"element">;
export type BytesPerSecond = Quantity<"B/s">;
export type BytesPerCycle = Quantity<"B/cycle">;
export type PicojoulesPerByte = Quantity<"pJ/B">;
export type PicojoulesPerMac = Quantity<"pJ/MAC">;
export type PicojoulesPerCycle = Quantity<"pJ/cycle">;
export type MacsPerCycle = Quantity<"MAC/cycle">;
export type ElementsPerCycle = Quantity<"element/cycle">;

export const bytes = (n: number): Bytes => whole<"B">(n, "bytes");
export const cycles = (n: number): Cycles => whole<"cycle">(n, "cycles");
export const macs = (n: number): Macs => whole<"MAC">(n, "MACs");
export const elements = (n: number): Elements => whole<"element">(n, "elements");
export const seconds = (n: number): Seconds => real<"s">(n, "seconds");
export const hertz = (n: number): Hertz => real<"Hz">(n, "hertz");
export const picojoules = (n: number): Picojoules => real<"pJ">(n, "picojoules");
export const bytesPerSecond = (n: number): BytesPerSecond => real<"B/s">(n, "bytes per second");
export const bytesPerCycle = (n: number): BytesPerCycle => real<"B/cycle">(n, "bytes per cycle");
export const picojoulesPerByte = (n: number): PicojoulesPerByte => real<"pJ/B">(n, "picojoules per byte");
export const picojoulesPerMac = (n: number): PicojoulesPerMac => real<"pJ/MAC">(n, "picojoules per MAC");
export const picojoulesPerCycle = (n: number): PicojoulesPerCycle => real<"pJ/cycle">(n, "picojoules per cycle");
export const macsPerCycle = (n: number): MacsPerCycle => real<"MAC/cycle">(n, "MACs per cycle");
export const elementsPerCycle = (n: number): ElementsPerCycle => real<"element/cycle">(n, "elements per cycle");

export const add = <U extends string>(a: Quantity<U>, b: Quantity<U>) => (a + b) as Quantity<U>;
export const subtract = <U extends string>(a: Quantity<U>, b: Quantity<U>) => (a - b) as Quantity<U>;
export const max = <U extends string>(a: Quantity<U>, b: Quantity<U>) => (a > b ? a : b);
export const min = <U extends string>(a: Quantity<U>, b: Quantity<U>) => (a < b ? a : b);
export const scale = <U extends string>(a: Quantity<U>, factor: number) => (a * factor) as Quantity<U>;

/** `size` rounded up to a multiple of `alignment`. */
export const alignUp = (size: Bytes, alignment: Bytes): Bytes => bytes(Math.ceil(size / alignment) * alignment);

/** A safe integer of at least 0; anything else is a bug of ours, so it throws. */
function whole<U extends string>(n: number, name: string): Quantity<U> {
  if (!Number.isSafeInteger(n) || n < 0) throw new RangeError(`${n} is not a whole number of ${name}`);
  return n as Quantity<U>;
}

function real<U extends string>(n: number, name: string): Quantity<U> {
  if (!Number.isFinite(n) || n < 0) throw new RangeError(`${n} is not a number of ${name}`);
  return n as Quantity<U>;
}
