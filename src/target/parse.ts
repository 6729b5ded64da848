import type { z } from "zod";
import { bad, type Checked, type Code, type Diagnostic, fail, good } from "../base/diagnostic.js";
import { nearest } from "../base/nearest.js";
import { familyOf, kinds, type Shape, shapeOf } from "./families.js";
import type { Target } from "./target.js";
import { describe } from "./units.js";
import { type Located, type Path, readYaml } from "./yaml.js";

/**
 * Reads an accelerator description.
 *
 * @param yaml the text of the file; every number carries its unit.
 * @param file name of the file: stands in every message, and without `.yaml` names the target when it has no `name`.
 * @returns the target with base units, or every error of the file with its line and column
 *   (TGT-1 ... TGT-10); warnings TGT-13 and TGT-14. Never throws.
 */
export const parseTarget = (yaml: string, file: string): Checked<Target> => applySettings(yaml, file, []);

/**
 * Reads an accelerator description with some of its values replaced, as `--set` does.
 *
 * @param settings each `key.path=value`, the value written as in the file: `memory.size=512KiB`,
 *   `weights=planned`, `memory.reserved=[{ start: 0B, size: 16KiB }]`. A later one wins over an earlier.
 * @returns as `parseTarget`; TGT-12 for a setting that is no assignment. `sources` says what was set.
 */
export function applySettings(yaml: string, file: string, settings: readonly string[]): Checked<Target> {
  const base = readYaml(yaml, file);
  if (!base.ok) return base;
  if (!isMapping(base.value.value)) {
    const found =
      base.value.value === null || base.value.value === undefined ? "the file is empty" : `the file is ${describe(base.value.value)}`;
    return bad(
      fail("TGT-2", `${file}:1:1`, `${found}; a target is a mapping of keys to values`, "start from a preset: stowage targets show NAME"),
    );
  }

  const read = settings.map(readSetting);
  const [first, ...rest] = read.flatMap((setting) => (setting.ok ? [] : setting.errors));
  if (first !== undefined) return bad(first, ...rest);
  const set = read.flatMap((setting) => (setting.ok ? [setting.value] : []));
  const value = set.reduce<unknown>((target, { path, value }) => replaceIn(target, path, value), base.value.value);

  return validate(value, { file, located: base.value, settings: set });
}

interface Setting {
  /** As the user wrote it. */
  readonly text: string;
  readonly path: readonly string[];
  readonly value: unknown;
}

/** Where the parts of a target come from. */
interface Origin {
  readonly file: string;
  readonly located: Located;
  readonly settings: readonly Setting[];
}

function validate(value: unknown, origin: Origin): Checked<Target> {
  const kind = kinds.find((candidate) => candidate === own(value, "kind"));
  if (kind === undefined) {
    const given = own(value, "kind");
    const guess = typeof given === "string" ? nearest(given, kinds) : undefined;
    const message = given === undefined ? "kind is missing" : `kind ${describe(given)} is unknown`;
    const fix = `${guess ? `did you mean ${guess}? ` : ""}set kind to one of ${kinds.join(", ")}`;
    return bad(fail("TGT-10", place(origin, ["kind"]), message, fix));
  }

  const family = familyOf(kind);
  const result = family.schema.safeParse(value);
  const shape = shapeOf(kind);
  if (!result.success) {
    const [first, ...rest] = result.error.issues.flatMap((issue) => explain(issue, value, shape, origin));
    if (first === undefined) throw new Error("a schema refused a target without naming an issue");
    return bad(first, ...rest);
  }

  const parsed = result.data;
  const foreign = Object.keys(parsed.sources).flatMap((key) => {
    const paths = keyPaths(shape);
    if (paths.includes(key)) return [];
    const guess = nearest(key, paths);
    const where = place(origin, ["sources", key], "key");
    return [
      fail(
        "TGT-14",
        where,
        `${describe(key)} is no key of a ${kind} target`,
        guess ? `did you mean ${guess}?` : "cite sources by key path",
      ),
    ];
  });
  const remarks = family.remarks(parsed).map(({ path, code, message, fix }) => fail(code, place(origin, path), message, fix));
  const sources = { ...parsed.sources, ...Object.fromEntries(origin.settings.map(({ path, text }) => [path.join("."), `set: ${text}`])) };
  return good(family.build(parsed, origin.file.replace(/^.*[/\\]/, "").replace(/\.ya?ml$/, ""), sources), [...foreign, ...remarks]);
}

/** One issue of the schema as diagnostics in our words, one for each key at fault. */
function explain(issue: z.core.$ZodIssue, value: unknown, shape: Shape, origin: Origin): readonly Diagnostic[] {
  const path = issue.path.map((part) => (typeof part === "symbol" ? String(part) : part));
  const here = shapeAt(shape, path);

  if (issue.code === "unrecognized_keys") {
    const names = Object.keys(here?.properties ?? {});
    return issue.keys.map((key) => {
      const guess = nearest(key, names);
      const fix = guess ? `did you mean ${show([...path, guess])}?` : `use one of ${names.join(", ")}`;
      return fail("TGT-4", place(origin, [...path, key], "key"), `unknown key ${describe(key)}`, fix);
    });
  }

  const found = path.reduce<unknown>(own, value);
  if (found === undefined || found === null) {
    return [fail("TGT-5", place(origin, path), `${show(path)} is missing`, `add it${hint(here)}`)];
  }
  if (issue.code === "custom") {
    const { code, fix } = issue.params as { readonly code: Code; readonly fix: string };
    return [fail(code, place(origin, path), issue.message, fix)];
  }
  const forms = formsOf(here);
  const guess = typeof found === "string" ? nearest(found, forms.flatMap(({ enum: allowed = [] }) => allowed).map(String)) : undefined;
  const expected = forms.flatMap((form) => wordsOf(form) ?? []).join(" or ") || "another type of value";
  return [
    fail(
      "TGT-6",
      place(origin, path),
      `${describe(found)} where ${expected} is expected`,
      guess ? `did you mean ${guess}?` : `write ${expected}${hint(here)}`,
    ),
  ];
}

/** The forms a value may take; one, unless the schema leaves a choice. */
const formsOf = (shape: Shape | undefined): readonly Shape[] =>
  shape === undefined ? [] : Array.isArray(shape.anyOf) ? (shape.anyOf as readonly Shape[]).flatMap(formsOf) : [shape];

/** What a value of this form is. */
function wordsOf(form: Shape): string | undefined {
  const { type, enum: allowed } = form;
  if (allowed !== undefined && allowed.length > 0) return `one of ${allowed.join(", ")}`;
  switch (type) {
    case "integer":
      return `a whole number${rangeOf(form)}`;
    case "number":
      return `a number${rangeOf(form)}`;
    case "array":
      return typeof form.minItems === "number" ? `a list of ${form.minItems} or more` : "a list";
    case "object":
      return "a mapping of keys to values";
    case "string":
      return "text";
    case "boolean":
      return "true or false";
    default:
      return undefined;
  }
}

/** ` from 1 to 4096`; a limit that only says what numbers can be counted is left out. */
function rangeOf({ minimum, exclusiveMinimum, maximum }: Shape): string {
  const limit = (n: unknown): n is number => typeof n === "number" && Math.abs(n) < Number.MAX_SAFE_INTEGER;
  if (limit(minimum)) return limit(maximum) ? ` from ${minimum} to ${maximum}` : ` of at least ${minimum}`;
  const above = limit(exclusiveMinimum) ? ` above ${exclusiveMinimum}` : "";
  return limit(maximum) ? `${above} up to ${maximum}` : above;
}

/** An example of a missing value, taken from the schema. */
function hint(shape: Shape | undefined): string {
  if (shape?.examples?.[0] !== undefined) return `, for instance ${String(shape.examples[0])}`;
  if (shape?.required !== undefined) return ` with ${shape.required.join(", ")}`;
  return "";
}

/** `memory.reserved[1].start` */
const show = (path: Path): string => path.map((part, i) => (typeof part === "number" ? `[${part}]` : i === 0 ? part : `.${part}`)).join("");

/** `target.yaml:6:5 memory.size`, or the setting that gave the value. */
function place({ file, located, settings }: Origin, path: Path, part: "key" | "value" = "value"): string {
  const absent = path.reduce<unknown>(own, located.value) === undefined;
  const setting = settings.findLast(
    (candidate) =>
      candidate.path.every((key, i) => key === path[i]) || (absent && path.length > 0 && path.every((key, i) => key === candidate.path[i])),
  );
  if (setting !== undefined) return `--set ${setting.text}`;
  return `${file}:${located.locate(path, part)} ${show(path)}`.trimEnd();
}

function readSetting(text: string): Checked<Setting> {
  const where = `--set ${text.length > 80 ? `${text.slice(0, 80)}...` : text}`;
  const [, key, written] = /^\s*([^=\s]+)\s*=(.*)$/s.exec(text) ?? [];
  if (key === undefined || written === undefined) {
    return bad(fail("TGT-12", where, "not of the form key=value", "write for instance memory.size=512KiB"));
  }
  const value = readYaml(written, where);
  if (!value.ok) {
    const [{ message }] = value.errors;
    return bad(fail("TGT-12", where, `${describe(written)} is no value: ${message}`, "write the value as in a target file"));
  }
  return good({ text, path: key.split("."), value: value.value.value });
}

/** `base` with the value at `path` replaced; mappings on the way are made where absent. */
function replaceIn(base: unknown, [key, ...rest]: readonly string[], value: unknown): unknown {
  if (key === undefined) return value;
  const others = isMapping(base) ? Object.entries(base).filter(([name]) => name !== key) : [];
  // `fromEntries` defines properties, so that a key named `__proto__` is one like any other.
  return Object.fromEntries([...others, [key, replaceIn(own(base, key), rest, value)]]);
}

const isMapping = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const own = (value: unknown, key: string | number): unknown =>
  typeof value === "object" && value !== null && Object.hasOwn(value, key) ? (value as Readonly<Record<string, unknown>>)[key] : undefined;

const shapeAt = (shape: Shape, path: Path): Shape | undefined =>
  path.reduce<Shape | undefined>(
    (at, part) => (typeof part === "number" ? at?.items : own(at?.properties, part)) as Shape | undefined,
    shape,
  );

/** Every key path of a kind of target. */
function keyPaths({ properties = {} }: Shape): readonly string[] {
  return Object.entries(properties).flatMap(([key, inner]) => [key, ...keyPaths(inner).map((path) => `${key}.${path}`)]);
}
