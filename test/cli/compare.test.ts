import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { codesOf, documentOf, scratch, stowage } from "./stowage.js";

const at = scratch();
const compare = (...args: readonly string[]) => stowage(["compare", ...args, "--nodes", "2000"], at());

test("every family side by side, each as `plan` has it; the report is a page or JSON", async () => {
  const ended = await compare(
    "resnet8",
    ...["--target", "ethos-u65-256-like", "--target", "vwa", "--set", "array.blocks=4"],
    ...["--target", "zcu102", "--set", "precision.weight=8", "--set", "precision.activation=8"],
    ...["--target", "reram-ou", "--weights", "random:1", "--out", "out.json", "--report", "out.html", "--json"],
  );
  expect(ended.exit).toBe(0);
  const told = documentOf(ended);
  expect(told).toMatchObject({ schema: "stowage/compare/1", model: "resnet8" });
  expect(told.targets.map(({ kind }: { kind: string }) => kind)).toEqual(["scratchpad", "fusion", "pipeline", "crossbar"]);
  for (const { status, metrics, objective } of told.targets) {
    expect(["optimal", "feasible"]).toContain(status);
    expect(objective.bound).toBeLessThanOrEqual(objective.value);
    for (const key of ["latencySeconds", "inferencesPerSecond"]) expect(metrics[key]).toBeGreaterThan(0);
  }
  expect(told.targets.map(({ metrics }: { metrics: Record<string, unknown> }) => metrics.energyPicojoules === null)).toEqual([
    false,
    false,
    true,
    false,
  ]);
  const { metrics } = documentOf(
    await stowage(["plan", "resnet8", "--target", "vwa", "--set", "array.blocks=4", "--nodes", "2000", "--json"]),
  );
  expect(told.targets[1].metrics).toMatchObject({ latencySeconds: metrics.latencySeconds, offChipBytes: metrics.offChipBytes });
  expect(JSON.parse(readFileSync(at("out.json"), "utf8"))).toEqual(told);
  expect(readFileSync(at("out.html"), "utf8")).toContain("<!doctype html>");
});

test("a target without a plan stays, with its reason; the objective is each family's own where it does not serve another", async () => {
  const ended = await compare(
    "resnet8",
    "--target",
    "vwa",
    "--target",
    "reram-ou",
    "--objective",
    "energy",
    "--out",
    "page.html",
    "--json",
  );
  expect(ended.exit).toBe(0);
  expect(documentOf(ended).targets).toMatchObject([
    { status: "feasible", objective: { name: "energyPicojoules" } },
    { status: "failed", reason: { code: "ONX-21" }, metrics: { latencySeconds: null } },
  ]);
  expect(readFileSync(at("page.html"), "utf8")).toContain("<!doctype html>");
});

test("no plan anywhere: why, and exit 3 where it is proven for all", async () => {
  const ended = await compare("resnet8", "--target", "vwa", "--set", "buffers={ arrangement: unified, size: 64B }", "--json");
  expect({ exit: ended.exit, codes: codesOf(ended) }).toEqual({ exit: 3, codes: ["FUS-20"] });
});

test("one reason of all targets stands alone: a file that is no model", async () => {
  writeFileSync(at("table.csv"), "id,lower,upper,size\n");
  const targets = ["--target", "vwa", "--target", "cosma"];
  const ended = await stowage(["compare", "table.csv", ...targets, "--nodes", "2000"], at());
  expect({ exit: ended.exit, codes: codesOf(ended) }).toEqual({ exit: 2, codes: ["ONX-1"] });
});

test("wrong targets are all told before anything is planned; settings follow their target", async () => {
  const ended = await compare("resnet8", "--target", "vwaa", "--target", "vwa", "--set", "array.block=4", "--json");
  expect(ended.exit).toBe(2);
  expect(codesOf(ended).length).toBe(2);
  expect((await compare("resnet8", "--set", "array.blocks=4", "--target", "vwa")).exit).toBe(1);
  expect((await compare("resnet8")).exit).toBe(1);
});
