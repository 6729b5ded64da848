import type { Budget } from "../../search/budget.js";
import { type Configuration, type Configured, configure, resourcesOf } from "./configure.js";
import { fewestCycles } from "./fewest-cycles.js";
import { asBuilt, type PipelineProblem } from "./plan.js";
import { queuesOf } from "./queues.js";
import { RESOURCES } from "./selection.js";
import { leastWaitingIn, waitingIn } from "./waiting.js";

/** How often engines are chosen for streams that hold what the choice before needed. */
const TRIES = 3;

/** Shares by which choices may be worse than the best of their kind: the first, which is the bound, those that only have to fit, and the last. */
const CLOSE = 0.02;
const ROUGH = 0.3;
const FINE = 0.03;

/** Cycles that no frame takes: what waits around poolings only becomes less until then. */
const LONGEST = 1e15;

/**
 * Chooses engines where none fit beside streams that hold what any engines may need: queues hold the least there is at first,
 * then what the engines chosen need, until these fit with what they need. That no engines fit at first is what proves that there is no plan;
 * otherwise no frame is shorter than that choice's bound, and queues around poolings need not be made for one that is.
 *
 * @see docs/math/pipeline.md, "Waiting in streams"
 */
export function configureTightly(problem: PipelineProblem, budget: Budget): Configured {
  const least: PipelineProblem = { ...problem, streams: leastWaitingIn(problem) };
  const { cycles } = fewestCycles({ ...least, evenedOver: LONGEST });
  const streams = { ...least, evenedOver: Math.min(Math.max(1, Math.floor(cycles)), LONGEST) };
  const first = configure(streams, budget, CLOSE);
  if (first.kind !== "configured") return first;
  const evenedOver = first.bound;
  const found = settled({ ...problem, evenedOver }, streams, first, budget);
  if (found === undefined)
    return {
      kind: "unknown",
      reason: "engines fit beside streams that hold the least, and none were found that fit beside what they need",
    };
  return { ...first, ...found, bound: first.bound, certificate: undefined, unstreamed: undefined, evenedOver };
}

/** Engines that fit beside what they themselves need, sought from a choice that fits beside streams that hold less. */
function settled(problem: PipelineProblem, less: PipelineProblem, first: Configuration, budget: Budget): Configuration | undefined {
  let tried = less;
  let found = first;
  for (let turn = 0; turn <= TRIES; turn++) {
    const needed = neededBy(problem, found);
    if (fits(needed, found)) return budget.stop() ? found : faster(problem, needed, found, budget);
    if (turn === TRIES || (turn > 0 && budget.stop())) break;
    const before = tried.streams;
    const more = needed.streams.map((stream, id) => ({ ...stream, waiting: Math.max(stream.waiting, before[id]!.waiting) }));
    tried = { ...problem, streams: more };
    const next = configure(tried, budget, ROUGH);
    if (next.kind !== "configured") break;
    found = next;
  }
  if (problem.reuse === 1) return undefined;
  // Less has to wait where no pixels share a sweep.
  const plain: PipelineProblem = { ...problem, reuse: 1 };
  const last = configure({ ...plain, streams: waitingIn(plain) }, budget, ROUGH);
  return last.kind === "configured" && fits(neededBy(problem, last), last) ? last : undefined;
}

/** Beside the very queues that engines need which fit there may be faster ones. */
function faster(problem: PipelineProblem, needed: PipelineProblem, found: Configuration, budget: Budget): Configuration {
  const next = configure(needed, budget, FINE);
  if (next.kind !== "configured" || next.cyclesPerFrame >= found.cyclesPerFrame) return found;
  return fits(neededBy(problem, next), next) ? next : found;
}

/** The problem with streams that hold what these engines need. */
const neededBy = (problem: PipelineProblem, found: Configuration): PipelineProblem =>
  asBuilt(problem, [{ queues: queuesOf(problem, found), evenedOver: problem.evenedOver }]);

function fits(problem: PipelineProblem, { engines }: Configuration): boolean {
  const { resources, lutPerBram18 } = problem.device;
  const used = resourcesOf(problem, engines);
  const replaced = lutPerBram18 > 0 ? Math.max(0, used.bram18 - resources.bram18) : 0;
  const needed = { ...used, lut: used.lut + lutPerBram18 * replaced, bram18: used.bram18 - replaced };
  return RESOURCES.every((key) => needed[key] <= resources[key]);
}
