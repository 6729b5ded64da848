import { readFileSync, writeFileSync } from "node:fs";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import type { CodeTable } from "../src/base/diagnostic.js";
import { root, sourcesIn, walk } from "./sources.js";

/** In the order of docs/errors.md. */
const FAMILIES: Readonly<Record<string, string>> = {
  ONX: "Models",
  TGT: "Targets",
  SPM: "Scratchpad plans",
  FUS: "Fusion plans",
  PIP: "Pipeline plans",
  XBR: "Crossbar plans",
  ALC: "Buffer allocation",
  EXP: "Exploring hardware",
  CLI: "Command line and files",
};
const CODE = /^([A-Z]{3})-(\d+)$/;

const sources = sourcesIn("src").filter(({ path }) => !path.endsWith(".test.ts") && !path.endsWith(".generated.ts"));
const isTable = (path: string) => path.endsWith("/codes.ts");

/** Every table of codes: the file that holds it and its entries. */
const tables = await Promise.all(
  sources
    .filter(({ path }) => isTable(path))
    .map(async ({ path }) => {
      const exported: Readonly<Record<string, CodeTable>> = await import(`${root}${path}`);
      return { path, entries: Object.values(exported).flatMap((table) => Object.entries(table)) };
    }),
);
const listed = tables.flatMap(({ entries }) => entries);

describe("error codes", () => {
  test("each stands in one table only, with a family, a meaning and a fix", () => {
    expect(listed.map(([code]) => code)).toEqual([...new Set(listed.map(([code]) => code))]);
    for (const [code, { means, fix }] of listed) {
      expect(Object.keys(FAMILIES), code).toContain(CODE.exec(code)?.[1]);
      expect(means, code).toMatch(/\S/);
      expect(fix, code).toMatch(/\S/);
    }
  });

  test("each that is raised is listed, and each that is listed is raised", () => {
    const raised = new Set<string>();
    for (const { tree } of sources.filter(({ path }) => !isTable(path))) {
      walk(tree, (node) => {
        if (ts.isStringLiteralLike(node) && CODE.test(node.text)) raised.add(node.text);
      });
    }
    expect([...raised].sort(inOrder)).toEqual(listed.map(([code]) => code).sort(inOrder));
  });

  test("docs/errors.md lists them all; UPDATE=1 writes it", () => {
    const file = `${root}docs/errors.md`;
    if (process.env.UPDATE === "1") writeFileSync(file, document());
    expect(readFileSync(file, "utf8")).toBe(document());
  });
});

function inOrder(a: string, b: string): number {
  const [, family = "", number = ""] = CODE.exec(a) ?? [];
  const [, otherFamily = "", otherNumber = ""] = CODE.exec(b) ?? [];
  const families = Object.keys(FAMILIES);
  return families.indexOf(family) - families.indexOf(otherFamily) || Number(number) - Number(otherNumber);
}

function document(): string {
  const cell = (text: string) => text.replaceAll("|", "\\|");
  const sections = Object.entries(FAMILIES).flatMap(([family, title]) => {
    const rows = listed.filter(([code]) => code.startsWith(`${family}-`)).sort(([a], [b]) => inOrder(a, b));
    if (rows.length === 0) return [];
    const lines = rows.map(([code, { means, fix }]) => `| \`${code}\` | ${cell(means)} | ${cell(fix)} |`);
    return [`## ${title}\n\n| code | what it means | what to do |\n|---|---|---|\n${lines.join("\n")}\n`];
  });
  return `# Error codes

Every message carries a code that never changes its meaning, says what is wrong with both numbers and
their units, where, and what to try next. This page is made from the \`codes.ts\` files in \`src\`:
\`UPDATE=1 npx vitest run test/errors.test.ts\` writes it, and the tests fail when it is out of date.

${sections.join("\n")}`;
}
