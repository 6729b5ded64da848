import { isAlias, LineCounter, parseDocument, visit } from "yaml";
import { bad, type Checked, type Diagnostic, fail, good } from "../base/diagnostic.js";

/** Keys and indices that lead from the root to a value. */
export type Path = readonly (string | number)[];

/** A plain value read from YAML, and where in the text each part of it stands. */
export interface Located {
  readonly value: unknown;
  /** `line:column` of the value at `path`, of its key with `part` "key"; of the nearest ancestor present when it is absent. */
  readonly locate: (path: Path, part: "key" | "value") => string;
  /** The text with all but the value at `path` blanked, so that what is left stands where it stood; empty where there is none. */
  readonly excerpt: (path: Path) => string;
}

/** More than any accelerator needs; the parser needs memory that grows faster than the nesting. */
const MOST_CHARACTERS = 64 * 1024;
const MOST_NESTING = 32;

/**
 * Reads one plain YAML document: mappings, sequences and scalars, no aliases. Hostile text is refused
 * before the parser sees it.
 *
 * @param name what messages call the text, e.g. the file's name.
 * @returns the value, or every error: TGT-1 syntax, TGT-3 limits and aliases.
 */
export function readYaml(text: string, name: string): Checked<Located> {
  const limit = beyondLimits(text);
  if (limit !== undefined) return bad(fail("TGT-3", name, limit, "write the target out plainly; presets show how little is needed"));

  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true });
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${line}:${col}`;
  };
  const errors: Diagnostic[] = [...document.errors, ...document.warnings].map(({ code, message, pos }) => {
    const [says, fix] = SYNTAX[code] ?? [message, "correct the YAML at this place"];
    return fail("TGT-1", `${name}:${at(pos[0])}`, says, fix);
  });
  visit(document, {
    Alias: (_, alias) => {
      errors.push(
        fail("TGT-3", `${name}:${at(alias.range?.[0] ?? 0)}`, `alias *${alias.source}`, "write the value out; targets use no aliases"),
      );
    },
  });
  const [first, ...rest] = errors;
  if (first !== undefined) return bad(first, ...rest);

  return good({
    value: document.toJS(),
    locate: (path, part) => {
      for (let length = path.length; length >= 0; length--) {
        const sought = path.slice(0, length);
        const offset = part === "key" ? keyOffset(document, sought) : valueOffset(document, sought);
        if (offset !== undefined) return at(offset);
      }
      return "1:1";
    },
    excerpt: (path) => {
      const [start = 0, end = 0] = rangeOf(document, path) ?? [];
      return text.slice(0, start).replace(/[^\n]/g, " ") + text.slice(start, end);
    },
  });
}

/** The parser's most frequent errors in our words: what is wrong and what to do. */
const SYNTAX: Readonly<Record<string, readonly [string, string]>> = {
  DUPLICATE_KEY: ["this key was given before", "keep one of the two"],
  TAB_AS_INDENT: ["a tab indents this line", "indent with spaces"],
  MULTIPLE_DOCS: ["a second document starts here", "keep one target per file"],
  NON_STRING_KEY: ["this key is not a plain word", "use the names of the target's keys"],
};

function beyondLimits(text: string): string | undefined {
  if (text.length > MOST_CHARACTERS) return `${text.length} characters, more than ${MOST_CHARACTERS}`;
  let open = 0;
  let indents: number[] = [];
  for (const line of text.split("\n")) {
    const start = line.search(/[^ ]/);
    if (start >= 0) {
      indents = [...indents.filter((indent) => indent < start), start];
      // `- - ? -` opens a level with every mark.
      const marks = /^(?:[-?:]\s+)+/.exec(line.slice(start))?.[0].replace(/\s/g, "").length ?? 0;
      for (const letter of line) {
        if (letter === "[" || letter === "{") open++;
        else if (letter === "]" || letter === "}") open = Math.max(0, open - 1);
        if (open + indents.length + marks > MOST_NESTING) return `nested deeper than ${MOST_NESTING} levels`;
      }
    }
  }
  return undefined;
}

type Document = ReturnType<typeof parseDocument>;

const valueOffset = (document: Document, path: Path): number | undefined => rangeOf(document, path)?.[0];

function rangeOf(document: Document, path: Path): readonly number[] | undefined {
  const node = document.getIn(path, true) as { readonly range?: readonly number[] | null } | undefined;
  return isAlias(node) ? undefined : (node?.range ?? undefined);
}

function keyOffset(document: Document, path: Path): number | undefined {
  const map = document.getIn(path.slice(0, -1), true) as { readonly items?: readonly unknown[] } | undefined;
  for (const pair of map?.items ?? []) {
    const key = (pair as { readonly key?: { readonly value?: unknown; readonly range?: readonly number[] } }).key;
    if (key?.value === path.at(-1)) return key?.range?.[0];
  }
  return undefined;
}
