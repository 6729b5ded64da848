import { bytesText, exactBytesText, grouped, hexText } from "../format.js";
import type { LifeRow } from "../rows.js";
import type { Data } from "./data.js";
import { h, swatch } from "./dom.js";

const ARRIVALS: Readonly<Record<LifeRow["arrival"], string>> = {
  made: "made here",
  input: "fetched: network input",
  weight: "fetched: weight",
  refetch: "fetched again",
};
const DEPARTURES: Readonly<Record<LifeRow["departure"], string>> = {
  dropped: "dropped",
  spill: "spilled: stored to make room",
  output: "stored: network output",
};

export const arrivalText = (life: LifeRow): string => ARRIVALS[life.arrival];
export const departureText = (life: LifeRow): string => DEPARTURES[life.departure];

/** Steps from the first to the last, both meant. */
export const stepsText = ({ startStep, endStep }: LifeRow): string =>
  endStep - startStep > 1 ? `steps ${grouped(startStep)} to ${grouped(endStep - 1)}` : `step ${grouped(startStep)}`;

/** Definition list of a card or of the inspector. */
export const facts = (rows: readonly (readonly [string, string | Node] | undefined)[]): HTMLElement =>
  h("dl", { class: "facts" }, ...rows.flatMap((row) => (row ? [h("dt", {}, row[0]), h("dd", {}, row[1])] : [])));

export function lifeCard({ report: { lives, tensors }, tensorNames, stepNames }: Data, id: number): Node[] {
  const life = lives[id]!;
  const producer = tensors[life.tensor]?.producer ?? -1;
  return [
    h("p", { class: "card-name" }, swatch(life.kind), h("bdi", {}, tensorNames[life.tensor] ?? "")),
    facts([
      ["kind", life.kind],
      ["size", `${bytesText(life.sizeBytes)} · ${exactBytesText(life.sizeBytes)}`],
      ["address", `${hexText(life.offsetBytes)} to ${hexText(life.offsetBytes + life.sizeBytes)}`],
      ["during", stepsText(life)],
      ["cycles", `${grouped(life.startCycle)} to ${grouped(life.endCycle)}`],
      producer >= 0 ? ["made by", stepNames[producer] ?? ""] : undefined,
      ["arrives", arrivalText(life)],
      ["leaves", departureText(life)],
    ]),
  ];
}

export function sliceCard(data: Data, id: number): Node[] {
  const slice = data.report.slices[id]!;
  if (slice.kind === "compute") return stepCard(data, slice.step);
  return [
    h("p", { class: "card-name" }, swatch(slice.cause), h("bdi", {}, data.tensorNames[slice.tensor] ?? "")),
    facts([
      ["transfer", `${slice.kind}, ${slice.cause}`],
      ["size", `${bytesText(slice.sizeBytes)} · ${exactBytesText(slice.sizeBytes)}`],
      ["cycles", `${grouped(slice.startCycle)} to ${grouped(slice.endCycle)} (${grouped(slice.endCycle - slice.startCycle)})`],
      ["at step", `${grouped(slice.step)} ${data.stepNames[slice.step] ?? ""}`],
    ]),
  ];
}

export function stepCard({ report: { steps, metrics }, stepNames }: Data, id: number): Node[] {
  const step = steps[id]!;
  return [
    h("p", { class: "card-name" }, swatch("compute"), h("bdi", {}, stepNames[id] ?? "")),
    facts([
      ["step", `${grouped(id)} · ${step.type}`],
      ["cycles", `${grouped(step.startCycle)} to ${grouped(step.endCycle)} (${grouped(step.endCycle - step.startCycle)})`],
      step.stallCycles > 0 ? ["waits", `${grouped(step.stallCycles)} cycles${step.waitsFor ? ` for ${step.waitsFor}` : ""}`] : undefined,
      ["operands", bytesText(step.needBytes)],
      ["live", `${bytesText(step.liveBytes)} of ${bytesText(metrics.capacityBytes)}`],
    ]),
  ];
}
