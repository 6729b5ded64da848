import type { Residency } from "../../base/replay.js";
import { type Bytes, bytes, type Cycles, cycles } from "../../base/units.js";
import { heightOf, topOf } from "../../cost/crossbar/geometry.js";
import type { CrossbarPlan, CrossbarProblem, LayerId } from "./plan.js";
import type { Sheet } from "./replay-sheets.js";

/** Stays that are told at most. */
const MOST = 5_000;

/**
 * Which layer has which crossbars, or rows of one, for as long as the table lasts; crossbars that layers take turns on are left out. Cells count as the bytes they hold, row by row.
 */
export function residencyOf(
  { machine, layers }: CrossbarProblem,
  sheets: readonly Sheet[],
  sequences: CrossbarPlan["sequences"],
  length: Cycles,
): readonly Residency[] {
  const row = (machine.columns * machine.cellBits) / 8;
  /** Per layer: rows that it has of crossbars, one beside the other. */
  const runs = layers.map((): { from: number; to: number; readonly top: number; readonly end: number }[] => []);
  sequences.forEach((loads, x) => {
    const here = new Map<LayerId, { top: number; end: number }>();
    for (const { layer, strip } of loads) {
      const { geometry } = sheets[layer]!;
      const top = topOf(geometry, strip);
      const end = top + heightOf(geometry, strip);
      const known = here.get(layer);
      here.set(layer, { top: Math.min(known?.top ?? top, top), end: Math.max(known?.end ?? end, end) });
    }
    const stays = [...here].sort(([, a], [, b]) => a.top - b.top);
    if (stays.some(([, { top }], k) => k > 0 && stays[k - 1]![1].end > top)) return;
    for (const [layer, { top, end }] of stays) {
      const last = runs[layer]!.at(-1);
      if (last?.to === x && top === 0 && last.end === machine.rows) runs[layer]![runs[layer]!.length - 1] = { ...last, to: x + 1, end };
      else runs[layer]!.push({ from: x, to: x + 1, top, end });
    }
  });
  return runs
    .flatMap((mine, layer): Residency[] => {
      return mine.map(({ from, to, top, end: last }) => {
        const first = Math.floor((from * machine.rows + top) * row);
        const end = Math.floor(((to - 1) * machine.rows + last) * row);
        return {
          memory: 0,
          name: layers[layer]!.name,
          kind: "weight",
          offset: bytes(first),
          size: bytes(end - first) as Bytes,
          cycles: { start: cycles(0), end: length },
          steps: { start: 0, end: layers.length },
        };
      });
    })
    .slice(0, MOST);
}
