/**
 * Numbers with units as people write them: `512KiB`, `19.2GB/s`, `200MHz`, `8pJ/bit`. KiB, MiB, GiB
 * are powers of 1024, KB, MB, GB of 1000; `b` is a bit, `B` a byte. The arithmetic is exact until
 * the last step, where the value becomes the nearest double.
 */
import { bad, type Checked, type Code, fail, good } from "../base/diagnostic.js";
import { nearest } from "../base/nearest.js";
import {
  type Bytes,
  type BytesPerCycle,
  type BytesPerSecond,
  bytes,
  bytesPerCycle,
  bytesPerSecond,
  type ElementsPerCycle,
  elementsPerCycle,
  type Hertz,
  hertz,
  type MacsPerCycle,
  macsPerCycle,
  type Picojoules,
  type PicojoulesPerByte,
  type PicojoulesPerCycle,
  type PicojoulesPerMac,
  picojoules,
  picojoulesPerByte,
  picojoulesPerCycle,
  picojoulesPerMac,
  type Seconds,
  seconds,
} from "../base/units.js";

/** A kind of quantity: how it is written, and the unit its value is counted in. */
export interface Measure<Q extends number> {
  /** What is measured, for messages. */
  readonly name: string;
  /** The unit of the parsed value. */
  readonly unit: string;
  readonly example: string;
  /** Only whole multiples of `unit` exist. */
  readonly whole: boolean;
  /** Of a target: less, or more, and what a plan adds up could not be counted exactly. */
  readonly least?: number;
  readonly most?: number;
  /** Every unit allowed -> its size in `unit`, as a fraction. */
  readonly units: ReadonlyMap<string, Fraction>;
  readonly make: (value: number) => Q;
}

const MOST = 2 ** 44;
/** Less than this per cycle, and an operator of a large network takes more cycles than `MOST`. */
const SLOWEST = 2 ** -10;

/** Bytes. `1Kib` is 128 B; a size that is not whole bytes is an error. */
export const size: Measure<Bytes> = {
  name: "size",
  unit: "B",
  example: "512KiB",
  whole: true,
  most: MOST,
  units: sizes(""),
  make: bytes,
};
/** Bytes per second: `19.2GB/s`, `153.6Gb/s`. */
export const rate: Measure<BytesPerSecond> = {
  name: "rate",
  unit: "B/s",
  example: "19.2GB/s",
  whole: false,
  units: sizes("/s"),
  make: bytesPerSecond,
};
export const frequency: Measure<Hertz> = {
  name: "frequency",
  unit: "Hz",
  example: "200MHz",
  whole: false,
  least: 1,
  most: MOST,
  units: table({ Hz: [1], kHz: [10n ** 3n], MHz: [10n ** 6n], GHz: [10n ** 9n] }),
  make: hertz,
};
export const duration: Measure<Seconds> = {
  name: "time",
  unit: "s",
  example: "10s",
  whole: false,
  units: table({ s: [1], ms: [1, 10n ** 3n], us: [1, 10n ** 6n], µs: [1, 10n ** 6n], ns: [1, 10n ** 9n], min: [60], h: [3600] }),
  make: seconds,
};
/** Picojoules per byte: `8pJ/bit` is 64. */
export const energyPerByte: Measure<PicojoulesPerByte> = {
  name: "energy per byte",
  unit: "pJ/B",
  example: "8pJ/bit",
  whole: false,
  units: energies({ "/B": 1n, "/byte": 1n, "/b": 8n, "/bit": 8n }),
  make: picojoulesPerByte,
};
export const energyPerMac: Measure<PicojoulesPerMac> = {
  name: "energy per MAC",
  unit: "pJ/MAC",
  example: "0.3pJ/MAC",
  whole: false,
  units: energies({ "/MAC": 1n }),
  make: picojoulesPerMac,
};
export const energyPerCycle: Measure<PicojoulesPerCycle> = {
  name: "energy per cycle",
  unit: "pJ/cycle",
  example: "310pJ/cycle",
  whole: false,
  units: energies({ "/cycle": 1n }),
  make: picojoulesPerCycle,
};
/** Of one access. */
export const energy: Measure<Picojoules> = {
  name: "energy",
  unit: "pJ",
  example: "12pJ",
  whole: false,
  units: energies({ "": 1n }),
  make: picojoules,
};
/** Bytes per cycle: `128b/cycle` is 16. */
export const cycleRate: Measure<BytesPerCycle> = {
  name: "rate per cycle",
  unit: "B/cycle",
  example: "16B/cycle",
  whole: false,
  least: SLOWEST,
  most: MOST,
  units: sizes("/cycle"),
  make: bytesPerCycle,
};
export const macRate: Measure<MacsPerCycle> = {
  name: "MACs per cycle",
  unit: "MAC/cycle",
  example: "256MAC/cycle",
  whole: false,
  least: SLOWEST,
  most: MOST,
  units: table({ "MAC/cycle": [1], "MACs/cycle": [1] }),
  make: macsPerCycle,
};
export const elementRate: Measure<ElementsPerCycle> = {
  name: "elements per cycle",
  unit: "element/cycle",
  example: "16element/cycle",
  whole: false,
  least: SLOWEST,
  most: MOST,
  units: table({ "element/cycle": [1], "elements/cycle": [1] }),
  make: elementsPerCycle,
};

/** `text` must be a size. `where` names its place for the message, e.g. `--capacity`. Errors TGT-7, TGT-8. */
export const parseSize = (text: string, where: string): Checked<Bytes> => parseQuantity(size, text, where);
/** `text` must be a time. Errors TGT-7, TGT-8. */
export const parseDuration = (text: string, where: string): Checked<Seconds> => parseQuantity(duration, text, where);

/**
 * Reads one quantity. Never throws.
 *
 * @param text what the file or the user says: a string with number and unit; anything else is an error.
 * @param where place of the text, for the message.
 */
export function parseQuantity<Q extends number>(measure: Measure<Q>, text: unknown, where: string): Checked<Q> {
  const refuse = (code: Code, message: string, fix: string) => bad(fail(code, where, message, fix));
  const units = [...measure.units.keys()];
  const allowed = `write a number with one of ${units.join(", ")}, such as ${measure.example}`;

  if (typeof text === "number") return refuse("TGT-7", `${text} has no unit`, allowed);
  if (typeof text !== "string") return refuse("TGT-7", `${measure.name} expected, not ${describe(text)}`, allowed);
  const shown = JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}...` : text);
  const parts = NUMBER.exec(text.slice(0, 200).trim());
  const unit = parts?.[5] ?? "";
  if (parts === null) return refuse("TGT-7", `${shown} is not a number with a unit`, allowed);
  if (unit === "") return refuse("TGT-7", `${shown} has no unit`, allowed);
  const factor = measure.units.get(unit);
  if (factor === undefined) {
    const guess = nearest(unit, units);
    return refuse("TGT-7", `${shown}: "${unit}" is not a unit of ${measure.name}`, guess ? `did you mean ${guess}? ${allowed}` : allowed);
  }
  if (parts[1] === "-") return refuse("TGT-8", `${shown} is negative`, `choose 0${unit} or more`);

  const exact = times(decimal(parts[2]!, parts[3] ?? "", Number(parts[4] ?? 0)), factor);
  if (exact === undefined) return refuse("TGT-8", `${shown} has too many digits`, `choose a number of at most ${MOST_DIGITS} digits`);
  const [numerator, denominator] = exact;
  if (measure.whole && numerator % denominator !== 0n) {
    const value = quotient(exact);
    return refuse("TGT-8", `${shown} is ${value} ${measure.unit}, not whole`, `choose ${Math.ceil(value)}${measure.unit}`);
  }
  if (numerator > denominator * BigInt(Number.MAX_SAFE_INTEGER)) {
    return refuse("TGT-8", `${shown} is more than 2^53 - 1 ${measure.unit}`, "choose a smaller number");
  }
  return good(measure.make(quotient(exact)));
}

/** A JSON Schema pattern of what `parseQuantity` accepts, for editors. */
export function quantityPattern(measure: Measure<number>): string {
  const units = [...measure.units.keys()];
  return `^\\s*\\+?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][+-]?[0-9]+)?\\s*(${units.join("|")})\\s*$`;
}

/** A value in words, short enough for a message whatever it is. */
export function describe(value: unknown): string {
  if (value === null || value === undefined) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a mapping";
  const text = JSON.stringify(value);
  return text.length > 40 ? `${text.slice(0, 40)}...` : text;
}

/** Numerator and denominator, both at least 0 and in no particular terms. */
type Fraction = readonly [bigint, bigint];

/** sign, whole digits, decimals, exponent, unit */
const NUMBER = /^([+-]?)(?=\.?\d)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?\s*([^\s\d.]\S*)?$/u;
const MOST_DIGITS = 40;

function decimal(whole: string, decimals: string, exponent: number): Fraction | undefined {
  const power = exponent - decimals.length;
  if (whole.length + decimals.length > MOST_DIGITS || Math.abs(power) > MOST_DIGITS) return undefined;
  const digits = BigInt(whole + decimals);
  return power >= 0 ? [digits * 10n ** BigInt(power), 1n] : [digits, 10n ** BigInt(-power)];
}

const times = (a: Fraction | undefined, b: Fraction): Fraction | undefined => a && [a[0] * b[0], a[1] * b[1]];

/** The nearest double, or within one unit in the last place when either term is beyond 2^53. */
function quotient([numerator, denominator]: Fraction): number {
  const divisor = gcd(numerator, denominator);
  return Number(numerator / divisor) / Number(denominator / divisor);
}

function gcd(a: bigint, b: bigint): bigint {
  while (b > 0n) [a, b] = [b, a % b];
  return a;
}

function table(units: Readonly<Record<string, readonly [number | bigint, (number | bigint)?]>>): ReadonlyMap<string, Fraction> {
  return new Map(Object.entries(units).map(([unit, [top, bottom]]) => [unit, [BigInt(top), BigInt(bottom ?? 1)]]));
}

/** Bits and bytes with decimal and binary prefixes, each followed by `suffix`. */
function sizes(suffix: string): ReadonlyMap<string, Fraction> {
  const prefixes: readonly (readonly [string, bigint])[] = [
    ["", 1n],
    ...["K", "M", "G", "T"].flatMap((letter, i): [string, bigint][] => [
      [`${letter}i`, 1024n ** BigInt(i + 1)],
      [letter, 1000n ** BigInt(i + 1)],
    ]),
    ["k", 1000n],
  ];
  return new Map(
    prefixes.flatMap(([prefix, factor]): [string, Fraction][] => [
      [`${prefix}B${suffix}`, [factor, 1n]],
      [`${prefix}b${suffix}`, [factor, 8n]],
    ]),
  );
}

/** Energies per something, in picojoules; `per` tells how many of each suffix make one. */
function energies(per: Readonly<Record<string, bigint>>): ReadonlyMap<string, Fraction> {
  const prefixes: readonly (readonly [string, Fraction])[] = [
    ["pJ", [1n, 1n]],
    ["fJ", [1n, 1000n]],
    ["nJ", [1000n, 1n]],
  ];
  return new Map(
    Object.entries(per).flatMap(([suffix, count]) =>
      prefixes.map(([prefix, [top, bottom]]): [string, Fraction] => [prefix + suffix, [top * count, bottom]]),
    ),
  );
}
