import type { Operator, TensorId } from "../../graph/graph.js";
import type { AffineIndex, LoopNest } from "../../graph/loops.js";
import { factors } from "./axes.js";
import type { Layer, Window } from "./plan.js";
import { channelwise, count, planes, type Scene } from "./scene.js";
import { everything, type Part, partsAt } from "./views.js";
import { dominant, isPoint, POINT, whole, windowOf } from "./windows.js";

/** A layer before anything is folded into it. */
export interface Root extends Pick<Layer, "kind" | "computed" | "pooling" | "shape"> {
  readonly reads: readonly Part[];
  /** What a mac layer multiplies its data by. */
  readonly factor?: TensorId;
}

/** A layer of one `mac` nest: its loops become rows, columns, kernel, groups, outputs and inputs. */
export function macRoot(scene: Scene, op: Operator): Root | undefined {
  const [nest] = op.nests;
  const both = nest && factors(nest, (t) => scene.graph.tensors[t]!.role === "weight");
  if (nest === undefined || both === undefined || op.nests.length > 1) return undefined;
  const [data, factor] = both;
  const { y, x } = scene.axes[nest.write.tensor]!;
  const down = along(nest, y);
  const across = along(nest, x);
  if (down.loop !== undefined && down.loop === across.loop) return undefined;

  const own = scene.axes[data.tensor]!;
  const isData = scene.graph.tensors[data.tensor]!.role !== "weight";
  const has = (index: AffineIndex | undefined, loop: number) => index?.terms.some((t) => t.loop === loop) ?? false;
  const at = (axis: number | undefined) => (axis === undefined || !isData ? undefined : data.indices[axis]);
  const size = { groups: 1, outputs: 1, inputs: 1, height: 1, width: 1 };
  nest.loops.forEach((loop, l) => {
    if (l === down.loop || l === across.loop) return;
    const written = nest.write.indices.some((index) => has(index, l));
    const read = data.indices.some((index) => has(index, l));
    const scattered = has(nest.write.indices[y ?? -1], l) ? "height" : has(nest.write.indices[x ?? -1], l) ? "width" : undefined;
    const slid = has(at(own.y), l) ? "height" : has(at(own.x), l) ? "width" : undefined;
    if (written && read) size.groups *= loop.size;
    else if (written) size[scattered ?? "outputs"] *= loop.size;
    else size[slid ?? "inputs"] *= loop.size;
  });
  const step = (axis: number | undefined, { loop }: Along) => Math.abs(at(axis)?.terms.find((t) => t.loop === loop)?.stride ?? 1);
  const pooled = down.pooling !== undefined || across.pooling !== undefined;
  return {
    kind: "mac",
    reads: readsOf(scene, op, [{ nest, rows: down.index, columns: across.index }]),
    factor: factor.tensor,
    computed: { height: down.length, width: across.length },
    pooling: pooled ? { y: down.pooling ?? POINT, x: across.pooling ?? POINT } : undefined,
    shape: {
      outputs: size.outputs * size.groups,
      inputs: size.inputs * size.groups,
      groups: size.groups,
      kernel: { height: size.height, width: size.width },
      stride: { y: step(own.y, down), x: step(own.x, across) },
    },
  };
}

/** How a nest walks an axis of its result: the loop that leads, and how written positions follow from it where they are others. */
interface Along {
  readonly loop: number | undefined;
  readonly length: number;
  readonly index: AffineIndex | undefined;
  readonly pooling: Window | undefined;
}

function along({ loops, write }: LoopNest, axis: number | undefined): Along {
  const index = axis === undefined ? undefined : write.indices[axis];
  const loop = index === undefined ? undefined : dominant(index)?.loop;
  if (index === undefined || loop === undefined) return { loop: undefined, length: 1, index: undefined, pooling: undefined };
  const own = { offset: 0, terms: [{ loop, stride: 1 }] };
  const { size } = loops[loop]!;
  const pooling = windowOf(index, own, loops, size);
  return { loop, length: size, index: own, pooling: isPoint(pooling) ? undefined : pooling };
}

/** A layer of no multiply-accumulates: one result element per lane and cycle, or for a reduction one element read. */
export function vectorRoot(scene: Scene, op: Operator): Root | undefined {
  const { graph, axes } = scene;
  const output = op.outputs[0]!;
  const { y, x } = axes[output]!;
  const to = planes(graph.tensors[output]!, axes[output]!);
  const at = (nest: LoopNest, axis: number | undefined) => (axis === undefined ? undefined : nest.write.indices[axis]);
  const mixes = op.nests.length === 0 || op.nests.some((nest) => mixesChannels(scene, nest));
  const shape = (channels: number): Layer["shape"] => (mixes ? { ...channelwise(channels), groups: 1 } : channelwise(channels));

  const [nest] = op.nests;
  const [input] = op.inputs;
  if (nest?.kind === "reduce" && op.nests.length === 1 && op.inputs.length === 1 && input !== undefined) {
    const from = planes(graph.tensors[input]!, axes[input]!);
    const read = nest.reads.find(({ tensor }) => tensor === input);
    const window = (axis: number | undefined, own: number | undefined) =>
      own === undefined || read === undefined
        ? whole(1)
        : windowOf(at(nest, axis) ?? { offset: 0, terms: [] }, read.indices[own]!, nest.loops, graph.tensors[input]!.shape[own]!);
    const pooling = { y: window(y, axes[input]!.y), x: window(x, axes[input]!.x) };
    const smaller = from.height * from.width > to.height * to.width;
    if (smaller && !(isPoint(pooling.y) && isPoint(pooling.x)))
      return {
        kind: "vector",
        reads: scene.views.of(input) ?? [],
        computed: { height: from.height, width: from.width },
        pooling,
        shape: shape(from.channels),
      };
  }
  const reads = readsOf(
    scene,
    op,
    op.nests.map((n) => ({ nest: n, rows: at(n, y), columns: at(n, x) })),
  );
  const widest = op.inputs.reduce((n, t) => {
    const { channels, height, width } = planes(graph.tensors[t]!, axes[t]!);
    return height * width === to.height * to.width ? Math.max(n, channels) : n;
  }, to.channels);
  return { kind: "vector", reads, computed: { height: to.height, width: to.width }, pooling: undefined, shape: shape(widest) };
}

/** Whether a channel of the result depends on several of the data. */
function mixesChannels({ axes, graph }: Scene, nest: LoopNest): boolean {
  const written = new Set(nest.write.indices.flatMap(({ terms }) => terms.map(({ loop }) => loop)));
  return nest.reads.some(({ tensor, indices }) => {
    const { y, x } = axes[tensor]!;
    return (
      graph.tensors[tensor]!.role !== "weight" &&
      indices.some(({ terms }, axis) => axis !== y && axis !== x && terms.some(({ loop }) => !written.has(loop)))
    );
  });
}

/**
 * A layer whose computation is not one nest (recurrence, attention, several results): it needs all of its operands for
 * any result.
 *
 * @param to its map, where it has rows; else one element of `elements` channels
 */
export function flatRoot(
  scene: Scene,
  op: Operator,
  elements: number,
  to: { readonly channels: number; readonly height: number; readonly width: number } | undefined,
): Root {
  const { height, width, channels } = to ?? { height: 1, width: 1, channels: elements };
  const even = op.macs % (height * width) === 0;
  const computed = even ? { height, width } : { height: 1, width: 1 };
  const pooling = even ? undefined : { y: whole(1), x: whole(1) };
  const reads = readsOf(scene, op, []);
  const stride = { y: 1, x: 1 };
  const kernel = { height: 1, width: 1 };
  if (op.macs === 0) return { kind: "vector", reads, computed, pooling, shape: { ...channelwise(channels), groups: 1, kernel, stride } };
  const perElement = op.macs / (computed.height * computed.width);
  const outputs = divisor(perElement, channels);
  return { kind: "mac", reads, computed, pooling, shape: { outputs, inputs: perElement / outputs, groups: 1, kernel, stride } };
}

const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));

interface Walk {
  readonly nest: LoopNest;
  readonly rows: AffineIndex | undefined;
  readonly columns: AffineIndex | undefined;
}

/** What an operator takes of the maps beneath its operands; all of those that no nest names. */
function readsOf(scene: Scene, op: Operator, walks: readonly Walk[]): readonly Part[] {
  const { graph, axes, views } = scene;
  const beneath = (t: TensorId) => views.of(t) ?? [];
  const named = walks.flatMap(({ nest, rows, columns }) =>
    nest.reads
      .filter(({ tensor }) => op.inputs.includes(tensor))
      .map((read) => ({
        tensor: read.tensor,
        parts: partsAt(graph, axes, nest, read.tensor, read.indices, rows, columns, beneath(read.tensor)),
      })),
  );
  const rest = op.inputs.filter((t) => count(graph.tensors[t]!) > 0 && !named.some(({ tensor }) => tensor === t));
  return [...named.flatMap(({ parts }) => parts), ...rest.flatMap((t) => beneath(t).map((part) => everything(graph, axes, t, part)))];
}
