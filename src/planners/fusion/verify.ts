import { type Code, type Diagnostic, fail } from "../../base/diagnostic.js";
import type { Replay } from "../../base/replay.js";
import { conclude, type Verdict } from "../../base/verdict.js";
import { type Claim, type FusionPlan, type FusionProblem, OVERLAPS } from "./plan.js";
import { replay } from "./replay.js";
import { arrayOf } from "./replay-array.js";

/** Share by which claimed latency and energy may miss the replay; off-chip bytes may not. */
const TOLERANCE = 0.05;

/**
 * Decides whether `plan` may run on the machine that `problem` describes, by running its groups tile by tile: every layer
 * once and after what it needs, every operand on chip when a tile needs it, no buffer beyond its size. The plan without
 * fusion that it is compared with is run in the same way.
 *
 * @param plan a claim, whoever made it.
 * @returns the accepted plan with its Replay, or every violation (codes FUS-1 to FUS-13, and FUS-51 to FUS-54 of its mappings). Never throws.
 * @see docs/math/fusion.md, section 8
 */
export function verify(problem: FusionProblem, plan: FusionPlan): Verdict<FusionPlan> {
  const malformed = formViolations(problem, plan);
  if (malformed.length > 0) return conclude(plan, replay(problem, [], "plan.groups").replay, malformed);
  const array = arrayOf(problem, plan.mappings ?? [], "plan.mappings");
  const fused = replay(problem, plan.groups, "plan.groups", array);
  const alone = replay(problem, plan.layerByLayer, "plan.layerByLayer", array);
  const { steps, stretches, totals } = alone.replay;
  return conclude(plan, { ...fused.replay, baseline: { steps, stretches, totals } }, [
    ...fused.violations,
    ...alone.violations,
    ...array.violations,
    ...plan.layerByLayer.flatMap(({ layers }, g) =>
      layers.length === 1
        ? []
        : [fail("FUS-11", `plan.layerByLayer[${g}]`, `runs ${layers.length} layers as one group`, "give every layer a group of its own")],
    ),
    ...(fused.violations.length + array.violations.length > 0 ? [] : claimViolations(plan.claims, fused.replay, "plan.claims")),
    ...(alone.violations.length + array.violations.length > 0
      ? []
      : claimViolations(plan.claims.layerByLayer, alone.replay, "plan.claims.layerByLayer")),
  ]);
}

function claimViolations(claim: Claim, { totals }: Replay, where: string): Diagnostic[] {
  const moved = Object.values(totals.trafficByCause).reduce((sum, size) => sum + size, 0);
  const differs = (key: "offChip" | "latency" | "energy", measured: number, tolerance: number, unit: string): Diagnostic[] =>
    Math.abs(claim[key] - measured) <= tolerance * measured
      ? []
      : [
          fail(
            "FUS-12",
            `${where}.${key}`,
            `plan claims ${claim[key]} ${unit}, replay measures ${measured} ${unit}`,
            tolerance > 0 ? `say in ${where}.because why they differ, or report this` : "report this: the planner miscounts",
          ),
        ];
  const unexplained = claim.because === undefined || claim.because === "";
  return [
    ...differs("offChip", moved, 0, "B"),
    ...(unexplained ? differs("latency", totals.latency, TOLERANCE, "cycles") : []),
    ...(unexplained ? differs("energy", totals.energy, TOLERANCE, "pJ") : []),
  ];
}

/** What cannot even be replayed: what is no group, and layers and sizes that do not exist. */
function formViolations(problem: FusionProblem, plan: FusionPlan): Diagnostic[] {
  if (!isObject(plan)) return [wrong("plan", "is no plan")];
  return [
    ...groupsForm(problem, plan.groups, "plan.groups"),
    ...groupsForm(problem, plan.layerByLayer, "plan.layerByLayer"),
    ...mappingsForm(problem, plan.mappings, "plan.mappings"),
    ...claimForm(plan.claims, "plan.claims"),
    ...claimForm(isObject(plan.claims) ? plan.claims.layerByLayer : undefined, "plan.claims.layerByLayer"),
  ];
}

const claimForm = (claim: unknown, where: string): Diagnostic[] =>
  isObject(claim)
    ? [
        ...["offChip", "latency", "energy"].flatMap((key) =>
          Number.isFinite(claim[key]) ? [] : [wrong(`${where}.${key}`, "is no number")],
        ),
        ...(["string", "undefined"].includes(typeof claim.because) ? [] : [wrong(`${where}.because`, "is no text")]),
      ]
    : [wrong(where, "is missing")];

function groupsForm(problem: FusionProblem, groups: unknown, where: string): Diagnostic[] {
  if (!Array.isArray(groups)) return [wrong(where, "is not a list")];
  if (groups.length > problem.layers.length) return [wrong(where, `has ${groups.length} groups for ${problem.layers.length} layers`)];
  return groups.flatMap((group: unknown, g): Diagnostic[] => {
    const fault = groupFault(problem, group);
    return fault === undefined ? [] : [wrong(`${where}[${g}]`, fault)];
  });
}

function groupFault({ layers, maps }: FusionProblem, group: unknown): string | undefined {
  if (!isObject(group)) return "is not a group";
  const { layers: members, tile, overlap, traversal } = group;
  if (!Array.isArray(members) || members.length === 0) return "has no layers";
  const stray = members.find((l) => !isCount(l, 0, layers.length - 1));
  if (stray !== undefined) return `names layer ${String(stray)}, there are ${layers.length}`;
  if (members.some((l, i) => i > 0 && l <= members[i - 1])) return "does not name its layers in ascending order";
  if (!OVERLAPS.some((mode) => mode === overlap)) return `is of the unknown overlap mode ${String(overlap)}`;
  const written = members.map((l: number) => maps[layers[l]!.writes]!);
  const rows = Math.max(...written.map(({ height }) => height));
  const columns = Math.max(...written.map(({ width }) => width));
  if (!isObject(tile) || !isCount(tile.rows, 1, rows) || !isCount(tile.columns, 1, columns))
    return `has no tile of 1 to ${rows} rows and 1 to ${columns} columns`;
  if (!isObject(traversal)) return "does not say in which order it runs";
  switch (traversal.kind) {
    case "tiles":
      return traversal.weights === "resident" || traversal.weights === "streamed"
        ? undefined
        : `keeps its weights in the unknown way ${String(traversal.weights)}`;
    case "weightGroups":
      return isCount(traversal.count, 1) ? undefined : `has ${String(traversal.count)} groups of weights`;
    case "outputBlocks":
      return isCount(traversal.channels, 1) ? undefined : `has blocks of ${String(traversal.channels)} outputs`;
    default:
      return `runs in the unknown order ${String(traversal.kind)}`;
  }
}

/** Indices are looked up and factors multiplied later, by the checks of `checkMapping`. */
function mappingsForm({ layers }: FusionProblem, mappings: unknown, where: string): Diagnostic[] {
  if (mappings === undefined) return [];
  if (!Array.isArray(mappings)) return [wrong(where, "is not a list")];
  const counts = (list: unknown, keys: readonly string[]) =>
    Array.isArray(list) && list.every((entry: unknown) => isObject(entry) && keys.every((key) => isCount(entry[key], 0)));
  return mappings.flatMap((entry: unknown, i): Diagnostic[] => {
    const at = `${where}[${i}]`;
    if (!isObject(entry) || !isCount(entry.layer, 0, layers.length - 1) || !isCount(entry.rows, 1) || !isCount(entry.columns, 1))
      return [wrong(at, "is for no tile of a layer")];
    const { mapping } = entry;
    const sound =
      isObject(mapping) &&
      counts(mapping.spatial, ["axis", "loop", "factor"]) &&
      counts(mapping.temporal, ["loop", "size"]) &&
      Array.isArray(mapping.cuts) &&
      mapping.cuts.every((cuts: unknown) => Array.isArray(cuts) && cuts.every((cut: unknown) => isCount(cut, 0)));
    return sound ? [] : [wrong(at, "has lanes, loops or cuts that are no whole numbers")];
  });
}

const wrong = (where: string, message: string): Diagnostic => {
  const code: Code = "FUS-1";
  return fail(code, where, message, "plan again; a plan file belongs to the problem stored in it");
};

const isObject = (x: unknown): x is Readonly<Record<string, unknown>> => typeof x === "object" && x !== null;

const isCount = (n: unknown, least: number, most = Number.MAX_SAFE_INTEGER): n is number =>
  typeof n === "number" && Number.isInteger(n) && n >= least && n <= most;
