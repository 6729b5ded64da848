import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { dominates } from "../../src/explore/front.js";
import { sha256 } from "../../src/node/files.js";
import { codesOf, documentOf, main, scratch, started, stowage } from "./stowage.js";

const at = scratch();

const SPACE = `
base: vwa
axes:
  array.blocks: [2, 8]
  buffers.size: { from: 16KiB, to: 64KiB, factor: 2 }
  offChip.bandwidth: [1GB/s, 4GB/s]
`;

const explore = (...more: readonly string[]) => {
  if (!existsSync(at("space.yaml"))) writeFileSync(at("space.yaml"), SPACE);
  return stowage(["explore", "resnet8", "--space", "space.yaml", ...more], at());
};
const text = (name: string) => readFileSync(at(name), "utf8");

/** Writes a front file as changed by `change`, its digest made to fit. */
function changed(name: string, change: (document: { points: { id: number }[] } & Record<string, unknown>) => void): void {
  const { sha256: _, ...document } = JSON.parse(text(name));
  change(document);
  writeFileSync(at(name), `${JSON.stringify({ sha256: sha256(JSON.stringify(document)), ...document })}\n`);
}

describe("a search of a space", () => {
  test("plans every point as `plan` would, and its front is what none of them dominates", async () => {
    const ended = await explore("--workers", "2", "--out", "front.json", "--report", "front.html", "--json");
    expect(ended.exit).toBe(0);
    const front = JSON.parse(text("front.json"));
    const told = documentOf(ended);
    expect(told).toMatchObject({ schema: "stowage/front/1", model: "resnet8", status: "complete", count: 12, front: front.front });
    expect(told.points.map(({ id }: { id: number }) => id).sort()).toEqual(front.front.toSorted());
    expect(text("front.html")).toContain("<!doctype html>");

    const planned: { id: number; vector: number[] }[] = [];
    for (const point of front.points) {
      const settings = point.settings.flatMap((setting: string) => ["--set", setting]);
      if (point.id % 5 === 0 && point.status === "planned") {
        const { metrics } = documentOf(await stowage(["plan", "resnet8", "--target", "vwa", ...settings, "--json"]));
        const { latencySeconds, energyPicojoules, latencyCycles, offChipBytes } = metrics;
        expect(point.metrics).toEqual({ latencySeconds, energyPicojoules, latencyCycles, offChipBytes });
      }
      if (point.status !== "planned") continue;
      const { latencySeconds, energyPicojoules } = point.metrics;
      const vector = [latencySeconds, energyPicojoules, point.areaSquareMillimetres, point.bandwidthBytesPerSecond];
      planned.push({ id: point.id, vector });
    }
    const expected = planned.filter(({ vector }) => !planned.some((other) => dominates(other.vector, vector)));
    expect(front.front.toSorted()).toEqual(expected.map(({ id }) => id).sort());
  });

  test("writes the same bytes for any number of workers, and where it goes on from a part", async () => {
    for (const workers of [1, 2]) await explore("--workers", String(workers), "--out", `${workers}.json`);
    expect(text("2.json")).toBe(text("1.json"));

    changed("2.json", (document) => {
      document.points = document.points.filter(({ id }) => id % 3 !== 1);
    });
    await explore("--workers", "2", "--out", "2.json");
    expect(text("2.json")).toBe(text("1.json"));
  });

  test("does not plan again what the file has", async () => {
    await explore("--out", "front.json");
    changed("front.json", (document) => {
      Object.assign(document.points[3]!, { status: "infeasible", reason: { code: "FUS-20", where: "w", message: "m", fix: "f" } });
    });
    const ended = await explore("--out", "front.json", "--json");
    expect(documentOf(ended).counts.infeasible).toBe(1);
    const fresh = await explore("--out", "front.json", "--fresh", "--json");
    expect(documentOf(fresh).counts.infeasible).toBe(0);
  });

  test("keeps what is done on Ctrl-C, and goes on from there", async () => {
    writeFileSync(at("space.yaml"), SPACE.replace("[2, 8]", "{ from: 1, to: 8, step: 1 }"));
    const { child, ended } = started([main, "explore", "resnet8", "--space", "space.yaml", "--workers", "1", "--out", "cut.json"], at());
    while (!existsSync(at("cut.json")) && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 20));
    await new Promise((resolve) => setTimeout(resolve, 400));
    child.kill("SIGINT");
    await ended;
    const cut = JSON.parse(text("cut.json"));
    expect(cut.status).toBe(cut.points.length === cut.count ? "complete" : "partial");
    await explore("--out", "cut.json");
    await explore("--out", "whole.json");
    expect(text("cut.json")).toBe(text("whole.json"));
  });
});

test("a damaged front file is refused, and one of something else: exit 2, the file as it was", async () => {
  await explore("--out", "front.json");
  const whole = text("front.json");
  const digit = whole.replace(/("latencyCycles":)(\d)/, (_, key, n) => `${key}${(Number(n) + 1) % 9 || 1}`);
  for (const [damage, code] of [
    [whole.slice(0, whole.length / 2), "EXP-4"],
    ["{}", "EXP-4"],
    [digit, "EXP-4"],
  ] as const) {
    writeFileSync(at("front.json"), damage);
    const ended = await explore("--out", "front.json", "--json");
    expect({ exit: ended.exit, codes: codesOf(ended) }).toEqual({ exit: 2, codes: [code] });
    expect(documentOf(ended)).toMatchObject({ schema: "stowage/error/1", errors: [{ code }] });
    expect(text("front.json")).toBe(damage);
  }
  writeFileSync(at("front.json"), whole);
  for (const args of [["resnet8", "--objective", "energy"], ["resnet8", "--seed", "2"], ["fsrcnn"]]) {
    const ended = await stowage(["explore", ...args, "--space", "space.yaml", "--out", "front.json"], at());
    expect({ exit: ended.exit, codes: codesOf(ended) }).toEqual({ exit: 2, codes: ["EXP-5"] });
  }
  expect(text("front.json")).toBe(whole);
});

test("errors of the space: exit 2, each with its line and column", async () => {
  writeFileSync(at("space.yaml"), "base: vwa\naxes:\n  buffers.size: [64KQ]\n  array.blocks: []\n");
  const ended = await explore("--json");
  expect({ exit: ended.exit, codes: codesOf(ended) }).toEqual({ exit: 2, codes: ["EXP-1"] });
  writeFileSync(at("space.yaml"), "base: vwa\naxes:\n  buffers.size: [64KQ]\n");
  expect((await explore()).stderr).toMatch(/^TGT-7 space\.yaml:3:18 /);
});

test("usage: a space is needed, counts are counts, outputs are no inputs", async () => {
  expect((await stowage(["explore", "resnet8", "--json"])).exit).toBe(1);
  expect((await explore("--workers", "0")).exit).toBe(1);
  expect((await explore("--epsilon", "2")).exit).toBe(1);
  const clash = await explore("--out", "space.yaml");
  expect({ exit: clash.exit, codes: codesOf(clash) }).toEqual({ exit: 2, codes: ["CLI-7"] });
});

test("no plan anywhere: exit 3 and why", async () => {
  writeFileSync(at("space.yaml"), "base: vwa\naxes:\n  buffers: [{ arrangement: unified, size: 64B }]\n");
  const ended = await explore("--out", "front.json", "--json");
  expect({ exit: ended.exit, codes: codesOf(ended) }).toEqual({ exit: 3, codes: ["EXP-20"] });
  expect(JSON.parse(text("front.json")).points).toMatchObject([{ status: "infeasible", reason: { code: "FUS-20" } }]);
});

test("scratchpads have a front, too", async () => {
  writeFileSync(at("space.yaml"), "base: ethos-u65-256-like\naxes:\n  memory.size: [96KiB, 256KiB]\n  offChip.bandwidth: [1GB/s, 2GB/s]\n");
  const ended = await explore("--json", "--objective", "latency");
  expect(ended.exit).toBe(0);
  expect(documentOf(ended)).toMatchObject({ status: "complete", counts: { planned: 4 } });
});

test("crossbars need weights: of the model, or random ones, which the front says", async () => {
  writeFileSync(at("space.yaml"), "base: reram-ou\naxes:\n  crossbars: [50%]\n  goal.objective: [latency, energy]\n");
  const explored = (...more: readonly string[]) => stowage(["explore", "dscnn", "--space", "space.yaml", "--json", ...more], at());
  const without = await explored();
  expect({ exit: without.exit, codes: codesOf(without) }).toEqual({ exit: 4, codes: ["EXP-20"] });
  expect(without.stderr).toContain("--weights random:1");
  const ended = await explored("--weights", "random:1");
  expect(ended.exit).toBe(0);
  const told = documentOf(ended);
  expect(told).toMatchObject({ counts: { planned: 2 }, planned: "latency, energy" });
  expect(told.objectives.map(({ key }: { key: string }) => key)).toEqual([
    "latencySeconds",
    "energyPicojoules",
    "maxCellWrites",
    "indexBits",
    "crossbars",
  ]);
  expect(told.assumptions.join(" ")).toContain("random");
});
