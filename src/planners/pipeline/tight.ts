import type { Budget } from "../../search/budget.js";
import { type Configured, configure, resourcesOf } from "./configure.js";
import { asBuilt, type PipelineProblem } from "./plan.js";
import { queuesOf } from "./queues.js";
import { RESOURCES } from "./selection.js";
import { leastWaitingIn, waitingIn } from "./waiting.js";

/** How often engines are chosen for streams that hold what the choice before needed. */
const TRIES = 3;

/**
 * Chooses engines where none fit beside streams that hold what any engines may need: streams hold the least there is at first,
 * then what the engines chosen need, until these fit with what they need. That no engines fit at first is what proves that there is no plan.
 *
 * @see docs/math/pipeline.md, "Waiting in streams"
 */
export function configureTightly(problem: PipelineProblem, budget: Budget): Configured {
  let tried: PipelineProblem = { ...problem, streams: leastWaitingIn(problem) };
  const first = configure(tried, budget);
  if (first.kind !== "configured") return first;
  let found: Configured = first;
  for (let turn = 0; turn < TRIES && found.kind === "configured" && !(turn > 0 && budget.stop()); turn++) {
    const needed = asBuilt(problem, [{ queues: queuesOf(problem, found) }]);
    if (fits(problem, resourcesOf(needed, found.engines)))
      return { ...found, bound: first.bound, certificate: undefined, unstreamed: undefined };
    const before = tried.streams;
    tried = {
      ...problem,
      streams: needed.streams.map((stream, id) => ({ ...stream, waiting: Math.max(stream.waiting, before[id]!.waiting) })),
    };
    found = configure(tried, budget);
  }
  // Less has to wait where no pixels share a sweep.
  const plain: PipelineProblem = { ...problem, reuse: 1 };
  const last = problem.reuse > 1 ? configure({ ...plain, streams: waitingIn(plain) }, budget) : found;
  if (last.kind === "configured" && fits(problem, resourcesOf(asBuilt(problem, [{ queues: queuesOf(problem, last) }]), last.engines)))
    return { ...last, bound: first.bound, certificate: undefined, unstreamed: undefined };
  return { kind: "unknown", reason: "engines fit beside streams that hold the least, and none were found that fit beside what they need" };
}

function fits({ device: { resources, lutPerBram18 } }: PipelineProblem, used: ReturnType<typeof resourcesOf>): boolean {
  const replaced = lutPerBram18 > 0 ? Math.max(0, used.bram18 - resources.bram18) : 0;
  const needed = { ...used, lut: used.lut + lutPerBram18 * replaced, bram18: used.bram18 - replaced };
  return RESOURCES.every((key) => needed[key] <= resources[key]);
}
