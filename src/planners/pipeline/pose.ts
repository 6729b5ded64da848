import { bad, type Checked, type Diagnostic, fail, good } from "../../base/diagnostic.js";
import type { Graph, OperatorId } from "../../graph/graph.js";
import type { PipelineTarget } from "../../target/pipeline-target.js";
import { type Layered, layersOf, type Refused } from "./layers.js";
import { type Layer, OBJECTIVES, type PipelineProblem, type Stream } from "./plan.js";
import { type Arrival, type Draft, isFloat, type Scene, widthOf } from "./scene.js";
import { waitingIn } from "./waiting.js";

export interface Goal {
  readonly objective: string;
}

/** Network x FPGA -> the self-contained problem: an engine for each layer, the streams between them, the device. */
export function pose(graph: Graph, target: PipelineTarget, goal: Goal): Checked<PipelineProblem> {
  const objective = OBJECTIVES.find((name) => name === goal.objective);
  if (objective === undefined)
    return bad(
      fail(
        "PIP-2",
        `target ${target.name}`,
        `a pipeline target serves ${OBJECTIVES.join(" or ")}; not ${goal.objective}`,
        `use --objective ${OBJECTIVES.join(" or ")}`,
      ),
    );
  const layered = layersOf(graph, target.precision);
  const [first, ...others] = refusals(graph.name, layered.refused);
  if (first !== undefined) return bad(first, ...others);
  const { layers, streams } = wired(layered);
  if (layers.length === 0)
    return bad(
      fail(
        "PIP-3",
        graph.name,
        "no operator is left for the pipeline: there is nothing to build",
        "check that the model is the one you meant",
      ),
    );
  const { clock, fabric, resources, lutPerBram18, offChip, model, streaming, buffers, reuse, partitions, reconfiguration, batch } = target;
  const problem: PipelineProblem = {
    kind: "pipeline",
    objective,
    device: {
      clock,
      fabric,
      resources,
      lutPerBram18,
      bitsPerCycle: (8 * offChip.bandwidth * offChip.efficiency) / clock,
      burstBits: 8 * offChip.burst,
    },
    model,
    streaming,
    buffers,
    reuse,
    partitions,
    reconfiguration,
    batch,
    layers,
    streams,
    assumptions: assumptionsOf(layered),
  };
  return good({ ...problem, streams: waitingIn(problem) });
}

/** Drafts and their arrivals as layers and streams. */
function wired({ scene, results }: Layered): Pick<PipelineProblem, "layers" | "streams"> {
  const { graph, drafts, places, precision } = scene;
  const named = (id: OperatorId) => graph.operators[id]!.name;
  const streams: Stream[] = [];
  const widest = drafts.map(() => 0);
  const flow = ({ from, tensor, map }: Arrival, to: number | undefined) => {
    if (from !== undefined) widest[from] = Math.max(widest[from]!, map.bits);
    return streams.push({ name: graph.tensors[tensor]!.name, from, to, map, waiting: 0 }) - 1;
  };
  const inputs = drafts.map((draft, to) => draft.inputs.map((arrival) => flow(arrival, to)));
  for (const tensor of results) {
    const { from, map, bits } = places[tensor]!;
    flow({ from, tensor, map: { ...map, bits } }, undefined);
  }
  const layers = drafts.map((draft, l): Layer => {
    const { operator, kind, output, kernel, groups, weights, biased, folded } = draft;
    return {
      name: operator.name,
      type: operator.type,
      kind,
      operators: [operator.name, ...folded.map(named)],
      inputs: inputs[l]!,
      output: { ...output, bits: widest[l]! },
      kernel,
      groups: groups ?? 1,
      weights: weights && {
        tensor: graph.tensors[weights.tensor]!.name,
        bits: widthOf(graph.tensors[weights.tensor]!, precision),
        biased,
        accumulatorBits: accumulator(scene, draft, weights),
      },
    };
  });
  return { layers, streams };
}

/** Width of a sum of so many products that cannot overflow. */
const accumulator = ({ graph, precision }: Scene, { inputs }: Draft, { tensor, products }: NonNullable<Draft["weights"]>): number =>
  widthOf(graph.tensors[tensor]!, precision) + inputs[0]!.map.bits + Math.ceil(Math.log2(products));

/** Operators named one by one in a message. */
const NAMED = 12;

function listed(names: readonly string[]): string {
  const some = names.slice(0, NAMED).join(", ");
  return names.length > NAMED ? `${some} and ${names.length - NAMED} more` : some;
}

/** One message for each type and reason, with the operators it is about. */
function refusals(network: string, refused: readonly Refused[]): readonly Diagnostic[] {
  const alike = new Map<string, Refused[]>();
  for (const r of refused) {
    const key = JSON.stringify([r.code, r.operator.type, r.reason]);
    alike.set(key, [...(alike.get(key) ?? []), r]);
  }
  return [...alike.values()].map((group) => {
    const [{ code, operator, reason }] = group as [Refused, ...Refused[]];
    const names = listed(group.map((r) => r.operator.name));
    const count = group.length === 1 ? operator.type : `${group.length} x ${operator.type}`;
    return fail(code, `${network}: ${names}`, `${count} ${reason}`, FIXES[code] ?? "plan for another family of accelerator");
  });
}

const FIXES: Readonly<Record<string, string>> = {
  "PIP-4": "replace the operator, cut the network before it, or plan for a scratchpad or fusion target",
  "PIP-5": "plan attention and the like for a scratchpad or fusion target",
  "PIP-6": "bind the batch to 1 and export images as batch x channels x rows x columns, or plan for another family",
  "PIP-7": "unroll the loop when exporting the model, or plan for a scratchpad target",
};

function assumptionsOf({ scene, before, after }: Layered): readonly string[] {
  const { graph, views, padded, precision } = scene;
  const names = (ids: Iterable<OperatorId>) => {
    const all = [...ids].map((id) => graph.operators[id]!.name);
    return `${all.length} operator${all.length === 1 ? "" : "s"}: ${listed(all)}`;
  };
  const float = graph.tensors.some((t) => isFloat(t) && t.role !== "weight" && widthOf(t, precision) > 16);
  return [
    ...(before.length === 0 ? [] : [`run on the host, before the pipeline: ${names(before)}`]),
    ...(after.length === 0 ? [] : [`run on the host, after the pipeline: ${names(after)}`]),
    ...(views.size === 0 ? [] : [`cost nothing, as they only say how elements are read or how wide they are: ${names(views)}`]),
    ...(padded.size === 0
      ? []
      : [`zeros around maps are added by the windows that read them: ${names([...padded.values()].map(({ operator }) => operator.id))}`]),
    ...(float ? ["floating-point data without a stated width counts as integers of the same width; give the target a precision"] : []),
  ];
}
