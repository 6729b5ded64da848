import { bad, type Checked, type Diagnostic, fail, good } from "../base/diagnostic.js";
import { nearest } from "../base/nearest.js";
import { applySettings } from "../target/parse.js";
import { presetNames, presetTarget } from "../target/presets.js";
import type { Target } from "../target/target.js";
import { describe } from "../target/units.js";
import { type Located, type Path, readYaml } from "../target/yaml.js";
import { hardwareOf } from "./hardware.js";
import { weighable } from "./objectives.js";
import { type Beside, type Front, GOAL_SETTINGS, type GoalSettings, type Objective, type Point } from "./point.js";
import { valuesOf } from "./range.js";

/** Targets to choose from, and goals to plan for. */
export interface Space {
  /** In the order of the file: the last axis changes fastest. */
  readonly points: readonly Point[];
  /** What its front is over; every point has it. */
  readonly objectives: readonly Objective[];
  /** What is shown beside these; every point has it. */
  readonly beside: readonly Beside[];
  /** Pairs of keys of objectives to be drawn, across and up. */
  readonly pictures: Front["pictures"];
}

/** What a space has to know of a family of accelerators. */
export interface Explorable {
  readonly front: Front;
  /** What its goal may be set to. */
  readonly settings: Readonly<Partial<Record<keyof GoalSettings, readonly string[]>>>;
}

/** More are never planned in a day, and a slip of the pen in a range makes millions. */
const MOST_POINTS = 100_000;
/** More say nothing new. */
const MOST_ERRORS = 20;

/** A key path of the target, or of the goal, and what it may be; `at` is its place in the file. */
interface Axis {
  readonly key: string;
  readonly values: readonly Value[];
}

interface Value {
  readonly setting: string;
  readonly at: Path;
  /** Of an axis over the goal. */
  readonly goal?: { readonly name: keyof GoalSettings; readonly value: string };
}

/** What key paths over the goal begin with. */
const GOAL = "goal.";

interface Base {
  readonly name: string;
  readonly preset: boolean;
  readonly at: Path;
  readonly axes: readonly Axis[];
  readonly target: (settings: readonly string[]) => Checked<Target>;
}

/** A space file while it is read. */
interface Reading {
  readonly file: string;
  readonly located: Located;
  /** `space.yaml:3:5 axes` */
  readonly at: (path: Path, part?: "key" | "value") => string;
  readonly errors: Diagnostic[];
}

/**
 * Reads a space: a base target (a preset's name or a target written out) or several, and axes, each a key path of the
 * target, or of the goal of its plan (`goal.objective`), with a list or range of values; and what its front is over.
 *
 * @param file name of the file: stands in every message.
 * @returns every combination as a target; or all errors with line and column: EXP-1, EXP-2, EXP-3, EXP-6, EXP-7, and those of
 *   the targets (TGT), at the value that causes them. Never throws.
 */
export function parseSpace(yaml: string, file: string, familyOf: (kind: Target["kind"]) => Explorable): Checked<Space> {
  const read = readYaml(yaml, file);
  if (!read.ok) return read;
  const errors: Diagnostic[] = [];
  const at: Reading["at"] = (path, part = "value") => `${file}:${read.value.locate(path, part)} ${show(path)}`.trimEnd();
  const reading: Reading = { file, located: read.value, at, errors };
  const bases = basesOf(reading);
  const total = bases.reduce((sum, { axes }) => sum + axes.reduce((n, { values }) => n * values.length, 1), 0);
  if (total > MOST_POINTS) errors.push(fail("EXP-3", file, `${total} points, more than ${MOST_POINTS}`, "leave values or axes out"));
  if (errors.length > 0) return refused(errors);

  const points: Point[] = [];
  const warnings: Diagnostic[] = [];
  for (const base of bases)
    for (const choice of combinations(base.axes)) {
      const settings = choice.map(({ setting }) => setting);
      const target = base.target(choice.filter(({ goal }) => goal === undefined).map(({ setting }) => setting));
      const place = (d: Diagnostic): Diagnostic => placed(d, choice, base, at);
      if (target.ok) {
        warnings.push(...target.warnings.map(place));
        errors.push(...unserved(target.value, choice, familyOf, at));
        const goal = Object.fromEntries(choice.flatMap(({ goal: set }) => (set === undefined ? [] : [[set.name, set.value]])));
        points.push({ id: points.length, base: base.name, settings, target: target.value, goal, hardware: hardwareOf(target.value) });
      } else errors.push(...target.errors.map(place));
      if (errors.length > 10 * MOST_ERRORS) return refused(errors);
    }
  if (errors.length > 0) return refused(errors);
  const { usual, all, beside, pictures } = weighable(points, (kind) => familyOf(kind).front);
  const objectives = chosen(reading, usual, all);
  const weighed = (key: string): boolean => objectives.some((objective) => objective.key === key);
  const space: Space = {
    points,
    objectives,
    beside: beside.filter(({ key }) => !weighed(key)),
    pictures: pictures.filter((pair) => pair.every(weighed)),
  };
  return errors.length > 0 ? refused(errors) : good(space, distinct(warnings));
}

/** What the front is over: what the file names in `front`, otherwise the usual. */
function chosen(reading: Reading, usual: readonly Objective[], all: readonly Objective[]): readonly Objective[] {
  const { front } = reading.located.value as { readonly front?: unknown };
  if (front === undefined) return usual;
  const keys = all.map(({ key }) => key);
  const listed = listOf(reading, front, ["front"]);
  return listed.flatMap((key, i) => {
    const found = all.find((objective) => objective.key === key);
    const place = reading.at(["front", i]);
    if (found !== undefined && listed.indexOf(key) === i) return [found];
    const guess = typeof key === "string" ? nearest(key, keys) : undefined;
    reading.errors.push(
      found === undefined
        ? fail(
            "EXP-7",
            place,
            `${describe(key)} is no figure that every point has`,
            `${guess ? `did you mean ${guess}? ` : ""}those are ${keys.join(", ")}`,
          )
        : fail("EXP-7", place, `${describe(key)} stands there twice`, "name it once"),
    );
    return [];
  });
}

/** Settings of the goal that the family of a target does not have, or has other values for. */
function unserved(
  { kind }: Target,
  choice: readonly Value[],
  familyOf: (kind: Target["kind"]) => Explorable,
  at: Reading["at"],
): readonly Diagnostic[] {
  return choice.flatMap(({ goal, setting, at: path }) => {
    if (goal === undefined) return [];
    const { settings } = familyOf(kind);
    const served = settings[goal.name];
    if (served?.includes(goal.value)) return [];
    const place = `${at(path)} ${setting}`;
    if (served === undefined) {
      const known = Object.keys(settings).map((name) => GOAL + name);
      return [fail("EXP-6", place, `a ${kind} target has no ${goal.name} to choose`, `its goal has ${known.join(", ")}`)];
    }
    const guess = nearest(goal.value, served);
    const fix = `${guess ? `did you mean ${guess}? ` : ""}use one of ${served.join(", ")}`;
    return [fail("EXP-6", place, `a ${kind} target has no ${goal.name} ${goal.value}`, fix)];
  });
}

function basesOf(reading: Reading): readonly Base[] {
  const { value } = reading.located;
  if (!isMapping(value)) {
    reading.errors.push(fail("EXP-1", reading.at([]), `${describe(value)} where a mapping is expected`, "give base and axes"));
    return [];
  }
  refuseUnknown(reading, value, [], ["base", "bases", "axes", "front"]);
  const common = axesOf(reading, value.axes, ["axes"]);
  if (value.bases === undefined) return baseOf(reading, value.base, ["base"], common);
  if (value.base !== undefined) reading.errors.push(fail("EXP-1", reading.at(["base"], "key"), "base beside bases", "move it into bases"));
  return listOf(reading, value.bases, ["bases"]).flatMap((entry, i) => {
    const path = ["bases", i];
    if (!isMapping(entry) || "kind" in entry) return baseOf(reading, entry, path, common);
    refuseUnknown(reading, entry, path, ["base", "axes"]);
    const own = axesOf(reading, entry.axes, [...path, "axes"]);
    // An axis of the base's own takes the place of a common one.
    const others = common.filter(({ key }) => own.every((o) => o.key !== key));
    return baseOf(reading, entry.base, [...path, "base"], [...others, ...own]);
  });
}

/** One base, or none where it is wrong. */
function baseOf({ file, located, at, errors }: Reading, base: unknown, path: Path, axes: readonly Axis[]): readonly Base[] {
  if (typeof base === "string" && presetNames.includes(base))
    return [{ name: base, preset: true, at: path, axes, target: (settings) => presetTarget(base, settings) }];
  if (isMapping(base)) {
    const text = located.excerpt(path);
    const name = typeof base.name === "string" ? base.name : show(path);
    return [{ name, preset: false, at: path, axes, target: (settings) => applySettings(text, file, settings) }];
  }
  const guess = typeof base === "string" ? nearest(base, presetNames) : undefined;
  errors.push(
    base === undefined
      ? fail("EXP-1", at(path), "there is no base target", "add for instance base: vwa, or a target written out")
      : fail(
          "EXP-1",
          at(path),
          `${describe(base)} is neither a preset nor a target written out`,
          `${guess ? `did you mean ${guess}? ` : ""}the presets are ${presetNames.join(", ")}`,
        ),
  );
  return [];
}

function axesOf(reading: Reading, axes: unknown, path: Path): readonly Axis[] {
  if (axes === undefined || axes === null) return [];
  if (!isMapping(axes)) {
    const fix = "write key paths with lists: array.blocks: [4, 8]";
    reading.errors.push(fail("EXP-1", reading.at(path), `${describe(axes)} where a mapping is expected`, fix));
    return [];
  }
  return Object.entries(axes).map(([key, given]) => {
    const here = [...path, key];
    const listed: readonly (readonly [unknown, Path])[] = isMapping(given)
      ? counted(reading, given, here).map((value) => [value, here])
      : listOf(reading, given, here).map((value, i) => [value, [...here, i]]);
    const goal = goalSetting(reading, key, here);
    return {
      key,
      values: listed.map(([value, place]) => ({
        setting: `${key}=${written(value)}`,
        at: place,
        ...(goal === undefined ? {} : { goal: { name: goal, value: String(value) } }),
      })),
    };
  });
}

/** Which setting of the goal a key path names, if it is one of those. */
function goalSetting({ at, errors }: Reading, key: string, path: Path): keyof GoalSettings | undefined {
  if (!key.startsWith(GOAL)) return undefined;
  const found = GOAL_SETTINGS.find((name) => key === GOAL + name);
  const known = GOAL_SETTINGS.map((name) => GOAL + name);
  const guess = nearest(key, known);
  if (found === undefined)
    errors.push(
      fail(
        "EXP-6",
        at(path, "key"),
        `${describe(key)} is no setting of the goal`,
        guess ? `did you mean ${guess}?` : `use one of ${known.join(", ")}`,
      ),
    );
  return found;
}

function counted(reading: Reading, range: Readonly<Record<string, unknown>>, path: Path): readonly unknown[] {
  refuseUnknown(reading, range, path, ["from", "to", "step", "factor"]);
  const values = valuesOf(range, reading.at(path));
  if (values.ok) return values.value;
  reading.errors.push(...values.errors);
  return [];
}

function listOf({ at, errors }: Reading, value: unknown, path: Path): readonly unknown[] {
  if (Array.isArray(value) && value.length > 0) return value;
  const found = Array.isArray(value) ? "an empty list" : describe(value);
  errors.push(fail("EXP-1", at(path), `${found} where a list is expected`, "write [first, second]"));
  return [];
}

function refuseUnknown({ at, errors }: Reading, given: Readonly<Record<string, unknown>>, path: Path, known: readonly string[]): void {
  for (const key of Object.keys(given).filter((name) => !known.includes(name))) {
    const guess = nearest(key, known);
    const fix = guess ? `did you mean ${guess}?` : `use one of ${known.join(", ")}`;
    errors.push(fail("EXP-1", at([...path, key], "key"), `unknown key ${describe(key)}`, fix));
  }
}

/** As in a target file; plain where that is the same. */
const written = (value: unknown): string => (typeof value === "string" && /^[\w.+/-]+%?$/.test(value) ? value : JSON.stringify(value));

/** Every choice of one value per axis, the last axis changing fastest. */
function* combinations(axes: readonly Axis[]): Generator<readonly Value[]> {
  const [first, ...rest] = axes;
  if (first === undefined) {
    yield [];
    return;
  }
  for (const value of first.values) for (const others of combinations(rest)) yield [value, ...others];
}

/** An error that a setting caused, at the place of its value; one that the base has, at its own; of a preset, at its name. */
function placed({ code, where, message, fix }: Diagnostic, choice: readonly Value[], base: Base, at: (path: Path) => string): Diagnostic {
  const set = choice.find(({ setting }) => where === `--set ${setting}`);
  if (set !== undefined) {
    const goal = GOAL_SETTINGS.find((name) => set.setting.startsWith(`${name}=`));
    const better = code === "TGT-4" && goal !== undefined ? `as a setting of the goal it is ${GOAL}${goal}` : fix;
    return fail(code, `${at(set.at)} ${set.setting}`, message, better);
  }
  return base.preset ? fail(code, `${at(base.at)}: ${where}`, message, fix) : fail(code, where, message, fix);
}

const distinct = (list: readonly Diagnostic[]): readonly Diagnostic[] => [
  ...new Map(list.map((d) => [JSON.stringify([d.code, d.where, d.message]), d])).values(),
];

function refused(errors: readonly Diagnostic[]): Checked<never> {
  const [first, ...rest] = distinct(errors).slice(0, MOST_ERRORS);
  return bad(first!, ...rest);
}

/** `bases[1].axes."array.blocks"[2]` */
const show = (path: Path): string =>
  path
    .map((part, i) => (typeof part === "number" ? `[${part}]` : `${i === 0 ? "" : "."}${part.includes(".") ? JSON.stringify(part) : part}`))
    .join("");

const isMapping = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
