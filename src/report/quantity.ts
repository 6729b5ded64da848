import { bytesText, compact, cyclesText, energyText, exactBytesText, grouped, percentText, secondsText } from "./format.js";

/** Units of what a report shows. The empty one counts things; a share is of 1. */
export type Unit = "B" | "cycle" | "s" | "pJ" | "B/s" | "MAC/s" | "MAC/B" | "frame/s" | "W" | "mm²" | "share" | "";

/** A number as people read it: short, and with all its digits. */
interface Spelling {
  readonly short: (n: number) => string;
  readonly exact: (n: number) => string;
}

const SPELLINGS: Readonly<Record<Unit, Spelling>> = {
  B: { short: bytesText, exact: exactBytesText },
  cycle: { short: cyclesText, exact: cyclesText },
  s: { short: secondsText, exact: (n) => `${Number(n.toPrecision(10))} s` },
  pJ: { short: energyText, exact: (n) => `${grouped(Math.round(n))} pJ` },
  "B/s": prefixed("B/s"),
  "MAC/s": prefixed("MAC/s"),
  "MAC/B": prefixed("MAC/B"),
  "frame/s": prefixed("frames/s"),
  W: prefixed("W"),
  "mm²": prefixed("mm²"),
  share: { short: percentText, exact: percentText },
  "": { short: grouped, exact: (n) => (Number.isInteger(n) ? grouped(n) : String(Number(n.toPrecision(7)))) },
};

/** `1536`, `B` -> `1.5 KiB`. */
export const quantityText = (n: number, unit: Unit): string => SPELLINGS[unit].short(n);

/** `1536`, `B` -> `1,536 B`. */
export const exactText = (n: number, unit: Unit): string => SPELLINGS[unit].exact(n);

/** Cycles are told as time where the clock is known: `2000000` at 1 GHz -> `2 ms`. */
export const clockedText = (n: number, unit: Unit, clockHertz: number): string =>
  unit === "cycle" && clockHertz > 0 ? secondsText(n / clockHertz) : quantityText(n, unit);

/** A tick of an axis: the number alone where a prefix would be odd. */
export const tickText = (n: number, unit: Unit): string => (unit === "" || unit === "cycle" ? compact(n) : quantityText(n, unit));

/** `3.4 GMAC/s`, `250 frames/s`. */
function prefixed(unit: string): Spelling {
  const short = (n: number): string => {
    const text = compact(n);
    return /[a-zA-Z]$/.test(text) ? text + unit : `${text} ${unit}`;
  };
  return { short, exact: (n) => `${grouped(n)} ${unit}` };
}
