import { behindOf } from "./options.js";
import type { LayerId, PipelineProblem, StreamId } from "./plan.js";

/**
 * Layers `first` to `end` (without it) as a network of their own: what comes from other layers comes from off chip, and
 * what they read goes there. A map that several of them read leaves once for each.
 */
export function partOf(problem: PipelineProblem, first: LayerId, end: LayerId): PipelineProblem {
  const inside = (layer: LayerId | undefined) => (isInside(layer, first, end) ? layer - first : undefined);
  const ids = streamsOf(problem, first, end);
  const at = new Map(ids.map((id, own) => [id, own]));
  const streams = ids.map((id) => {
    const stream = problem.streams[id]!;
    const [from, to] = [inside(stream.from), inside(stream.to)];
    // Its queue is what it would be in the whole network.
    const lost = from === undefined ? behindOf(problem.layers, stream.from) : 0;
    return { ...stream, from, to, waiting: stream.waiting + lost };
  });
  const layers = problem.layers.slice(first, end).map((layer) => ({ ...layer, inputs: layer.inputs.map((id) => at.get(id)!) }));
  return { ...problem, partitions: 1, layers, streams };
}

/** The streams of such a part, in its own order. */
export const streamsOf = ({ streams }: PipelineProblem, first: LayerId, end: LayerId): readonly StreamId[] =>
  [...streams.keys()].filter((id) => isInside(streams[id]!.from, first, end) || isInside(streams[id]!.to, first, end));

const isInside = (layer: LayerId | undefined, first: LayerId, end: LayerId): layer is LayerId =>
  layer !== undefined && layer >= first && layer < end;
