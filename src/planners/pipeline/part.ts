import { behindOf } from "./options.js";
import type { LayerId, PipelineProblem, StreamId } from "./plan.js";

/**
 * Layers `first` to `end` (without it) as a network of their own: what comes from other layers comes from off chip, and
 * what they read goes there. A map that several of them read leaves once for each.
 */
export function partOf(problem: PipelineProblem, first: LayerId, end: LayerId): PipelineProblem {
  const inside = (layer: LayerId | undefined) => (layer !== undefined && layer >= first && layer < end ? layer - first : undefined);
  const ids = new Map<StreamId, StreamId>();
  const streams = problem.streams.flatMap((stream, id) => {
    const [from, to] = [inside(stream.from), inside(stream.to)];
    if (from === undefined && to === undefined) return [];
    ids.set(id, ids.size);
    // Its queue is what it would be in the whole network.
    const lost = from === undefined ? behindOf(problem.layers, stream.from) : 0;
    return [{ ...stream, from, to, waiting: stream.waiting + lost }];
  });
  const layers = problem.layers.slice(first, end).map((layer) => ({ ...layer, inputs: layer.inputs.map((id) => ids.get(id)!) }));
  return { ...problem, partitions: 1, layers, streams };
}
