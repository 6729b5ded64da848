import { peakMacs } from "../planners/fusion/costs.js";
import type { FusionProblem, Overlap } from "../planners/fusion/plan.js";
import type { Ran } from "./fusion-ways.js";
import type { Json } from "./metrics.js";

/** The share of `before` that is no longer there. */
export const savedShare = (now: number, before: number): number => (before === 0 ? 0 : 1 - now / before);

const OVERLAP_WORDS: Readonly<Record<Overlap, string>> = {
  nonOverlapped: "non-overlapped",
  recompute: "recompute",
  hCached: "H-cached",
  fullyCached: "fully cached",
};

export const overlapText = (overlap: Overlap): string => OVERLAP_WORDS[overlap];

/** In which order weights and tiles are walked: the kind, and the same with its number. */
export function orderText({ group: { traversal }, tiles }: Ran): { readonly kind: string; readonly full: string } {
  switch (traversal.kind) {
    case "tiles":
      if (traversal.weights === "resident") return same("weights resident");
      return same(tiles === 1 ? "weights in passing" : "weights streamed");
    case "weightGroups":
      return { kind: "weight groups", full: `${traversal.count} weight groups` };
    case "outputBlocks":
      return { kind: "output blocks", full: `blocks of ${traversal.channels} outputs` };
  }
}

const same = (words: string) => ({ kind: words, full: words });

/** `whole 56 × 56`, or `7 × 56 of 56 × 56`. */
export function tileText({ group: { tile }, whole, tiles }: Ran): string {
  const all = `${whole.rows} × ${whole.columns}`;
  return tiles === 1 ? `whole ${all}` : `${tile.rows} × ${tile.columns} of ${all}`;
}

/** What happens where tiles overlap; with one tile nothing does. */
export const edgesText = ({ group: { overlap }, tiles }: Ran): string => (tiles === 1 ? "one tile" : overlapText(overlap));

/** The machine in base units, for programs. */
export function hardware({ clock, array, buffers, vector, accumulatorBits, offChipRate, offChipEnergy }: FusionProblem["machine"]): Json {
  const { hierarchy: _hierarchy, ...shape } = { hierarchy: undefined, ...array };
  const peak = peakMacs(array);
  return {
    array: shape,
    ...(Number.isFinite(peak) ? { macsPerCycle: peak } : {}),
    clockHertz: clock,
    buffers:
      buffers.arrangement === "unified"
        ? { arrangement: buffers.arrangement, sizeBytes: buffers.size, stagingBytes: buffers.staging }
        : { arrangement: buffers.arrangement, featureBytes: buffers.features, weightBytes: buffers.weights },
    vectorElementsPerCycle: vector,
    accumulatorBits,
    offChipBytesPerSecond: offChipRate * clock,
    offChipPicojoulesPerBit: offChipEnergy / 8,
  };
}
