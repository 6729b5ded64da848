import { expect, test } from "vitest";
import { sample } from "../../test/browser/sample.js";
import { synthetic } from "../../test/browser/synthetic.js";
import { csv, csvTables } from "./csv.js";
import { report } from "./report.js";
import { PLAN_TABLES } from "./table.js";

const hostile = ['=cmd|"/C calc"!A0', "+1", "-1", "@x", "\t=1", "a,b", 'say "hi"', "two\r\nlines", "plain"];

test("every table has one line per row, and the header's number of cells in each", () => {
  const made = report(sample({ steps: 20, names: hostile }));
  const rows = { ledger: made.ledger.length, residency: made.lives.length, steps: made.steps.length };
  for (const table of PLAN_TABLES) {
    const parsed = parse(csv(made, table)!);
    expect(parsed.length).toBe(rows[table] + 1);
    for (const line of parsed) expect(line.length).toBe(parsed[0]!.length);
  }
});

test("names survive quoting; those a spreadsheet would run get an apostrophe", () => {
  const made = report(sample({ steps: 20, names: hostile }));
  const [header, ...lines] = parse(csv(made, "steps")!);
  const names = lines.map((line) => line[header!.indexOf("operator")]);
  expect(names.slice(0, 9)).toEqual(['\'=cmd|"/C calc"!A0', "'+1", "'-1", "'@x", "'\t=1", "a,b", 'say "hi"', "two\r\nlines", "plain"]);
});

test("numbers stay numbers, also below zero", () => {
  const made = report(sample({ steps: 4 }));
  const outside = { ...made, ledger: [{ ...made.ledger[0]!, step: -1 }] };
  expect(csv(outside, "ledger")!.split("\r\n")[1]).toMatch(/^-1,/);
});

test("a family's table is there under its key, with steps by their names", () => {
  const made = synthetic();
  expect(csvTables(made)).toEqual([...PLAN_TABLES, "groups"]);
  const [header, first] = parse(csv(made, "groups")!);
  expect(header).toEqual(["group", "first", "offChipBytes", "share", "operators"]);
  expect(first).toEqual(["group 0", made.steps[0]!.name, "4096", "0", "1"]);
  expect(csv(made, "layers")).toBeUndefined();
});

/** RFC 4180 by its grammar. */
function parse(text: string): string[][] {
  const lines: string[][] = [];
  let line: string[] = [];
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/gy;
  for (let match = cell.exec(text); match; match = cell.exec(text)) {
    line.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? "");
    if (match[3] !== "\r\n") continue;
    lines.push(line);
    line = [];
  }
  return lines;
}
