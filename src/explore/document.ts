import * as z from "zod";
import { bad, type Checked, type Diagnostic, fail, good } from "../base/diagnostic.js";
import { frontOf, kneeOf, thinned } from "./front.js";
import {
  AREA,
  BANDWIDTH,
  type Beside,
  type Front,
  type Hardware,
  type Objective,
  type Point,
  type Result,
  STATUSES,
  vectorOf,
} from "./point.js";
import type { Space } from "./space.js";

/** What a front was made from, so that it can be made again and continued. Digests are SHA-256. */
export interface Manifest {
  readonly stowage: string;
  readonly model: string;
  /** Of the targets of all points, what each is planned for, and what the front is over. */
  readonly space: string;
  /** Of what each point is planned for, and how long. */
  readonly goal: string;
  readonly seed: number;
  readonly budget: Readonly<Record<string, string | number>>;
}

/** A front file: every point looked at so far. Read back, its results are claims. */
export interface FrontDocument {
  readonly schema: "stowage/front/1";
  readonly model: string;
  /** `partial` where points are left to look at. */
  readonly status: "complete" | "partial";
  /** What each point's plan lowers. */
  readonly planned: string;
  readonly objectives: readonly Objective[];
  /** What a report shows beside these. */
  readonly beside: readonly Beside[];
  /** Pairs of keys of objectives that a report draws, across and up. */
  readonly pictures: Front["pictures"];
  readonly epsilon: number;
  readonly count: number;
  readonly counts: Readonly<Record<Result["status"], number>>;
  /** Ids: what nothing dominates, ascending by the objectives; thinned by `epsilon`. */
  readonly front: readonly number[];
  /** Knees of the whole front and of those of two objectives, which are named by their keys. */
  readonly knees: readonly { readonly objectives: readonly string[]; readonly point: number }[];
  readonly points: readonly FrontPoint[];
  readonly assumptions: readonly string[];
  readonly warnings: readonly Diagnostic[];
  readonly manifest: Manifest;
}

export type FrontPoint = Hardware & {
  readonly id: number;
  readonly base: string;
  readonly settings: readonly string[];
  readonly front: boolean;
  readonly knee: boolean;
} & Result;

export interface Found {
  readonly model: string;
  readonly planned: string;
  readonly space: Space;
  readonly results: ReadonlyMap<number, Result>;
  readonly epsilon: number;
  /** What else a reader must know before trusting a figure. */
  readonly assumptions: readonly string[];
  readonly warnings: readonly Diagnostic[];
  readonly manifest: Manifest;
}

/** The same for the same results, however they were found. */
export function frontDocument({
  model,
  planned,
  space: { points, objectives, beside, pictures },
  results,
  epsilon,
  assumptions,
  warnings,
  manifest,
}: Found): FrontDocument {
  const looked = points.flatMap((point) => {
    const result = results.get(point.id);
    return result === undefined ? [] : [{ point, result }];
  });
  const accepted = looked.flatMap(({ point, result }) => (result.status === "planned" ? [{ point, run: result.metrics }] : []));
  const vectors = accepted.map(({ point, run }) => vectorOf(objectives, point.hardware, run));
  const exact = frontOf(vectors);
  const front = thinned(vectors, exact, epsilon).map((i) => accepted[i]!.point.id);
  const pairs = objectives.flatMap((a, i) => objectives.slice(i + 1).map((b) => [a, b]));
  const knees = [...(objectives.length > 2 ? [[...objectives]] : []), ...pairs].flatMap((chosen) => {
    const seen = accepted.map(({ point, run }) => vectorOf(chosen, point.hardware, run));
    const knee = kneeOf(seen, frontOf(seen));
    return knee === undefined ? [] : [{ objectives: chosen.map(({ key }) => key), point: accepted[knee]!.point.id }];
  });
  const on = new Set(front);
  const whole = knees.find((knee) => knee.objectives.length === objectives.length)?.point;
  return {
    schema: "stowage/front/1",
    model,
    status: looked.length === points.length ? "complete" : "partial",
    planned,
    objectives,
    beside,
    pictures,
    epsilon,
    count: points.length,
    counts: Object.fromEntries(
      STATUSES.map((status) => [status, looked.filter(({ result }) => result.status === status).length]),
    ) as FrontDocument["counts"],
    front,
    knees,
    points: looked.map(({ point: { id, base, settings, hardware }, result }) => ({
      id,
      base,
      settings,
      ...hardware,
      front: on.has(id),
      knee: whole === id,
      ...result,
    })),
    assumptions: [...assumptionsOf(points, objectives), ...assumptions],
    warnings,
    manifest,
  };
}

function assumptionsOf(points: readonly Point[], objectives: readonly Objective[]): readonly string[] {
  const over = ({ key }: Objective): boolean => objectives.some((objective) => objective.key === key);
  return [
    ...(over(AREA)
      ? [
          "Area is that of the array and its buffers at 40 nm, for comparing points with each other: gates of the published VWA (266.9 K NAND2 for 168 MACs) or Eyeriss (1,176 K NAND2 and 73.5 KB for 168 elements) per processing element, other widths by Horowitz's areas, 0.242 µm² per bit of memory; gates fill 70 % of their rows and cells 60 % of their macros (assumptions).",
        ]
      : over(BANDWIDTH)
        ? ["Area is left out: no area is known for some of the targets."]
        : []),
    ...(over(BANDWIDTH)
      ? ["Peak bandwidth is the rate of the off-chip memory, both directions together, that a machine has to be given."]
      : []),
    ...(new Set(points.map(({ target }) => target.kind)).size > 1
      ? ["Targets of different kinds are judged by different models of a machine; their figures compare only so far."]
      : []),
    "Every figure of a point is from the judge's replay of its plan; a plan that is not proven optimal may leave a point worse than it has to be.",
  ];
}

/**
 * Reads a front file to go on from it.
 *
 * @param text the file's, `where` its name.
 * @param expected what the file has to be of.
 * @param digest of the text of a document; what the file says of itself has to agree with it.
 * @returns results by point; EXP-4 where the file is damaged, EXP-5 where it is of something else.
 */
export function readFront(
  text: string,
  where: string,
  { points }: Space,
  expected: Manifest,
  digest: (text: string) => string,
): Checked<ReadonlyMap<number, Result>> {
  const damaged = (message: string) => bad(fail("EXP-4", where, message, "remove the file, or start anew with --fresh"));
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    return damaged("is not JSON");
  }
  const parsed = frame.safeParse(data);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return damaged(`${issue?.path.join(".") || "the file"}: ${issue?.message ?? "is not of the form"}`);
  }
  const { sha256, ...document } = data as { readonly sha256: string };
  if (sha256 !== digest(JSON.stringify(document))) return damaged("was changed after it was written: its digest does not fit");
  const { manifest, points: told } = parsed.data;
  const other = (["stowage", "model", "space", "goal"] as const).find((key) => manifest[key] !== expected[key]);
  if (other !== undefined)
    return bad(
      fail(
        "EXP-5",
        where,
        `is of another ${NAMES[other]}: ${manifest[other]}, now ${expected[other]}`,
        "name another file, or start anew with --fresh",
      ),
    );
  const results = new Map(told.map(({ id, result }) => [id, result]));
  if (results.size !== told.length || told.some(({ id }) => id >= points.length))
    return damaged("names a point that is not in the space, or one twice");
  return good(results);
}

const NAMES = { stowage: "version", model: "model", space: "space", goal: "goal" } as const;

/** The file's text, with a digest of all else in front. */
export const frontText = (document: FrontDocument, digest: (text: string) => string): string =>
  `${JSON.stringify({ sha256: digest(JSON.stringify(document)), ...document })}\n`;

const figures = z.record(z.string(), z.number().min(0));
const result: z.ZodType<Result> = z.discriminatedUnion("status", [
  z.object({
    status: z.literal("planned"),
    metrics: figures,
    optimal: z.boolean(),
  }),
  z.object({ status: z.literal("pruned"), by: z.int().min(0), floor: figures }),
  z.object({
    status: z.enum(["infeasible", "undecided", "refused", "failed"]),
    reason: z.custom<Diagnostic>((d) => ["code", "message", "where", "fix"].every((key) => typeof (d as never)?.[key] === "string")),
  }),
]);

const frame = z.object({
  schema: z.literal("stowage/front/1"),
  sha256: z.string(),
  manifest: z.object({ stowage: z.string(), model: z.string(), space: z.string(), goal: z.string() }),
  points: z.array(
    z.unknown().transform((point, context) => {
      const id = z.object({ id: z.int().min(0) }).safeParse(point);
      const told = result.safeParse(point);
      if (id.success && told.success) return { id: id.data.id, result: told.data };
      context.addIssue({ code: "custom", message: "is no result of a point" });
      return z.NEVER;
    }),
  ),
});
