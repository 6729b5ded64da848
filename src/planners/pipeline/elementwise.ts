import type { Operator, OperatorId, TensorId } from "../../graph/graph.js";
import { isElementWise } from "../../graph/semantics.js";
import { moving } from "./geometry.js";
import { isCombine } from "./rules.js";
import { dataReads, dims, isWeight, lay, type Obstacle, onlyReader, type Scene, widthOf } from "./scene.js";

const CLAMPS = new Set(["Relu", "Clip"]);
const AFFINE = new Set(["BatchNormalization", "Add", "Sub", "Mul", "Div"]);

/**
 * One operand, element by element. A factor and a term per channel, then bounds, cost nothing in the output scaling of the
 * layer before; everything else is a layer of its own, with all that follows on the same element folded into it.
 */
export function elementwise(scene: Scene, op: Operator): true | Obstacle | undefined {
  const [t] = op.inputs;
  const [result] = op.outputs;
  if (t === undefined || result === undefined || !isElementWise(op)) return undefined;
  if (!isPerChannel(scene, op, t)) return { code: "PIP-6", reason: "has constants that differ from pixel to pixel" };
  if (folded(scene, op, t, result)) return true;
  const place = scene.places[t]!;
  const group = grown(scene, op, t, result);
  const last = group.result;
  lay(
    scene,
    {
      operator: op,
      kind: "elementwise",
      inputs: [{ from: place.from, tensor: t, map: { ...place.map, bits: place.bits } }],
      output: place.map,
    },
    last,
    place.form,
  );
  scene.drafts.at(-1)!.folded.push(...group.operators);
  for (const id of group.operators) scene.done.add(id);
  return true;
}

/** Puts the operator into the output scaling of the layer that makes its operand, if that still takes it. */
function folded(scene: Scene, op: Operator, t: TensorId, result: TensorId): boolean {
  const place = scene.places[t]!;
  const draft = place.from === undefined ? undefined : scene.drafts[place.from];
  if (draft === undefined || !place.exclusive || !onlyReader(scene, t)) return false;
  const isAffine = AFFINE.has(op.type) && !isReciprocal(scene, op);
  if (!(isAffine && draft.takes === "affine") && !(CLAMPS.has(op.type) && draft.takes !== "nothing")) return false;
  if (isAffine) draft.biased = true;
  else draft.takes = "clamp";
  draft.folded.push(op.id);
  scene.done.add(op.id);
  scene.places[result] = { ...place, bits: widthOf(scene.graph.tensors[result]!, scene.precision) };
  return true;
}

/** A constant divided by the operand. */
const isReciprocal = (scene: Scene, op: Operator): boolean => op.type === "Div" && isWeight(scene, op.nests[0]!.reads[0]!.tensor);

/** Operators tried beyond the first one. */
const MOST = 16;

/** Further operators that compute from the same element: closed diamonds such as x · sigmoid(x), as long as one tensor leaves. */
function grown(
  scene: Scene,
  first: Operator,
  t: TensorId,
  made: TensorId,
): { readonly operators: readonly OperatorId[]; readonly result: TensorId } {
  const { graph, readers, isOutput } = scene;
  const inside = [made];
  const members = new Set<OperatorId>([first.id]);
  const leaves = () => inside.filter((r) => isOutput.has(r) || readers[r]!.some((id) => !members.has(id)));
  let best = { operators: [] as readonly OperatorId[], result: made };
  const waiting = new Set(readers[made]);
  for (let tries = MOST; waiting.size > 0 && tries > 0; tries--) {
    const id = Math.min(...waiting);
    waiting.delete(id);
    const op = graph.operators[id]!;
    const [result] = op.outputs;
    const known = op.inputs.every((input) => input === t || inside.includes(input));
    if (
      !known ||
      result === undefined ||
      !(isElementWise(op) || isCombine(op)) ||
      !isPerChannel(scene, op, t) ||
      !sameShape(scene, result, t)
    )
      break;
    members.add(id);
    inside.push(result);
    for (const reader of readers[result]!) waiting.add(reader);
    const [only, ...others] = leaves();
    if (only !== undefined && others.length === 0) best = { operators: [...members].slice(1), result: only };
  }
  return best;
}

const sameShape = (scene: Scene, a: TensorId, b: TensorId): boolean => dims(scene, a).join() === dims(scene, b).join();

/** Whether the constants of an operator on the elements of `t` are the same for every pixel of the map. */
function isPerChannel(scene: Scene, { nests }: Operator, t: TensorId): boolean {
  const { form, map } = scene.places[t]!;
  const end = form.sizes.map((_, i) => form.sizes.slice(i).reduce((n, size) => n * size, 1));
  return nests.every((nest) => {
    const data = dataReads(scene, nest);
    return nest.reads.every((read) => {
      if (!isWeight(scene, read.tensor)) return true;
      const loops = new Set(read.indices.flatMap((index) => moving(nest, index).map(({ loop }) => loop)));
      return data.every(
        ({ indices }) =>
          !indices.some(
            (index, axis) =>
              moving(nest, index).some(({ loop }) => loops.has(loop)) && form.axes[axis]?.some((f) => end[f]! > map.channels),
          ),
      );
    });
  });
}
