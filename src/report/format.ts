/** How numbers and names look to people, in the terminal and on the page alike. One home, so that both agree. */

const BINARY = ["B", "KiB", "MiB", "GiB", "TiB"] as const;

/** `1536` -> `1.5 KiB`: three digits, fewer where they are exact. Units are powers of 1024. */
export function bytesText(n: number): string {
  let unit = 0;
  let value = n;
  while (Math.abs(value) >= 1024 && unit < BINARY.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${threeDigits(value)} ${BINARY[unit]}`;
}

/** `3575808` -> `3,575,808 B`. */
export const exactBytesText = (n: number): string => `${grouped(n)} B`;

/** `1234567` -> `1,234,567`; fractions keep two decimals. */
export function grouped(n: number): string {
  const [whole = "0", fraction] = (Number.isInteger(n) ? String(n) : n.toFixed(2)).split(".");
  const digits = whole.replace(/\B(?=(\d{3})+(?!\d))/g, ",");
  return fraction === undefined ? digits : `${digits}.${fraction}`;
}

/** `1234567` -> `1.23 M`, for axes and small labels. */
export function compact(n: number): string {
  const steps = ["", " k", " M", " G", " T"];
  let unit = 0;
  let value = n;
  while (Math.abs(value) >= 1000 && unit < steps.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${threeDigits(value)}${steps[unit]}`;
}

export const cyclesText = (n: number): string => `${grouped(n)} ${n === 1 ? "cycle" : "cycles"}`;

/** `0.0042` -> `4.2 ms`. */
export const secondsText = (n: number): string => scaled(n, ["s", "ms", "µs", "ns", "ps"]);

/** Picojoules -> `8.91 mJ`. */
export const energyText = (picojoules: number): string => scaled(picojoules / 1e12, ["J", "mJ", "µJ", "nJ", "pJ"]);

/** Share of 1 -> `12.3 %`. Only a true zero prints as 0. */
export function percentText(share: number): string {
  const percent = share * 100;
  if (percent !== 0 && Math.abs(percent) < 0.1) return percent > 0 ? "< 0.1 %" : "> -0.1 %";
  if (percent < 100 && percent > 99.9) return "> 99.9 %";
  return `${trimZeros(percent.toFixed(1))} %`;
}

/** A label within a sentence; an acronym keeps its capitals. */
export const lowered = (label: string): string => label.replace(/^\p{Lu}(?!\p{Lu})/u, (c) => c.toLowerCase());

export const hexText = (n: number): string => `0x${n.toString(16).padStart(4, "0")}`;

/**
 * A name from a model with every character that could act instead of print (controls, escapes, bidirectional
 * overrides, zero-width marks, unpaired surrogates) written as `\u{202e}`.
 */
export const printable = (name: string): string => name.replace(ACTING, (c) => `\\u{${(c.codePointAt(0) ?? 0).toString(16)}}`);

const ACTING = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** `value` in the largest of `units` (each a thousandth of the one before) that leaves at least 1. */
function scaled(value: number, units: readonly string[]): string {
  let rest = value;
  let unit = 0;
  while (rest !== 0 && Math.abs(rest) < 1 && unit < units.length - 1) {
    rest *= 1000;
    unit++;
  }
  return `${threeDigits(rest)} ${units[unit]}`;
}

/** Three significant digits, all digits before the point, no zeros at the end. */
function threeDigits(value: number): string {
  const size = Math.abs(value);
  if (size >= 1000) return grouped(Math.round(value));
  return trimZeros(value.toFixed(size < 10 ? 2 : size < 100 ? 1 : 0));
}

const trimZeros = (digits: string): string => (digits.includes(".") ? digits.replace(/\.?0+$/, "") : digits);
