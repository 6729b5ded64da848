import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { codesOf, documentOf, scratch, stowage } from "./stowage.js";

const at = scratch();

/**
 * Three buffers that need 6 bytes: b beside a, then c beside b.
 *
 *   6 |    bbbb
 *   3 | aaaaccccc
 *     +----------> time
 */
const CSV = "id,lower,upper,size\na,0,4,3\nb,2,6,3\nc,4,9,3\n";

test("packs a file: the CSV with offsets goes to stdout, or to a file", async () => {
  writeFileSync(at("in.csv"), CSV);
  const shown = await stowage(["alloc", "in.csv", "--capacity", "6B"], at());
  expect(shown.exit).toBe(0);
  const rows = shown.stdout.trimEnd().split("\n");
  expect(rows[0]).toBe("id,lower,upper,size,offset");
  const [a, b, c] = rows.slice(1).map((row) => Number(row.split(",").at(-1)));
  expect(Math.abs(a! - b!)).toBeGreaterThanOrEqual(3);
  expect(Math.abs(b! - c!)).toBeGreaterThanOrEqual(3);
  expect(shown.stderr).toContain("verified");

  const kept = await stowage(["alloc", "in.csv", "--capacity", "6B", "--out", "out.csv", "--json"], at());
  expect(documentOf(kept)).toMatchObject({
    schema: "stowage/alloc/1",
    status: "optimal",
    verified: true,
    peakBytes: 6,
    boundBytes: 6,
    gap: 0,
  });
  expect(readFileSync(at("out.csv"), "utf8")).toBe(shown.stdout);
});

test("--minimize looks for the lowest peak", async () => {
  writeFileSync(at("in.csv"), CSV);
  const ended = await stowage(["alloc", "in.csv", "--capacity", "1MiB", "--minimize", "--json"], at());
  expect(documentOf(ended)).toMatchObject({ status: "optimal", peakBytes: 6, boundBytes: 6 });
});

test("what cannot fit: exit 3 with the reason, nothing written", async () => {
  writeFileSync(at("in.csv"), CSV);
  const ended = await stowage(["alloc", "in.csv", "--capacity", "5B", "--out", "out.csv", "--json"], at());
  expect({ exit: ended.exit, codes: codesOf(ended) }).toEqual({ exit: 3, codes: ["ALC-20"] });
  expect(documentOf(ended)).toMatchObject({
    schema: "stowage/alloc/1",
    status: "infeasible",
    verified: false,
    conflict: { figures: { neededBytes: 6 } },
  });
  expect(readdirSync(at())).toEqual(["in.csv"]);
});

test("a damaged file: exit 2, every error with its line", async () => {
  writeFileSync(at("in.csv"), "id,lower,upper,size\na,0,4,-3\nb,6,2,3\n");
  const ended = await stowage(["alloc", "in.csv", "--capacity", "1KiB", "--json"], at());
  expect({ exit: ended.exit, codes: codesOf(ended) }).toEqual({ exit: 2, codes: ["ALC-3", "ALC-4"] });
  expect(ended.stderr).toContain("in.csv:2");
  expect(ended.stderr).toContain("in.csv:3");
  expect(documentOf(ended).schema).toBe("stowage/error/1");
});

test("its input is never replaced", async () => {
  writeFileSync(at("in.csv"), CSV);
  const ended = await stowage(["alloc", "in.csv", "--capacity", "6B", "--out", "./in.csv"], at());
  expect({ exit: ended.exit, codes: codesOf(ended) }).toEqual({ exit: 2, codes: ["CLI-7"] });
  expect(readFileSync(at("in.csv"), "utf8")).toBe(CSV);
});
