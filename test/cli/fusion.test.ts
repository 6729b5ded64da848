import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { codesOf, documentOf, scratch, stowage } from "./stowage.js";

const at = scratch();
const PLAN = ["plan", "resnet8", "--target", "vwa"];
const written = (name: string) => JSON.parse(readFileSync(at(name), "utf8"));

describe("a fusion target", () => {
  test("plans, reports and goes round: verify accepts, export writes every form", async () => {
    const ended = await stowage([...PLAN, "--out", "plan.json", "--report", "r.html", "--trace", "t.json"], at());
    expect(ended.exit, ended.stderr).toBe(0);
    expect(ended.stdout).toContain("verified by replay");
    expect(ended.stdout).toMatch(/^ {2}layer by layer .*\n {2}fused .*\n {2}floor of every plan /m);

    const { problem, plan, replay, ...rest } = written("plan.json");
    expect(rest).toMatchObject({
      schema: "stowage/plan/1",
      kind: "fusion",
      target: "vwa",
      verified: true,
      objective: { name: "balanced", scope: "all groupings" },
    });
    expect(problem.modes).not.toContain("nonOverlapped");
    const { layerByLayer, fused, reduction, groups, hardware } = rest.metrics;
    for (const key of ["offChipBytes", "latencyCycles", "energyPicojoules"]) {
      expect(fused[key]).toBe(rest.metrics[key]);
      expect(reduction[key]).toBeCloseTo(1 - fused[key] / layerByLayer[key], 12);
    }
    expect(groups.length).toBe(plan.groups.length);
    expect(hardware).toMatchObject({ array: { template: "vwa" }, clockHertz: 5e8 });
    expect(fused.offChipBytes).toBe(replay.ledger.reduce((sum: number, row: { size: number }) => sum + row.size, 0));

    const verified = await stowage(["verify", "plan.json", "--json"], at());
    expect(verified.exit, verified.stderr).toBe(0);
    expect(documentOf(verified)).toMatchObject({ verified: true, metrics: rest.metrics });

    const csv = await stowage(["export", "plan.json", "--to", "csv", "--table", "groups"], at());
    expect(csv.stdout.trimEnd().split("\r\n").length).toBe(groups.length + 1);
    for (const to of ["html", "trace"]) {
      const out = await stowage(["export", "plan.json", "--to", to, "--out", `again.${to}`], at());
      expect(out.exit, out.stderr).toBe(0);
    }
    expect(readFileSync(at("again.html"), "utf8")).toBe(readFileSync(at("r.html"), "utf8"));
    expect(readFileSync(at("again.trace"), "utf8")).toBe(readFileSync(at("t.json"), "utf8"));
  });

  test("--objective: each in its own figure; another one is bad input that names them all", async () => {
    for (const [objective, name] of [
      ["traffic", "offChipBytes"],
      ["latency", "latencyCycles"],
      ["energy", "energyPicojoules"],
    ] as const) {
      const document = documentOf(await stowage([...PLAN, "--objective", objective, "--json"]));
      expect(document.objective).toMatchObject({ name, value: document.metrics[name] });
      expect(document.objective.bound).toBeLessThanOrEqual(document.objective.value);
    }
    const refused = await stowage([...PLAN, "--objective", "throughput"]);
    expect([refused.exit, codesOf(refused)]).toEqual([2, ["FUS-22"]]);
    expect(refused.stderr).toContain("balanced, traffic, latency, energy");
  });

  test("modes that change results are used only where asked for, and never silently", async () => {
    const any = await stowage([...PLAN, "--overlap", "any", "--json", "--out", "plan.json"], at());
    expect(any.exit).toBe(0);
    expect(codesOf(any)).toEqual(["FUS-23"]);
    expect(documentOf(any).warnings).toMatchObject([{ code: "FUS-23" }]);
    expect(written("plan.json").problem.modes).toContain("nonOverlapped");
  });

  test("a buffer too small for any tile: exit 3, the layer and both figures, no report", async () => {
    const tiny = ["--set", "buffers.size=64B", "--set", "buffers.staging=16B"];
    const ended = await stowage([...PLAN, ...tiny, "--json", "--out", "plan.json", "--report", "r.html"], at());
    expect([ended.exit, codesOf(ended)]).toEqual([3, ["FUS-20"]]);
    const { status, verified, conflict } = documentOf(ended);
    expect({ status, verified }).toEqual({ status: "infeasible", verified: false });
    expect(conflict.figures.availableBytes).toBe(64);
    expect(conflict.figures.neededBytes).toBeGreaterThan(64);
    expect(readdirSync(at())).toEqual(["plan.json"]);
  });

  test.each([
    ["a key that is no key", ["--set", "buffer.size=1KiB"], "TGT-4"],
    ["values that contradict each other", ["--set", "buffers.size=4KiB"], "TGT-9"],
    ["a template that is none", ["--set", "array.template=torus"], "TGT-6"],
    ["a key of another template", ["--set", "array.dataflow=weight-stationary"], "TGT-4"],
    ["a solver of another family", ["--solver", "ilp"], "CLI-24"],
  ])("bad input: %s", async (_what, options, code) => {
    const ended = await stowage([...PLAN, ...options, "--json"]);
    expect([ended.exit, [...new Set(codesOf(ended))]]).toEqual([2, [code]]);
  });

  test("a plan file that was changed is refused with what is wrong", async () => {
    await stowage([...PLAN, "--out", "plan.json"], at());
    const plan = readFileSync(at("plan.json"), "utf8");
    const changes: readonly [string, number, string, (document: ReturnType<typeof written>) => void][] = [
      ["a figure", 5, "CLI-22", (d) => d.metrics.fused.offChipBytes--],
      ["the layer-by-layer figures", 5, "CLI-22", (d) => d.replay.baseline.totals.latency++],
      ["a layer left out", 5, "FUS-2", (d) => d.plan.groups.pop()],
      ["a smaller buffer", 5, "FUS-6", (d) => Object.assign(d.problem.machine.buffers, { size: 9000 })],
      ["a claim", 5, "FUS-12", (d) => d.plan.claims.offChip++],
      ["a group that is none", 5, "FUS-1", (d) => Object.assign(d.plan, { groups: [{}] })],
      ["a layer that reads what is not there", 2, "FUS-1", (d) => Object.assign(d.problem.layers[0].reads[0], { map: 99999 })],
      ["no problem", 2, "FUS-1", (d) => Object.assign(d, { problem: {} })],
    ];
    for (const [what, exit, code, change] of changes) {
      const document = JSON.parse(plan);
      change(document);
      writeFileSync(at("changed.json"), JSON.stringify(document));
      const ended = await stowage(["verify", "changed.json", "--json"], at());
      expect(ended.exit, what).toBe(exit);
      expect(codesOf(ended), what).toContain(code);
    }
  });

  test("targets: listed by kind, shown as a file that check accepts", async () => {
    const { targets } = documentOf(await stowage(["targets", "list", "--json"]));
    const names = targets.filter(({ kind }: { kind: string }) => kind === "fusion").map(({ name }: { name: string }) => name);
    expect(names).toEqual(expect.arrayContaining(["vwa"]));
    for (const name of names) {
      writeFileSync(at("mine.yaml"), (await stowage(["targets", "show", name])).stdout);
      const checked = await stowage(["targets", "check", "mine.yaml", "--json"], at());
      expect(checked.exit, checked.stderr).toBe(0);
      expect(documentOf(checked)).toMatchObject({ kind: "fusion" });
    }
  });
});
