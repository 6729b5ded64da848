import { bad, type Checked, type Diagnostic, fail, good } from "../../../base/diagnostic.js";
import type { Interval } from "../../../base/interval.js";
import { bytes } from "../../../base/units.js";
import type { AllocBuffer } from "./buffers.js";

const MOST_CHARACTERS = 16 * 1024 * 1024;
const MOST_BUFFERS = 100_000;
const MOST_GAPS = 1_000;
/** Diagnostics beyond this are counted, not listed. */
const MOST_LISTED = 100;
/** Sizes may still be added up over all buffers without rounding: about 90 GB each. */
const LARGEST_SIZE = Math.floor(Number.MAX_SAFE_INTEGER / MOST_BUFFERS);
const LATEST_TIME = Number.MAX_SAFE_INTEGER - 1;

const REQUIRED = ["id", "lower", "upper", "size"] as const;
const OPTIONAL = ["alignment", "offset", "gaps"] as const;
type Column = (typeof REQUIRED)[number] | (typeof OPTIONAL)[number];

/** Other spellings that MiniMalloc reads. A column `end` is closed: the last time alive. */
const ALIASES: ReadonlyMap<string, Column> = new Map<string, Column>([
  ...[...REQUIRED, ...OPTIONAL].map((name): [string, Column] => [name, name]),
  ["buffer", "id"],
  ["buffer_id", "id"],
  ["begin", "lower"],
  ["start", "lower"],
  ["end", "upper"],
]);

/**
 * Reads a buffer file in MiniMalloc's form: a header `id,lower,upper,size[,alignment][,offset][,gaps]` in any order of
 * columns, then one buffer per row. No quoting; blank lines, CRLF and a byte order mark are fine. Half-open lifetimes;
 * gaps are `lower-upper` separated by spaces; an offset may be empty.
 *
 * @param name of the file, for `where`.
 * @returns the buffers in file order, or every error with its line (ALC-1 to ALC-7, ALC-10). Warnings: ALC-8, 9, 11.
 */
export function parseBuffers(csv: string, name: string): Checked<readonly AllocBuffer[]> {
  if (csv.length > MOST_CHARACTERS)
    return bad(fail("ALC-7", name, `${csv.length} characters, more than ${MOST_CHARACTERS}`, "split the file"));
  const lines: { readonly text: string; readonly where: string }[] = [];
  for (const [i, line] of csv
    .replace(/^\uFEFF/, "")
    .split("\n")
    .entries()) {
    const text = line.trim();
    if (text !== "") lines.push({ text, where: `${name}:${i + 1}` });
    if (lines.length > MOST_BUFFERS + 1) return bad(fail("ALC-7", name, `more than ${MOST_BUFFERS} buffers`, "split the file"));
  }
  const [top, ...rows] = lines;
  if (top === undefined || rows.length === 0)
    return bad(
      fail(
        "ALC-7",
        name,
        `${lines.length} lines that are not blank: a header and at least one buffer are needed`,
        "write a header id,lower,upper,size and one row per buffer",
      ),
    );

  const header = parseHeader(top.text, top.where);
  if (!header.ok) return header;
  const errors: Diagnostic[] = [];
  const warnings: Diagnostic[] = [...header.warnings];
  const buffers: AllocBuffer[] = [];
  const lineOf = new Map<string, string>();
  for (const { text, where } of rows) {
    const row = parseRow(text, where, header.value);
    if (!row.ok) {
      errors.push(...row.errors);
      continue;
    }
    const buffer = row.value;
    buffers.push(buffer);
    warnings.push(...row.warnings);
    const earlier = lineOf.get(buffer.id);
    if (earlier === undefined) lineOf.set(buffer.id, where);
    else warnings.push(fail("ALC-9", where, `id "${buffer.id}" stands at ${earlier} too`, "give each buffer its own id"));
  }
  const [first, ...rest] = listed(errors, name);
  return first === undefined ? good(buffers, listed(warnings, name)) : bad(first, ...rest);
}

interface Header {
  readonly fields: number;
  readonly at: ReadonlyMap<Column, number>;
  /** Added to upper times: 1 where the file's column is the last time alive. */
  readonly closed: 0 | 1;
}

function parseHeader(text: string, where: string): Checked<Header> {
  const names = text.split(",").map((field) => field.trim().toLowerCase());
  const at = new Map<Column, number>();
  const errors: Diagnostic[] = [];
  const warnings: Diagnostic[] = [];
  names.forEach((spelt, i) => {
    const column = ALIASES.get(spelt);
    if (column === undefined)
      warnings.push(fail("ALC-8", where, `column "${short(spelt)}" is ignored`, `known columns: ${[...REQUIRED, ...OPTIONAL].join(", ")}`));
    else if (at.has(column))
      errors.push(fail("ALC-1", where, `column ${column} stands in fields ${at.get(column)! + 1} and ${i + 1}`, "keep one of them"));
    else at.set(column, i);
  });
  for (const column of REQUIRED)
    if (!at.has(column))
      errors.push(
        fail(
          "ALC-1",
          where,
          `no column "${column}" among ${names.length}: ${short(names.join(", "))}`,
          "start the file with id,lower,upper,size",
        ),
      );
  const [first, ...rest] = errors;
  if (first !== undefined) return bad(first, ...rest);
  return good({ fields: names.length, at, closed: names[at.get("upper")!] === "end" ? 1 : 0 }, warnings);
}

function parseRow(text: string, where: string, { fields, at, closed }: Header): Checked<AllocBuffer> {
  const cells = text.split(",").map((field) => field.trim());
  if (cells.length !== fields)
    return bad(
      fail("ALC-2", where, `${cells.length} fields where the header has ${fields}`, "give every column a value; ids cannot contain commas"),
    );
  const errors: Diagnostic[] = [];
  const cell = (column: Column) => cells[at.get(column) ?? -1] ?? "";
  const whole = (column: Column, least: number, most: number): number => {
    const value = wholeNumber(cell(column), least, most);
    if (value === undefined)
      errors.push(
        fail(
          "ALC-3",
          where,
          `${column} "${short(cell(column))}" is not a whole number from ${least} to ${most}`,
          "write plain digits, bytes or times, without a unit",
        ),
      );
    return value ?? least;
  };
  const id = cell("id");
  const start = whole("lower", 0, LATEST_TIME);
  const end = whole("upper", 0, LATEST_TIME) + closed;
  const size = whole("size", 0, LARGEST_SIZE);
  const alignment = cell("alignment") === "" ? 1 : whole("alignment", 1, LARGEST_SIZE);
  const offset = cell("offset") === "" ? undefined : whole("offset", 0, LARGEST_SIZE);
  if (errors.length === 0 && end < start)
    errors.push(fail("ALC-4", where, `buffer "${id}" lives from ${start} to ${end}`, "lower must not be above upper"));
  const gaps = parseGaps(cell("gaps"), where, { start, end }, closed, errors);
  if (offset !== undefined && offset % alignment !== 0)
    errors.push(
      fail(
        "ALC-10",
        where,
        `offset ${offset} B is not a multiple of the alignment ${alignment} B`,
        "change one of them or leave the offset empty",
      ),
    );
  const [first, ...rest] = errors;
  if (first !== undefined) return bad(first, ...rest);
  const idle = size === 0 || start === end;
  return good(
    {
      id,
      size: bytes(size),
      alignment: bytes(alignment),
      lifetime: { start, end },
      gaps,
      ...(offset === undefined ? {} : { offset: bytes(offset) }),
    },
    idle
      ? [
          fail(
            "ALC-11",
            where,
            `buffer "${id}" of ${size} B alive for ${end - start} needs no room`,
            "check the row if it was meant to count",
          ),
        ]
      : [],
  );
}

function parseGaps(text: string, where: string, life: Interval, closed: 0 | 1, errors: Diagnostic[]): readonly Interval[] {
  if (text === "") return [];
  const words = text.split(/\s+/);
  if (words.length > MOST_GAPS) {
    errors.push(fail("ALC-7", where, `${words.length} gaps, more than ${MOST_GAPS}`, "split the buffer"));
    return [];
  }
  const gaps: Interval[] = [];
  for (const word of words) {
    const [span = "", window] = word.split("@");
    if (window !== undefined)
      errors.push(
        fail("ALC-6", where, `gap "${short(word)}" keeps bytes ${short(window)} alive`, "leave out the window, or split the buffer in two"),
      );
    const ends = span.split("-").map((time) => wholeNumber(time, 0, LATEST_TIME));
    const [start, last] = ends;
    if (ends.length !== 2 || start === undefined || last === undefined) {
      errors.push(
        fail("ALC-5", where, `gap "${short(word)}" is not of the form lower-upper`, "write two whole numbers with a hyphen between"),
      );
      continue;
    }
    const end = last + closed;
    if (start >= end || start < life.start || end > life.end)
      errors.push(
        fail(
          "ALC-5",
          where,
          `gap ${start}-${end} is empty or not inside the lifetime ${life.start}-${life.end}`,
          "keep gaps within lower and upper",
        ),
      );
    else gaps.push({ start, end });
  }
  return joined(gaps);
}

/** Ascending, overlapping and touching gaps made one. */
function joined(gaps: readonly Interval[]): readonly Interval[] {
  const result: Interval[] = [];
  for (const gap of gaps.toSorted((a, b) => a.start - b.start)) {
    const last = result.at(-1);
    if (last !== undefined && gap.start <= last.end) result[result.length - 1] = { start: last.start, end: Math.max(last.end, gap.end) };
    else result.push(gap);
  }
  return result;
}

function wholeNumber(text: string, least: number, most: number): number | undefined {
  if (!/^\d{1,16}$/.test(text)) return undefined;
  const value = Number(text);
  return value >= least && value <= most ? value : undefined;
}

/** Enough of a foreign text to recognise it. */
const short = (text: string): string => (text.length > 60 ? `${text.slice(0, 60)}...` : text);

function listed(all: readonly Diagnostic[], name: string): readonly Diagnostic[] {
  const last = all[MOST_LISTED];
  if (last === undefined) return all;
  return [
    ...all.slice(0, MOST_LISTED),
    fail(last.code, name, `${all.length - MOST_LISTED} more like these are not listed`, "mend those above first"),
  ];
}
