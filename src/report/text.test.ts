import { expect, test } from "vitest";
import { sample } from "../../test/browser/sample.js";
import { synthetic } from "../../test/browser/synthetic.js";
import { report } from "./report.js";
import { text } from "./text.js";

test("names status, verdict, every headline figure with its floor, culprits and coverage", () => {
  const made = report(sample({ steps: 150 }));
  const shown = text(made);
  expect(shown).toContain("residual-sample on example-npu");
  expect(shown).toContain("feasible, verified by replay, 150 steps");
  for (const { label } of made.figures.filter((f) => f.key !== "nonCompulsoryBytes" && f.key !== "peakBytes"))
    expect(shown).toContain(label);
  expect(shown).toContain(made.tensors[made.culprits.tensors[0]!]!.name);
  expect(shown).toContain("98.7 % of the MACs");
  expect(shown).toContain("ONX-12");
});

test("fits a screen, names no number without a unit, ends lines without blanks", () => {
  const lines = text(report(sample({ steps: 150 }))).split("\n");
  expect(lines.length).toBeLessThanOrEqual(45);
  for (const line of lines) expect(line).toBe(line.trimEnd());
  for (const line of lines.slice(0, 16)) expect([...line].length).toBeLessThanOrEqual(100);
});

test("a style may wrap words but sees all of the plain text", () => {
  const made = report(sample({ steps: 30 }));
  const marked = text(made, (tone, words) => `<${tone}>${words}</>`);
  expect(marked.replaceAll(/<\w+>|<\/>/g, "")).toBe(text(made));
});

test("a family's figures and the first rows of its tables are there, and where to find the rest", () => {
  const shown = text(synthetic({ lanes: 12 }));
  expect(shown).toMatch(/^Throughput +246 frames\/s/m);
  expect(shown).toMatch(/^Groups: group +first step +off-chip +share +operators$/m);
  expect(shown).toMatch(/^ {2}group 1 +\/block0\/Conv_2 +8 KiB +5.3 % +2$/m);
  expect(shown).toContain("and 12 more; `stowage export --to csv --table groups`");
  expect(shown).toMatch(/Busy: .*, and 8 more$/m);
  expect(shown).toContain("Weight buffer at its peak");
});

test("no name can steer the terminal", () => {
  const shown = text(report(sample({ steps: 30, names: Array.from({ length: 60 }, (_, i) => `\u001b]0;x\u0007\u202e${i}`) })));
  expect(shown.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}]/u);
});
