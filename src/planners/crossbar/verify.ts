import { type Diagnostic, fail } from "../../base/diagnostic.js";
import type { CrossbarRun, Replay } from "../../base/replay.js";
import { bytes, cycles, picojoules } from "../../base/units.js";
import { conclude, type Verdict } from "../../base/verdict.js";
import type { CrossbarPlan, CrossbarProblem } from "./plan.js";
import { replay } from "./replay.js";
import { rotationClaims, rotationViolations } from "./replay-rotation.js";
import { type Sheet, sheetOf, weightsOf } from "./replay-sheets.js";
import { formViolations } from "./verify-form.js";
import { inferencesOf, loadViolations, mappingViolations, tableViolations } from "./verify-structure.js";

/**
 * Decides whether the table of `plan` computes the network on the crossbars of `problem`: every weight is used exactly once per input vector,
 * cells hold it when it fires, nothing happens that the machine cannot do at once, and products come out right. All is
 * replayed on cells; the figures are what the replay counts.
 *
 * @param plan a claim, whoever made it.
 * @returns the accepted plan with its Replay, or every violation (codes XBR-20 to XBR-35). Never throws.
 * @see docs/math/crossbar.md
 */
export function verify(problem: CrossbarProblem, plan: CrossbarPlan): Verdict<CrossbarPlan> {
  const malformed = formViolations(problem, plan);
  if (malformed.length > 0) return conclude(plan, NOTHING_SEEN, malformed);
  const illegal = [
    ...plan.mappings.flatMap((mapping, l) => mappingViolations(problem, l, mapping)),
    ...rotationViolations(problem.machine, plan),
  ];
  if (illegal.length > 0) return conclude(plan, NOTHING_SEEN, illegal);
  const sheets = sheetsOf(problem, plan);
  if (!sheets.ok) return conclude(plan, NOTHING_SEEN, sheets.violations);
  const misplaced = [
    ...sheets.value.flatMap((sheet, l) => tableViolations(sheet, l, problem.sharing)),
    ...loadViolations(problem, plan, sheets.value),
  ];
  if (misplaced.length > 0) return conclude(plan, NOTHING_SEEN, misplaced);
  const { replay: seen, violations } = replay(problem, plan, sheets.value, inferencesOf(plan, sheets.value));
  const wrong =
    violations.length > 0
      ? violations
      : [...claimViolations(plan, seen.crossbar!), ...levelViolations(plan), ...wearViolations(problem, seen.crossbar!)];
  return conclude(plan, seen, wrong);
}

function sheetsOf({ layers, machine }: CrossbarProblem, { mappings }: CrossbarPlan) {
  const violations: Diagnostic[] = [];
  const value: Sheet[] = [];
  layers.forEach((layer, l) => {
    const weights = weightsOf(layer);
    const sheet = weights && sheetOf(layer, weights, mappings[l]!, machine);
    if (sheet === undefined)
      violations.push(
        fail("XBR-20", `plan.mappings[${l}].table (${layer.name})`, "is not of the size that the mapping asks for", "plan again"),
      );
    else value.push(sheet);
  });
  return violations.length === 0 ? ({ ok: true, value } as const) : ({ ok: false, violations } as const);
}

/** Solver and judge add the same terms in different orders. */
const ROUNDING = 1e-9;

function claimViolations({ claims, rotation }: CrossbarPlan, { totals, rotation: turned }: CrossbarRun): readonly Diagnostic[] {
  const units = { latency: "s", energy: "pJ", cellWrites: "cell writes", maxCellWrites: "writes of one cell" } as const;
  const wrong = (["latency", "energy", "cellWrites", "maxCellWrites"] as const).flatMap((key) => {
    const [claimed, measured] = [claims[key], totals[key]];
    if (Math.abs(claimed - measured) <= ROUNDING * measured) return [];
    const message = `plan claims ${claimed} ${units[key]}, replay measures ${measured}`;
    return [fail("XBR-31", `plan.claims.${key}`, message, "report this: the planner miscounts")];
  });
  return rotation === undefined || turned === undefined ? wrong : [...wrong, ...rotationClaims(rotation, turned)];
}

const levelViolations = ({ levels }: CrossbarPlan): readonly Diagnostic[] =>
  levels.flatMap(({ name, value, bound, unit }, k) =>
    bound <= value * (1 + ROUNDING)
      ? []
      : [fail("XBR-32", `plan.levels[${k}] (${name})`, `claims that none is below ${bound} ${unit}, and has ${value}`, "plan again")],
  );

const wearViolations = ({ mostCellWrites }: CrossbarProblem, { totals: { maxCellWrites } }: CrossbarRun): readonly Diagnostic[] =>
  mostCellWrites === undefined || maxCellWrites <= mostCellWrites
    ? []
    : [
        fail(
          "XBR-35",
          "plan.sequences",
          `a cell is written ${maxCellWrites} times per inference; at most ${mostCellWrites} are allowed`,
          "plan again, or allow more writes of a cell",
        ),
      ];

const NOTHING_SEEN: Replay = {
  resources: [],
  memories: [],
  steps: [],
  events: [],
  residency: [],
  ledger: [],
  totals: {
    latency: cycles(0),
    energy: picojoules(0),
    peak: [],
    trafficByCause: { input: bytes(0), weight: bytes(0), output: bytes(0), spill: bytes(0), refetch: bytes(0) },
  },
};
