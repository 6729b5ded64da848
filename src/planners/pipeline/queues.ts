import { evenPace, type Running } from "./pacing.js";
import type { PipelineProblem, Queue } from "./plan.js";

/**
 * The streams that may hold less than the problem says, which thinks of all engines there are, because with these engines the ways that
 * join differ less: they hold what is early in even flow, and a pixel that is being taken.
 *
 * @see docs/math/pipeline.md, "Waiting in streams"
 */
export function queuesOf(problem: PipelineProblem, running: Running): readonly Queue[] {
  const { layers, streams, model } = problem;
  // The published tool counts no queues.
  if (model === "autows") return [];
  const paces = evenPace(problem, running);
  const frame = running.cyclesPerFrame;
  return layers.flatMap(({ inputs, output }, l) => {
    if (inputs.length < 2) return [];
    return inputs.flatMap((id): Queue[] => {
      const { from, map, waiting } = streams[id]!;
      // What rearranges sends unevenly: that is part of what waits.
      if (from !== undefined && layers[from]!.kind === "rearrange") return [];
      const [pixels, all] = [map.height * map.width, output.height * output.width];
      // What has fewer pixels is let go with the last of the others.
      const taken = paces[l]!.begins + (pixels < all ? frame : frame / all);
      const early = taken - (from === undefined ? 0 : paces[from]!.begins) - frame / pixels;
      const held = map.channels * (Math.ceil((early / frame) * pixels) + 1);
      return held < waiting ? [{ stream: id, waiting: held }] : [];
    });
  });
}
