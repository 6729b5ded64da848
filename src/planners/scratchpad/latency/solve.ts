import { type Rng, rng } from "../../../base/rng.js";
import type { Budget } from "../../../search/budget.js";
import { type Accesses, accessesOf, loadOf, trafficOf } from "../accesses.js";
import { usable } from "../conflict.js";
import type { ScratchpadPlan, ScratchpadProblem, StepId } from "../plan.js";
import { programme } from "../programme.js";
import { addressesFor } from "./addresses.js";
import { repacked } from "./repack.js";
import { type Course, courseOf, type Haste, type Schedule, scheduleOf } from "./schedule.js";
import { latencyOf } from "./timing.js";

const HASTES: readonly Haste[] = ["early", "late"];
/** Schedules tried along one order: in proportion to the nodes of the budget, fewer for longer orders. */
const TRIES = { perNode: 0.2, most: 3_000, withoutGain: 600 } as const;
/** Schedules tried in bringing back what need not be away; beyond `USUAL_STEPS` fewer. */
const MOST_RETURNS = 100;
const USUAL_STEPS = 300;
/** Residencies that are relieved, one buffer at a time, where they find no addresses; beyond `USUAL_STEPS` fewer. */
const MOST_RELIEFS = 12;
/** Orders too long to be packed anew as a whole: only the plan that there is gets better addresses. */
const LONG_ORDER = 6_000;
/** Buffers of which the absence is tried for one relief. */
const MOST_TRIED = 12;

/**
 * Looks for a plan that takes fewer cycles than `plan`, which moves few bytes. Orders and residencies are timed as if
 * all free bytes were as good as one another, and improved by keeping a buffer longer or sending it away earlier; the
 * best gets addresses.
 *
 * @param orders to try besides that of `plan`
 * @param floor cycles that no plan undercuts: where they are reached, the search ends
 * @returns a plan that takes no more cycles than `plan`
 * @see docs/math/scratchpad.md, section 12
 */
export function fastest(
  problem: ScratchpadProblem,
  plan: ScratchpadPlan,
  orders: readonly (readonly StepId[])[],
  floor: number,
  budget: Budget,
): ScratchpadPlan {
  let best = plan;
  let least: number = latencyOf(problem, plan.actions);
  /** Keeps a plan that takes fewer cycles than the best so far; returns its cycles. */
  const offer = (found: ScratchpadPlan | undefined): number => {
    const latency = found === undefined ? Number.POSITIVE_INFINITY : latencyOf(problem, found.actions);
    if (found !== undefined && latency < least) [best, least] = [found, latency];
    return latency;
  };
  const own = plan.actions.flatMap((a) => (a.kind === "run" ? [a.step] : []));
  const others = orders.filter((order) => order.some((s, t) => s !== own[t]));
  const room = usable(problem);
  for (const order of [own, ...others]) {
    if (least <= floor || budget.stop()) break;
    const accesses = accessesOf(problem, order);
    const course = courseOf(problem, accesses);
    const kept = order === own ? absentIn(plan, accesses) : undefined;
    const nothingStays = new Uint8Array(accesses.gaps.count).fill(1);
    const quick = climb(course, room, kept === undefined ? [nothingStays] : [nothingStays, kept], floor, budget);
    if (order.length <= LONG_ORDER)
      for (const timed of [thrifty(course, room, quick, budget), quick])
        if (offer(placed(problem, course, room, timed, least, budget)) <= timed.schedule.latency) break;
    if (best !== plan || kept === undefined) continue;
    const { schedule } = bestOf(HASTES.map((haste) => timedAs(course, room, kept, haste)));
    const episodes = repacked(problem, plan, schedule, budget);
    offer(episodes && programme(problem, accesses, episodes));
  }
  return best;
}

/** The gaps that a plan spends off chip. */
function absentIn(plan: ScratchpadPlan, { gaps }: Accesses): Uint8Array {
  const evictions = new Set<string>();
  let t = -1;
  for (const action of plan.actions) {
    if (action.kind === "run") t++;
    if (action.kind === "evict") evictions.add(`${action.buffer}:${t}`);
  }
  return Uint8Array.from({ length: gaps.count }, (_, g) => (evictions.has(`${gaps.buffer[g]}:${gaps.from[g]}`) ? 1 : 0));
}

/** A residency and its schedule. */
interface Timed {
  readonly absent: Uint8Array;
  readonly haste: Haste;
  readonly traffic: number;
  readonly schedule: Schedule;
}

function timedAs(course: Course, room: number, absent: Uint8Array, haste: Haste): Timed {
  return { absent, haste, traffic: trafficOf(course.accesses, absent), schedule: scheduleOf(course, absent, haste, room) };
}

/** Fewer cycles, or as many for no more bytes. */
const asGood = (a: Timed, b: Timed): boolean =>
  a.schedule.latency < b.schedule.latency || (a.schedule.latency === b.schedule.latency && a.traffic <= b.traffic);

/** At least one. */
const bestOf = (all: readonly Timed[]): Timed => all.reduce((a, b) => (asGood(b, a) ? b : a));

/** The best of some residencies, improved one gap at a time near the positions that wait. */
function climb(course: Course, room: number, starts: readonly Uint8Array[], floor: number, budget: Budget): Timed {
  let best = bestOf(starts.flatMap((absent) => HASTES.map((haste) => timedAs(course, room, absent, haste))));
  const random = rng(budget.seed);
  let idle = 0;
  for (let tries = Math.min(TRIES.most, (TRIES.perNode * budget.nodes) / best.schedule.length); tries > 0; tries--) {
    if (best.schedule.latency <= floor || ++idle > TRIES.withoutGain || budget.stop()) break;
    const absent = neighbour(course, room, best, random);
    if (absent === undefined) continue;
    const other = timedAs(course, room, absent, random() < 0.8 ? best.haste : best.haste === "early" ? "late" : "early");
    if (!asGood(other, best)) continue;
    if (other.schedule.latency < best.schedule.latency) idle = 0;
    best = other;
  }
  return best;
}

/** Most positions before one that waits at which a gap may end to be looked at. */
const REACH = 12;

/** The residency with one gap turned over that lies, or ends shortly before, where the engine waits; undefined where what is kept would not fit. */
function neighbour({ accesses }: Course, room: number, { absent, schedule }: Timed, random: Rng): Uint8Array | undefined {
  const { gaps } = accesses;
  const { wait, length } = schedule;
  // A position that waits, the more likely the longer.
  let share = random() * wait.reduce((a, b) => a + b, 0);
  let t = 0;
  while (t < length - 1 && share >= wait[t]!) share -= wait[t++]!;
  const since = t - 1 - Math.floor(random() * random() * REACH);
  const near: number[] = [];
  for (let g = 0; g < gaps.count && gaps.from[g]! < t; g++) if (gaps.to[g]! >= since) near.push(g);
  if (near.length === 0) return undefined;
  const g = near[Math.floor(random() * near.length)]!;
  const turned = Uint8Array.from(absent);
  turned[g] = 1 - turned[g]!;
  if (turned[g]) return turned;
  const load = loadOf(accesses, turned);
  for (let p = gaps.from[g]! + 1; p < gaps.to[g]!; p++) if (load[p]! > room) return undefined;
  return turned;
}

/** Brings back what is away for nothing: all of it, or where that takes more cycles, halves of it. */
function thrifty(course: Course, room: number, timed: Timed, budget: Budget): Timed {
  const { accesses } = course;
  const { gaps } = accesses;
  let best = timed;
  let tries = Math.ceil(MOST_RETURNS * Math.min(1, USUAL_STEPS / timed.schedule.length));
  const bringBack = (list: readonly number[]): void => {
    if (list.length === 0 || tries-- <= 0 || budget.stop()) return;
    const absent = Uint8Array.from(best.absent);
    const load = loadOf(accesses, absent);
    for (const g of list) {
      let fits = true;
      for (let t = gaps.from[g]! + 1; t < gaps.to[g]! && fits; t++) fits = load[t]! + gaps.footprint[g]! <= room;
      if (!fits) continue;
      absent[g] = 0;
      for (let t = gaps.from[g]! + 1; t < gaps.to[g]!; t++) load[t]! += gaps.footprint[g]!;
    }
    const other = timedAs(course, room, absent, best.haste);
    if (other.traffic < best.traffic && asGood(other, best)) best = other;
    else if (list.length > 1 && other.traffic < best.traffic) {
      const half = list.length >> 1;
      bringBack(list.slice(0, half));
      bringBack(list.slice(half));
    }
  };
  const away = Array.from(timed.absent.keys()).filter((g) => timed.absent[g]);
  bringBack(away.sort((a, b) => gaps.size[b]! - gaps.size[a]! || a - b));
  return best;
}

/** The plan of a residency; where it finds no addresses, of one that sends more away. Undefined where that does not end below `least` cycles. */
function placed(
  problem: ScratchpadProblem,
  course: Course,
  room: number,
  first: Timed,
  least: number,
  budget: Budget,
): ScratchpadPlan | undefined {
  let timed: Timed | undefined = first;
  const most = MOST_RELIEFS * Math.min(1, USUAL_STEPS / first.schedule.length);
  for (let reliefs = 0; timed !== undefined && timed.schedule.latency < least && reliefs <= most && !budget.stop(); reliefs++) {
    const placing = addressesFor(problem, timed.schedule, budget);
    if (placing.status === "placed") return programme(problem, course.accesses, placing.episodes);
    timed = relieved(course, room, timed, placing.hot);
  }
  return undefined;
}

/** Sends one buffer away at the hottest position that keeps any: the one that costs least. */
function relieved(course: Course, room: number, { absent, haste }: Timed, hot: Float64Array): Timed | undefined {
  const { gaps } = course.accesses;
  const kept: { readonly gap: number; readonly heat: number }[] = [];
  for (let g = 0; g < gaps.count; g++) {
    if (absent[g]) continue;
    let heat = 0;
    for (let t = gaps.from[g]! + 1; t < Math.min(gaps.to[g]!, hot.length); t++) heat = Math.max(heat, hot[t]!);
    if (heat > 0) kept.push({ gap: g, heat });
  }
  kept.sort((a, b) => b.heat - a.heat || gaps.footprint[b.gap]! - gaps.footprint[a.gap]! || a.gap - b.gap);
  const tried = kept.slice(0, MOST_TRIED).map(({ gap }) => timedAs(course, room, absent.with(gap, 1), haste));
  return tried.length === 0 ? undefined : bestOf(tried);
}
