import { AREA, BANDWIDTH, type Beside, ENERGY, type Front, LATENCY, type Objective, OF_TARGETS, OFF_CHIP, type Point } from "./point.js";

/** Which figures the points of a space can be weighed by. */
export interface Weighable {
  /** Where the space names none. */
  readonly usual: readonly Objective[];
  /** All that every point has. */
  readonly all: readonly Objective[];
  /** Shown where it is not weighed. */
  readonly beside: readonly Beside[];
  readonly pictures: Front["pictures"];
}

/** Across families: what can be told of any machine. */
const ACROSS: Front = {
  objectives: [LATENCY, ENERGY, AREA, BANDWIDTH],
  others: [],
  beside: [{ ...OFF_CHIP, detail: true }],
  pictures: [
    [AREA.key, LATENCY.key],
    [AREA.key, ENERGY.key],
    [LATENCY.key, ENERGY.key],
    [BANDWIDTH.key, LATENCY.key],
  ],
};

/** Of points of one family its own figures, of several what all of them have; either way those that are known of every point. */
export function weighable(points: readonly Point[], frontOf: (kind: Point["target"]["kind"]) => Front): Weighable {
  const fronts = [...new Set(points.map(({ target }) => target.kind))].map(frontOf);
  const allOf = ({ objectives, others }: Front): readonly Objective[] => [...objectives, ...others];
  const known = ({ key }: Objective): boolean =>
    OF_TARGETS.includes(key)
      ? points.every(({ hardware }) => hardware[key as keyof typeof hardware] !== undefined)
      : fronts.every((front) => allOf(front).some((other) => other.key === key));
  const [only, ...rest] = fronts;
  const front = only !== undefined && rest.length === 0 ? only : ACROSS;
  const more = fronts.flatMap(allOf).filter(({ key }, i, all) => all.findIndex((other) => other.key === key) === i);
  const usual = front.objectives.filter(known);
  const others = more.filter((objective) => known(objective) && usual.every(({ key }) => key !== objective.key));
  return { usual, all: [...usual, ...others], beside: front.beside.filter(known), pictures: front.pictures };
}
