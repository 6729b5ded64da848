/** Colours of the kinds and causes, read from the style sheet so that canvas and text agree in both themes. */
export const COLOURS = [
  "input",
  "weight",
  "activation",
  "output",
  "spill",
  "refetch",
  "compute",
  "halo",
  "weight-stream",
  "partial",
  "programming",
  "index",
] as const;
export type ColourName = (typeof COLOURS)[number];

/** Colours of series that are no kind and no cause, in the order they are given out. */
const SERIES: readonly ColourName[] = [
  "activation",
  "output",
  "weight",
  "refetch",
  "input",
  "spill",
  "halo",
  "index",
  "partial",
  "programming",
];

export const seriesColour = (series: number): ColourName => SERIES[series % SERIES.length]!;

export interface Palette {
  readonly fill: Readonly<Record<ColourName, string>>;
  /** Text on a fill. */
  readonly on: Readonly<Record<ColourName, string>>;
  /** Three tints of each fill, so that neighbours of one kind can be told apart. */
  readonly tints: Readonly<Record<ColourName, readonly [string, string, string]>>;
  readonly surface: string;
  readonly ink: string;
  readonly muted: string;
  readonly line: string;
  readonly accent: string;
}

export function palette(): Palette {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  const each = <T>(make: (name: ColourName) => T) => Object.fromEntries(COLOURS.map((name) => [name, make(name)])) as Record<ColourName, T>;
  return {
    fill: each(colour),
    on: each((name) => (luminance(colour(name)) > 0.3 ? "#101418" : "#ffffff")),
    tints: each((name) => [colour(name), mix(colour(name), colour("surface"), 0.13), mix(colour(name), colour("surface"), 0.24)]),
    surface: colour("surface"),
    ink: colour("ink"),
    muted: colour("muted"),
    line: colour("line"),
    accent: colour("accent"),
  };
}

/** Any kind or cause that has no colour of its own is drawn as an activation. */
export const colourOf = (name: string): ColourName => ((COLOURS as readonly string[]).includes(name) ? (name as ColourName) : "activation");

/** A fill as a little-endian RGBA word, for pixels set one by one. */
export function pixelWord(hex: string): number {
  const [r, g, b] = channels(hex);
  return ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;
}

/** `share` of the way from one colour to another. */
function mix(from: string, to: string, share: number): string {
  const target = channels(to);
  const mixed = channels(from).map((c, i) => Math.round(c + (target[i]! - c) * share));
  return `#${mixed.map((c) => c.toString(16).padStart(2, "0")).join("")}`;
}

const channels = (hex: string): [number, number, number] => {
  const n = Number.parseInt(hex.slice(1), 16);
  return [(n >> 16) & 255, (n >> 8) & 255, n & 255];
};

/** Relative luminance, WCAG 2.2. */
function luminance(hex: string): number {
  const [r, g, b] = channels(hex).map((c) => (c <= 10 ? c / 3294.6 : ((c / 255 + 0.055) / 1.055) ** 2.4)) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
