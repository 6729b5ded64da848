import { type Diagnostic, fail } from "../../base/diagnostic.js";
import type { BufferId, Part, ScratchpadProblem, Step, WholeOperator } from "./plan.js";
import { bufferViolations, stepViolations, type Work } from "./verify-costs.js";
import { type Held, isView, mayOverwrite, type Network, needsOf, networkOf, type Slab } from "./verify-network.js";

/**
 * Decides whether the steps of a cut problem, one after the other, compute the network they were cut from: every slab of
 * every tensor is made once; a step finds in the buffers that it reads every element that its own results are computed
 * from, and the run before of a partial sum; buffers have the bytes of their slabs, steps the cycles and the energy of
 * their parts. Slabs of one tensor are disjoint, so it is enough to count elements. Shares nothing with what cut the network.
 *
 * @param problem of the right form: indices exist (`readProblem`).
 * @returns at most 20 violations, SPM-12 to SPM-15 and SPM-9; none where the network was not cut.
 * @see docs/math/scratchpad.md, section 11
 */
export function splitViolations(problem: ScratchpadProblem): readonly Diagnostic[] {
  if (problem.split === undefined) return [];
  const network = networkOf(problem, problem.split);
  const sight = computed(problem, network);
  const all = [
    ...bufferViolations(problem, network),
    ...sight.violations,
    ...countViolations(network, sight.made),
    ...deliveryViolations(problem, network, sight.holds),
    ...stepViolations(problem, network, sight.work),
  ];
  return all.slice(0, MOST);
}

/** A fault in one slab tends to be one in thousands. */
const MOST = 20;

const again = "plan again; report this if it comes back: the planner cuts wrongly";

/** What the judge saw when the steps ran one after the other. */
interface Sight {
  readonly violations: readonly Diagnostic[];
  /** Per tensor and slab: how often it came to be. */
  readonly made: readonly Uint8Array[];
  /** What each buffer holds at the end. */
  readonly holds: readonly (readonly Held[])[];
  readonly work: readonly Work[];
}

function computed(problem: ScratchpadProblem, network: Network): Sight {
  const { tensors, operators, contents, parts } = network.split;
  const violations: Diagnostic[] = [];
  const made = tensors.map((_, t) => new Uint8Array(network.slabs(t)));
  const holds: (readonly Held[])[] = problem.buffers.map(() => []);
  const put = (b: BufferId, first: readonly Held[]) => {
    const now = [...first];
    for (const c of contents[b]!) {
      const there = now.some((h) => h.kind === c.kind && h.tensor === c.tensor);
      if (c.kind === "slab" && !there && isView(network, c, now)) now.push({ ...c, kind: "slab" });
    }
    for (const c of now) if (c.kind === "slab") made[c.tensor]![c.slab] = Math.min(2, made[c.tensor]![c.slab]! + 1);
    holds[b] = now;
  };
  contents.forEach((list, b) => {
    const given = list.flatMap((c): Held[] => {
      if (c.kind === "rows") return [c];
      return c.kind === "slab" && tensors[c.tensor]!.kind !== "computed" ? [{ ...c, kind: "slab" }] : [];
    });
    put(b, given);
  });
  const work = problem.steps.map((step, s): Work => {
    const part = parts[s]!;
    const op = operators[part.operator]!;
    const found = step.reads.map((b) => holds[b]!);
    const results = resultsOf(step, op, part, network);
    if (violations.length < MOST) violations.push(...partViolations(problem, network, step, { op, part, results, found }, holds));
    for (const { buffer, tensor, slab } of results) {
      const unfinished = part.run !== undefined && isUnfinished(op, part.run);
      put(buffer, [unfinished ? { kind: "sum", tensor, slab, upTo: part.run.end } : { kind: "slab", tensor, slab }]);
    }
    return { op, part, results, found };
  });
  return { violations, made, holds, work };
}

/** The slabs that a step writes, or whose partial sums: those of its operator that its buffers are to hold. */
function resultsOf({ writes }: Step, op: WholeOperator, { run }: Part, { split }: Network): Work["results"] {
  const kind = run !== undefined && isUnfinished(op, run) ? "sum" : "slab";
  return writes.flatMap((buffer) =>
    split.contents[buffer]!.flatMap((c) =>
      c.kind === kind && op.outputs.includes(c.tensor) ? [{ tensor: c.tensor, slab: c.slab, buffer }] : [],
    ),
  );
}

const isUnfinished = (op: WholeOperator, run: NonNullable<Part["run"]>): boolean =>
  run.end < (op.nests[0]?.loops[run.loop]?.size ?? run.end);

function partViolations(
  { buffers }: ScratchpadProblem,
  network: Network,
  step: Step,
  { op, part: { run }, results, found }: Work,
  holds: readonly (readonly Held[])[],
): readonly Diagnostic[] {
  const { tensors } = network.split;
  const say = (code: Diagnostic["code"], message: string) => fail(code, `step ${step.name}`, message, again);
  if (run !== undefined && !addsUpOver(op, run.loop)) return [say("SPM-14", `${op.name} does not add up over loop ${run.loop}`)];
  const strange = step.writes.filter((b) => results.filter(({ buffer }) => buffer === b).length !== 1);
  if (strange.length > 0)
    return [say("SPM-12", `writes ${buffers[strange[0]!]!.name}, which is not to hold exactly one slab that ${op.name} makes`)];
  const there = found.flat();
  const present = network.present(there);
  const looksUp = there.some((c) => c.kind === "rows" && op.weights.includes(c.tensor));
  return results.flatMap((result) => [
    ...needsOf(network, op, result, run).flatMap((need) => {
      const missing = looksUp && op.weights.includes(need.tensor) ? 0 : network.missing(need, present);
      return missing > 0
        ? [say("SPM-13", `${missing} elements of ${tensors[need.tensor]!.name} that it needs are in no buffer it reads`)]
        : [];
    }),
    ...(run === undefined || run.start === 0 || there.some((c) => c.kind === "sum" && isSame(c, result) && c.upTo === run.start)
      ? []
      : [say("SPM-14", `adds iterations from ${run.start} on to a partial sum that is in no buffer it reads`)]),
    ...(!step.reads.includes(result.buffer) || mayOverwrite(network, op, result, run, holds[result.buffer]!)
      ? []
      : [say("SPM-13", `overwrites ${buffers[result.buffer]!.name}, which it still reads`)]),
  ]);
}

const isSame = (a: Slab, b: Slab): boolean => a.tensor === b.tensor && a.slab === b.slab;

/** Whether runs over the loop may be added one to the other. */
function addsUpOver({ may, nests }: WholeOperator, loop: number): boolean {
  const [nest] = nests;
  return (
    may.includes("resume") &&
    nests.length === 1 &&
    nest!.loops[loop] !== undefined &&
    !nest!.write.indices.some(({ terms }) => terms.some((term) => term.loop === loop))
  );
}

function countViolations(network: Network, made: readonly Uint8Array[]): readonly Diagnostic[] {
  const { tensors } = network.split;
  return tensors.flatMap(({ name, kind }, tensor) => {
    if (!network.isMade(tensor) || (network.outside && kind === "weight")) return [];
    const wrong = made[tensor]!.findIndex((n, slab) => n !== 1 && network.bytesOf({ tensor, slab }) > 0);
    if (wrong < 0) return [];
    const how = made[tensor]![wrong] === 0 ? "is in no buffer" : "is in a buffer more than once";
    return [fail("SPM-12", `tensor ${name}`, `slab ${wrong} of ${made[tensor]!.length} ${how}`, again)];
  });
}

function deliveryViolations({ buffers }: ScratchpadProblem, network: Network, holds: readonly (readonly Held[])[]): readonly Diagnostic[] {
  const kept = network.present(holds.flatMap((list, b) => (buffers[b]!.keep ? list : [])));
  return network.split.outputs.flatMap((tensor) => {
    const { name, shape } = network.split.tensors[tensor]!;
    const missing = network.missing({ tensor, region: shape.map((end) => [{ start: 0, end }]) }, kept);
    return missing > 0 ? [fail("SPM-9", `output ${name}`, `${missing} elements of it are in no buffer that is kept`, again)] : [];
  });
}
