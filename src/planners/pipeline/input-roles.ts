import type { TensorId } from "../../graph/graph.js";
import type { Roles } from "./forms.js";
import { factors, moving, productRoles, slideOf } from "./geometry.js";
import { dims, isObstacle, type Scene } from "./scene.js";

/** Tensors looked at on the way from an input to what decides its axes. */
const REACH = 64;

/**
 * What the axes of a network input are in a map: what the first windows or products behind it take them for, else by
 * custom: batch x channels x rows x columns.
 */
export function inputRoles(scene: Scene, input: TensorId): Roles {
  const own = dims(scene, input).map((_, axis) => axis);
  const queue: { readonly tensor: TensorId; readonly axes: readonly number[] }[] = [{ tensor: input, axes: own }];
  const seen = new Set([input]);
  for (let i = 0; i < queue.length && i < REACH; i++) {
    const { tensor, axes } = queue[i]!;
    for (const reader of scene.readers[tensor]!) {
      const op = scene.graph.operators[reader]!;
      const roles = wanted(scene, reader, tensor);
      if (roles !== undefined) {
        // Each axis counts once: where axes were joined on the way, custom decides.
        const back = ({ rows, columns, channels }: Roles): Roles => {
          const from = (list: readonly number[]) => own.filter((axis) => list.includes(axes[axis]!));
          const pixels = [...from(rows), ...from(columns)];
          // A product does not tell rows from columns.
          return { rows: pixels.slice(0, -1), columns: pixels.slice(-1), channels: from(channels) };
        };
        const found = back(roles);
        const all = [...found.rows, ...found.columns, ...found.channels];
        const complete = dims(scene, input).every((size, axis) => size === 1 || all.includes(axis));
        return complete && new Set(all.map((axis) => axes[axis])).size === all.length ? found : byCustom(own.length);
      }
      for (const nest of op.nests) {
        const read = nest.reads.find((r) => r.tensor === tensor);
        const { tensor: result } = nest.write;
        if (read === undefined || seen.has(result)) continue;
        seen.add(result);
        const to = read.indices.map((index) => {
          const loops = moving(nest, index).map(({ loop }) => loop);
          return nest.write.indices.findIndex((other) => moving(nest, other).some(({ loop }) => loops.includes(loop)));
        });
        queue.push({ tensor: result, axes: axes.map((axis) => (axis < 0 ? -1 : to[axis]!)) });
      }
    }
  }
  return byCustom(own.length);
}

/** Every axis has a role, so that no element is lost: maps of a batch come one after another, and slices of a volume. */
function byCustom(rank: number): Roles {
  const all = Array.from({ length: rank }, (_, axis) => axis);
  if (rank < 2) return { rows: [], columns: [], channels: all };
  const [batch, channels, ...pixels] = all as [number, number, ...number[]];
  return { rows: [batch, ...pixels.slice(0, -1)], columns: pixels.slice(-1), channels: [channels] };
}

/** What a window or a product takes the axes of its operand for. */
function wanted(scene: Scene, reader: number, tensor: TensorId): Roles | undefined {
  const op = scene.graph.operators[reader]!;
  const [nest] = op.nests;
  if (nest === undefined) return undefined;
  const windows = nest.loops.some(({ name }) => /^F[YX]$/.test(name));
  const read = nest.reads.find((r) => r.tensor === tensor);
  if (read === undefined) return undefined;
  const both = op.macs > 0 ? factors(scene, nest) : undefined;
  const roles =
    windows && nest.kind !== "pointwise"
      ? slideOf(scene, op, nest, read)
      : both?.read.tensor === tensor
        ? productRoles(nest, both.read, both.weight)
        : undefined;
  return roles === undefined || isObstacle(roles) ? undefined : roles.from;
}
