import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { documentOf, scratch, stowage } from "../cli/stowage.js";
import { root } from "../sources.js";

/** Damaged and malicious models, with a table in README.md that says what each must get. */
const folder = resolve(root, process.env.STOWAGE_HOSTILE ?? "../shared/hostile");
const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".onnx")) : [];
if (files.length === 0) console.warn(`skipped: no hostile models in ${folder}`);

const at = scratch();
const MEGABYTES = 512;

/** `accept`, `reject` or `either`, from the third column of the table; labels may be shortened and joined by a slash. */
function expected(file: string): "accept" | "reject" | "either" {
  const rows = existsSync(join(folder, "README.md")) ? readFileSync(join(folder, "README.md"), "utf8").split("\n") : [];
  const row = rows
    .map((line) => line.split("|").map((cell) => cell.trim()))
    .find(
      ([, label = "", , verdict]) =>
        verdict !== undefined && label.split(" / ").some((part) => part !== "" && (file === `${part}.onnx` || file.startsWith(`${part}_`))),
    );
  const verdict = row?.[3] ?? "";
  if (/may continue|\bor\b|reject\/ignore|as 08/.test(verdict)) return "either";
  return verdict.startsWith("accept") ? "accept" : verdict.startsWith("reject") ? "reject" : "either";
}

describe.skipIf(files.length === 0)("hostile models through the command line", () => {
  test.each(files)("%s", { timeout: 30_000 }, async (file) => {
    for (const args of [["inspect"], ["plan", "--target", "cosma", "--time", "2s", "--out", "plan.json"]]) {
      const [verb = "", ...options] = args;
      const ended = await stowage([verb, join(folder, file), ...options, "--json"], at());
      expect([0, 2, ...(verb === "plan" ? [3, 4] : [])], ended.stderr).toContain(ended.exit);
      const verdict = expected(file);
      if (verdict === "reject") expect(ended.exit).toBe(2);
      if (verdict === "accept") expect(ended.exit).not.toBe(2);

      const document = documentOf(ended);
      if (ended.exit === 2) {
        expect(document.schema).toBe("stowage/error/1");
        for (const error of document.errors) expect(error.where).toContain(file);
        expect(readdirSync(at())).toEqual([]); // nothing half-written
      }
      expect(ended.stderr).not.toMatch(/\n\s+at .*:\d+:\d+/); // no stack trace
      expect(ended.stderr).not.toMatch(/[^\n\P{Cc}]/u); // nothing that acts on a terminal
      expect(ended.peakKilobytes).toBeGreaterThan(0);
      expect(ended.peakKilobytes).toBeLessThan(MEGABYTES * 1024);
    }
  });
});
