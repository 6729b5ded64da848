import type { Diagnostic } from "../base/diagnostic.js";
import type { Scatter } from "../report/chart.js";
import { grouped, percentText } from "../report/format.js";
import { quantityText } from "../report/quantity.js";
import type { Sheet } from "../report/sheet.js";
import type { Table } from "../report/table.js";
import { dominates, frontOf } from "./front.js";
import { ENERGY, type Figures, LATENCY, type Objective, OFF_CHIP, type Vector, vectorOf } from "./point.js";

/** What can be told of any machine, as far as its family counts it. */
export const COMPARED: readonly Objective[] = [
  LATENCY,
  { key: "inferencesPerSecond", label: "throughput", unit: "frame/s", more: true },
  ENERGY,
  OFF_CHIP,
];

/** What planning for one target came to. */
export interface Contender {
  readonly target: string;
  readonly settings: readonly string[];
  readonly kind: string;
  readonly status: "optimal" | "feasible" | "infeasible" | "unknown" | "failed" | "refused";
  /** Those of `COMPARED`; null where the family has no such figure, or there is no plan. */
  readonly metrics: Readonly<Record<string, number | null>>;
  /** What the plan lowers, with what is proven of it. */
  readonly objective?: Proven;
  /** Why there is no plan. */
  readonly reason?: Diagnostic;
}

interface Proven {
  readonly name: string;
  readonly value: number;
  readonly bound: number;
  readonly gap: number;
  readonly scope: string;
  readonly proof: string;
}

/** One network on several targets, of any family. */
export interface CompareDocument {
  readonly schema: "stowage/compare/1";
  readonly model: string;
  readonly figures: readonly Objective[];
  /** In the order in which they were named. */
  readonly targets: readonly Contender[];
  readonly assumptions: readonly string[];
  readonly warnings: readonly Diagnostic[];
  readonly manifest: Readonly<Record<string, string | number>>;
}

/**
 * The compared figures of a plan.
 *
 * @param metrics of the plan document; `known`: those that the family counts.
 */
export function contended(metrics: Readonly<Record<string, unknown>>, known: readonly Objective[]): Contender["metrics"] {
  const told = (key: string): number | null => (typeof metrics[key] === "number" ? metrics[key] : null);
  const counted = (key: string): number | null => (known.some((objective) => objective.key === key) ? told(key) : null);
  const latency = told(LATENCY.key);
  // One after another, unless the family says how many are under way at once.
  const inferencesPerSecond = told("framesPerSecond") ?? (latency === null || latency === 0 ? null : (told("batch") ?? 1) / latency);
  return Object.fromEntries(COMPARED.map(({ key }) => [key, key === "inferencesPerSecond" ? inferencesPerSecond : counted(key)]));
}

/** A comparison for people: figures down, targets across. */
export function compareSheet({ model, figures, targets, assumptions, warnings, manifest }: CompareDocument): Sheet {
  const planned = targets.filter(({ status }) => status === "optimal" || status === "feasible");
  const labelOf = labelAmong(targets);
  return {
    title: `${model} on ${targets.length} targets`,
    subtitle: `${planned.length} planned · every plan verified by replay · each for the objective of its family unless told otherwise`,
    lead: leadOf(planned, labelOf),
    figures: figures.flatMap((figure) => {
      const best = bestOf(planned, figure);
      if (best === undefined) return [];
      const label = `${figure.more ? "Most" : "Least"} ${figure.label}`;
      return [{ label, value: best.metrics[figure.key]!, unit: figure.unit, note: labelOf(best) }];
    }),
    charts: [
      [LATENCY, ENERGY],
      [LATENCY, OFF_CHIP],
    ].flatMap(([x, y]) => scatter(planned, x!, y!, labelOf)),
    tables: [figureTable(figures, targets, labelOf), planTable(targets, labelOf), ...withoutTable(targets, labelOf)],
    assumptions,
    warnings,
    provenance: Object.entries(manifest).map(([name, value]): [string, string] => [name, String(value)]),
  };
}

/** With what was set where names alone do not tell targets apart. */
const labelAmong =
  (targets: readonly Contender[]): Label =>
  ({ target, settings }) =>
    settings.length === 0 || targets.filter((other) => other.target === target).length === 1
      ? target
      : `${target} (${settings.join(", ")})`;

type Label = (contender: Contender) => string;

const known = (contender: Contender, objectives: readonly Objective[]): boolean =>
  objectives.every(({ key }) => typeof contender.metrics[key] === "number");

const costs = ({ metrics }: Contender, objectives: readonly Objective[]): Vector =>
  vectorOf(objectives, { bandwidthBytesPerSecond: 0 }, metrics as Figures);

function bestOf(planned: readonly Contender[], figure: Objective): Contender | undefined {
  const [first, ...rest] = planned.filter((contender) => known(contender, [figure]));
  return rest.reduce((best, contender) => (costs(contender, [figure])[0]! < costs(best!, [figure])[0]! ? contender : best), first);
}

/** Says who is best in everything that all of them are measured by, if one is. */
function leadOf(planned: readonly Contender[], labelOf: Label): string {
  if (planned.length === 0) return "No target has an accepted plan.";
  const shared = COMPARED.filter((figure) => planned.every((contender) => known(contender, [figure])));
  const names = shared.map(({ label }) => label).join(", ");
  const vectors = planned.map((contender) => costs(contender, shared));
  const winner = planned.find((_, i) => vectors.every((other, o) => o === i || dominates(vectors[i]!, other)));
  if (planned.length === 1) return `${labelOf(planned[0]!)} alone has a plan.`;
  return winner === undefined
    ? `No target is best in all that every one of them is measured by (${names}).`
    : `${labelOf(winner)} is best in all that every target is measured by (${names}).`;
}

/** Figures differ by orders of magnitude between families, and so each is told in a unit of its own. */
const figureTable = (figures: readonly Objective[], targets: readonly Contender[], labelOf: Label): Table => ({
  key: "comparison",
  title: "Comparison",
  columns: [{ key: "figure", label: "" }, ...targets.map((contender, i) => ({ key: `t${i}`, label: labelOf(contender) }))],
  rows: [
    ["family", ({ kind }: Contender) => kind] as const,
    ...figures.map(
      ({ key, label, unit }) =>
        [
          label,
          ({ metrics }: Contender) => {
            const value = metrics[key];
            return typeof value === "number" ? quantityText(value, unit) : NOT_AVAILABLE;
          },
        ] as const,
    ),
    ["status", ({ status }: Contender) => status] as const,
    ["plan lowers", ({ objective }: Contender) => objective?.name ?? NOT_AVAILABLE] as const,
    ["above its bound", ({ objective }: Contender) => (objective === undefined ? NOT_AVAILABLE : gapText(objective))] as const,
  ].map(([figure, told]) => ({ figure, ...Object.fromEntries(targets.map((contender, i) => [`t${i}`, told(contender)])) })),
});

/** The family counts no such thing, or there is no plan. */
const NOT_AVAILABLE = "n/a";

const gapText = ({ gap, value, bound }: Proven): string => (value <= bound ? "none" : bound <= 0 ? "nothing is proven" : percentText(gap));

const planTable = (targets: readonly Contender[], labelOf: Label): Table => ({
  key: "plans",
  title: "What is proven",
  columns: [
    { key: "target", label: "target" },
    { key: "settings", label: "set", detail: true },
    { key: "objective", label: "objective" },
    { key: "value", label: "value" },
    { key: "bound", label: "bound" },
    { key: "scope", label: "scope", detail: true },
    { key: "proof", label: "proof", detail: true },
  ],
  rows: targets.flatMap((contender) => {
    const { objective } = contender;
    if (objective === undefined) return [];
    const { name, value, bound, scope, proof } = objective;
    const settings = contender.settings.join(", ");
    return [{ target: labelOf(contender), settings, objective: name, value: grouped(value), bound: grouped(bound), scope, proof }];
  }),
});

function withoutTable(targets: readonly Contender[], labelOf: Label): readonly Table[] {
  const rows = targets.flatMap((contender) =>
    contender.reason === undefined
      ? []
      : [
          {
            target: labelOf(contender),
            status: contender.status,
            code: contender.reason.code,
            reason: contender.reason.message,
            try: contender.reason.fix,
          },
        ],
  );
  const columns = ["target", "status", "code", "reason"].map((key) => ({ key, label: key }));
  return rows.length === 0
    ? []
    : [{ key: "without", title: "Targets without a plan", columns: [...columns, { key: "try", label: "try", detail: true }], rows }];
}

function scatter(planned: readonly Contender[], x: Objective, y: Objective, labelOf: Label): readonly Scatter[] {
  const shown = planned.filter((contender) => known(contender, [x, y]));
  if (shown.length < 2) return [];
  const on = new Set(frontOf(shown.map((contender) => costs(contender, [x, y]))));
  const scale = ({ key, label, unit }: Objective) => ({
    label,
    unit,
    spacing: shown.every(({ metrics }) => metrics[key]! > 0) ? ("log" as const) : ("linear" as const),
  });
  return [
    {
      kind: "scatter",
      title: `${y.label.charAt(0).toUpperCase()}${y.label.slice(1)} against ${x.label}`,
      note: "Of targets that have both. The line joins those that no other beats in these two.",
      x: scale(x),
      y: scale(y),
      points: shown.map((contender, i) => ({
        label: labelOf(contender),
        x: contender.metrics[x.key]!,
        y: contender.metrics[y.key]!,
        ...(on.has(i) && { front: true }),
      })),
    },
  ];
}
