import type { Scatter } from "../report/chart.js";
import { grouped, percentText } from "../report/format.js";
import type { Sheet, SheetFigure } from "../report/sheet.js";
import type { Table } from "../report/table.js";
import type { FrontDocument, FrontPoint } from "./document.js";
import { frontOf } from "./front.js";
import { type Objective, STATUSES, vectorOf } from "./point.js";

type Label = (point: FrontPoint) => string;
type Planned = Extract<FrontPoint, { readonly status: "planned" }>;

/** A front for people. */
export function frontSheet(document: FrontDocument): Sheet {
  const { model, count, counts, front, objectives, pictures, status, points, manifest, planned } = document;
  const accepted = points.filter((point): point is Planned => point.status === "planned");
  const byId = new Map(accepted.map((point) => [point.id, point]));
  const members = front.flatMap((id) => byId.get(id) ?? []);
  const knee = accepted.find((point) => point.knee);
  const names = axisNames(points);
  const several = new Set(points.map(({ base }) => base)).size > 1;
  const label = ({ base, settings }: FrontPoint): string =>
    [...(several || settings.length === 0 ? [base] : []), ...settings.map(parted).map(([key, value]) => `${names.get(key)} ${value}`)].join(
      ", ",
    );
  const looked = STATUSES.reduce((sum, key) => sum + counts[key], 0);
  return {
    title: `${model}: ${grouped(count)} machines`,
    subtitle: [
      status === "complete" ? "all points looked at" : `${grouped(looked)} of ${grouped(count)} points looked at`,
      ...STATUSES.filter((key) => counts[key] > 0).map((key) => `${grouped(counts[key])} ${key}`),
      `objective of each plan: ${planned}`,
      "every planned point verified by replay",
    ].join(" · "),
    lead: leadOf(document, members, knee, label),
    figures: figuresOf(document, accepted, label),
    charts: pictures.flatMap(([across, up]) => {
      const [x, y] = [across, up].map((key) => objectives.find((objective) => objective.key === key));
      return accepted.length === 0 || x === undefined || y === undefined ? [] : [scatter(document, accepted, [x, y], label)];
    }),
    tables: [frontTable(document, members, names), ...otherTable(points, label)],
    assumptions: document.assumptions,
    warnings: document.warnings,
    provenance: [
      ["stowage", manifest.stowage],
      ["model", manifest.model],
      ["space", manifest.space],
      ["goal", manifest.goal],
      ["seed", String(manifest.seed)],
      ...Object.entries(manifest.budget).map(([name, value]): [string, string] => [`budget, ${name}`, String(value)]),
    ],
  };
}

function leadOf(
  { front, counts, objectives, epsilon }: FrontDocument,
  members: readonly Planned[],
  knee: Planned | undefined,
  label: Label,
): string {
  if (members.length === 0) return "No point has an accepted plan.";
  const names = objectives.map(({ label }) => label).join(", ");
  const share = `${grouped(front.length)} of ${grouped(counts.planned)} planned points`;
  const said =
    epsilon > 0
      ? `${share} stand for the front of ${names}: any other member is within ${percentText(epsilon)} of one of them in everything.`
      : `${share} are on the front: no other is at least as good in ${names} and better in one.`;
  return knee === undefined ? said : `${said} Its knee is point ${knee.id}: ${label(knee)}.`;
}

/** The best of each objective, and who has it. */
const figuresOf = ({ objectives }: FrontDocument, accepted: readonly Planned[], label: Label): readonly SheetFigure[] =>
  objectives.flatMap((objective) => {
    const [first, ...rest] = accepted;
    if (first === undefined) return [];
    const cost = (point: Planned): number => costsOf(point, [objective])[0]!;
    const best = rest.reduce((least, point) => (cost(point) < cost(least) ? point : least), first);
    const name = `${objective.more ? "Most" : "Least"} ${objective.label}`;
    return [{ label: name, value: figureOf(best, objective.key), unit: objective.unit, note: `point ${best.id}: ${label(best)}` }];
  });

/** A browser draws so many marks without a pause. */
const MOST_DRAWN = 3_000;

function scatter({ knees }: FrontDocument, accepted: readonly Planned[], pair: readonly [Objective, Objective], label: Label): Scatter {
  const [across, up] = pair;
  const on = new Set(frontOf(accepted.map((point) => costsOf(point, pair))));
  const knee = knees.find(({ objectives }) => objectives.length === 2 && pair.every(({ key }) => objectives.includes(key)))?.point;
  const scale = ({ key, label: name, unit }: Objective) => ({
    label: name,
    unit,
    spacing: accepted.every((point) => figureOf(point, key) > 0) ? ("log" as const) : ("linear" as const),
  });
  const every = Math.ceil(accepted.length / MOST_DRAWN);
  const drawn = accepted.map((point, i) => ({ point, front: on.has(i) })).filter(({ front }, i) => front || i % every === 0);
  return {
    kind: "scatter",
    title: `${capital(up.label)} against ${across.label}`,
    note: `${every === 1 ? "Every planned point" : `Of the planned points one in ${every}, and every one on the line`}. The line joins those that no other beats in these two${up.more ? `, the more ${up.label} the better` : ""}; the knee lies farthest from the chord between its ends, on the better side.`,
    x: scale(across),
    y: scale(up),
    points: drawn.map(({ point, front }) => ({
      label: `${point.id}: ${label(point)}`,
      x: figureOf(point, across.key),
      y: figureOf(point, up.key),
      ...(front && { front }),
      ...(point.id === knee && { knee: true }),
    })),
  };
}

/** One row for points that are alike in all that it shows. */
function frontTable({ objectives, beside, knees }: FrontDocument, members: readonly Planned[], names: ReadonlyMap<string, string>): Table {
  const shown = [...objectives, ...beside];
  const alike = new Map<string, [Planned, ...Planned[]]>();
  for (const point of members) {
    const figures = JSON.stringify([point.base, ...shown.map(({ key }) => figureOf(point, key))]);
    const before = alike.get(figures);
    if (before === undefined) alike.set(figures, [point]);
    else before.push(point);
  }
  const repeated = alike.size < members.length;
  return {
    key: "front",
    title: "The front",
    columns: [
      { key: "id", label: "point" },
      ...(repeated ? [{ key: "alike", label: "and" }] : []),
      { key: "base", label: "base" },
      ...[...names].map(([key, name]) => ({ key: `set.${key}`, label: name })),
      ...objectives.map(({ key, label, unit }) => ({ key, label, unit })),
      ...beside.map(({ key, label, unit, detail }) => ({ key, label, unit, ...(detail && { detail }) })),
      { key: "plan", label: "plan", detail: true },
      { key: "knee", label: "knee of" },
    ],
    rows: [...alike.values()].map((points) => {
      const [point] = points;
      const ids = points.map(({ id }) => id);
      return {
        id: point.id,
        ...(repeated && { alike: ids.slice(1).join(", ") }),
        base: point.base,
        ...Object.fromEntries([...names.keys()].map((key) => [`set.${key}`, ""])),
        ...Object.fromEntries(point.settings.map(parted).map(([key, value]) => [`set.${key}`, value])),
        ...Object.fromEntries(shown.map(({ key }) => [key, figureOf(point, key)])),
        plan: point.optimal ? "optimal" : "feasible",
        knee: knees
          .filter((knee) => ids.includes(knee.point))
          .map((knee) =>
            knee.objectives.length === objectives.length ? "all" : knee.objectives.map((key) => nameOf(objectives, key)).join(" and "),
          )
          .join("; "),
      };
    }),
  };
}

/** Points without a plan for another reason than a better one. */
function otherTable(points: readonly FrontPoint[], label: Label): readonly Table[] {
  const rows = points.flatMap((point) =>
    "reason" in point
      ? [{ id: point.id, point: label(point), status: point.status, code: point.reason.code, reason: point.reason.message }]
      : [],
  );
  if (rows.length === 0) return [];
  const columns = ["id", "point", "status", "code", "reason"].map((key) => ({
    key,
    label: key === "id" ? "point" : key === "point" ? "machine" : key,
  }));
  return [{ key: "without", title: "Points without a plan", columns, rows }];
}

/** Each key that points set, by the last word of its path where that is enough. */
function axisNames(points: readonly FrontPoint[]): ReadonlyMap<string, string> {
  const keys = [...new Set(points.flatMap(({ settings }) => settings.map((setting) => parted(setting)[0])))];
  const last = (key: string): string => key.split(".").at(-1) ?? key;
  return new Map(keys.map((key) => [key, keys.some((other) => other !== key && last(other) === last(key)) ? key : last(key)]));
}

/** `key=value` */
function parted(setting: string): readonly [string, string] {
  const at = setting.indexOf("=");
  return [setting.slice(0, at), setting.slice(at + 1)];
}

function figureOf({ areaSquareMillimetres = 0, bandwidthBytesPerSecond, metrics }: Planned, key: string): number {
  const all: Readonly<Record<string, number>> = { areaSquareMillimetres, bandwidthBytesPerSecond, ...metrics };
  return all[key] ?? 0;
}

const costsOf = (point: Planned, objectives: readonly Objective[]) => vectorOf(objectives, point, point.metrics);
const nameOf = (objectives: readonly Objective[], key: string): string => objectives.find((o) => o.key === key)?.label ?? key;
const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
