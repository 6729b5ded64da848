import { CAUSES } from "../causes.js";
import { bytesText, exactBytesText, grouped, hexText, printable } from "../format.js";
import type { LifeRow } from "../rows.js";
import type { Data } from "./data.js";
import { h, swatch } from "./dom.js";

export const arrivalText = ({ arrival }: LifeRow): string => (arrival === "made" ? "made here" : CAUSES[arrival].arrival);
export const departureText = ({ departure }: LifeRow): string => (departure === "dropped" ? "dropped" : CAUSES[departure].departure);

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
  const on = ["on", printable(data.report.resources[slice.resource]?.name ?? "")] as const;
  if (slice.kind === "compute") return stepCard(data, slice.step, [on]);
  const size = slice.sizeBytes > 0 ? (["size", `${bytesText(slice.sizeBytes)} · ${exactBytesText(slice.sizeBytes)}`] as const) : undefined;
  return [
    h("p", { class: "card-name" }, swatch(slice.cause), h("bdi", {}, data.tensorNames[slice.tensor] ?? "")),
    facts([
      on,
      slice.kind === "program" ? ["cells", "written"] : ["transfer", `${slice.kind}, ${slice.cause}`],
      size,
      ["cycles", `${grouped(slice.startCycle)} to ${grouped(slice.endCycle)} (${grouped(slice.endCycle - slice.startCycle)})`],
      ["at step", `${grouped(slice.step)} ${data.stepNames[slice.step] ?? ""}`],
    ]),
  ];
}

export function stepCard(
  { report: { steps }, stepNames, capacityBytes }: Data,
  id: number,
  more: readonly (readonly [string, string])[] = [],
): Node[] {
  const step = steps[id]!;
  return [
    h("p", { class: "card-name" }, swatch("compute"), h("bdi", {}, stepNames[id] ?? "")),
    facts([
      ["step", `${grouped(id)} · ${step.type}`],
      ...more,
      ["cycles", `${grouped(step.startCycle)} to ${grouped(step.endCycle)} (${grouped(step.endCycle - step.startCycle)})`],
      step.stallCycles > 0 ? ["waits", `${grouped(step.stallCycles)} cycles${step.waitsFor ? ` for ${step.waitsFor}` : ""}`] : undefined,
      step.needBytes > 0 ? ["operands", bytesText(step.needBytes)] : undefined,
      ["live", `${bytesText(step.liveBytes)} of ${bytesText(capacityBytes)}`],
    ]),
  ];
}
