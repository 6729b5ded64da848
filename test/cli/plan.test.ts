import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { network } from "../../src/onnx/build.js";
import { codesOf, documentOf, scratch, stowage } from "./stowage.js";

const at = scratch();
const PLAN = ["plan", "resnet8", "--target", "cosma", "--set", "weights=planned"];
const written = (name: string) => JSON.parse(readFileSync(at(name), "utf8"));

describe("plan", () => {
  test("prints a verified plan and writes what it is asked for, whole", async () => {
    const ended = await stowage([...PLAN, "--out", "plan.json", "--report", "report.html", "--trace", "trace.json"], at());
    expect(ended.exit).toBe(0);
    expect(ended.stdout).toContain("verified");
    expect(readdirSync(at()).sort()).toEqual(["plan.json", "report.html", "trace.json"]);

    const { problem, plan, replay, ...rest } = written("plan.json");
    expect(Object.keys({ ...rest, problem, plan, replay }).sort()).toEqual(
      "schema kind model target status objective metrics verified seconds coverage warnings problem plan replay manifest".split(" ").sort(),
    );
    const { objective, metrics } = rest;
    expect(rest).toMatchObject({ schema: "stowage/plan/1", kind: "scratchpad", verified: true, model: "resnet8", target: "cosma" });
    expect(objective.gap).toBe((objective.value - objective.bound) / Math.max(1, Math.abs(objective.value)));
    expect(objective.value).toBe(metrics.offChipBytes - metrics.compulsoryBytes);
    expect(metrics.offChipBytes).toBe(replay.ledger.reduce((sum: number, row: { size: number }) => sum + row.size, 0));
    expect(rest.manifest).toMatchObject({
      model: expect.stringMatching(/^[0-9a-f]{64}$/),
      target: expect.stringMatching(/^[0-9a-f]{64}$/),
      seed: 1,
    });
    expect(Object.keys(rest.seconds)).toEqual(["import", "pose", "solve", "verify"]);
    expect(plan.actions.length).toBeGreaterThan(problem.steps.length);
    expect(readFileSync(at("report.html"), "utf8")).toMatch(/^<!doctype html>[\s\S]*<\/html>\s*$/);
    expect(written("trace.json").traceEvents.length).toBeGreaterThan(replay.events.length);
  });

  test("--json is the document without problem, plan and replay", async () => {
    const ended = await stowage([...PLAN, "--json", "--out", "plan.json"], at());
    const { problem: _problem, plan: _plan, replay: _replay, ...rest } = written("plan.json");
    expect(documentOf(ended)).toEqual(rest);
  });

  test("the same seed and nodes give the same plan, and the manifest says which", async () => {
    const same = ["--seed", "7", "--nodes", "20000"];
    await Promise.all(["a.json", "b.json"].map((name) => stowage([...PLAN, ...same, "--out", name], at())));
    const [a, b] = [written("a.json"), written("b.json")];
    expect(a.plan).toEqual(b.plan);
    expect(a.manifest).toEqual(b.manifest);
    expect(a.manifest).toMatchObject({ seed: 7, budget: { nodes: 20000 } });
  });

  test("infeasible: exit 3, the reason with its figures, and the document says so", async () => {
    const whole = ["plan", "resnet8", "--target", "cosma", "--set", "memory.size=1KiB", "--split", "never"];
    const ended = await stowage([...whole, "--json", "--out", "plan.json", "--report", "r.html"], at());
    expect(ended.exit).toBe(3);
    expect(codesOf(ended)).toContain("SPM-20");
    const document = documentOf(ended);
    expect(document).toMatchObject({ schema: "stowage/plan/1", status: "infeasible", verified: false, conflict: { code: "SPM-20" } });
    const { neededBytes, availableBytes, missingBytes, smallestWorkingBytes } = document.conflict.figures;
    expect(availableBytes).toBe(1024);
    expect(missingBytes).toBe(neededBytes - availableBytes);
    expect(readdirSync(at())).toEqual(["plan.json"]); // there is nothing to report
    expect((await stowage(["plan", "resnet8", "--target", "cosma", "--set", `memory.size=${smallestWorkingBytes}B`])).exit).toBe(0);
    const less = ["plan", "resnet8", "--target", "cosma", "--set", `memory.size=${smallestWorkingBytes - 1}B`];
    expect((await stowage([...less, "--split", "never"])).exit).toBe(3);
    const cut = await stowage([...less, "--out", "cut.json", "--json"], at());
    expect(cut.exit).toBe(0); // cut into parts it fits
    expect((await stowage(["verify", "cut.json"], at())).exit).toBe(0);

    const verified = await stowage(["verify", "plan.json", "--json"], at());
    expect({ exit: verified.exit, codes: codesOf(verified) }).toEqual({ exit: 2, codes: ["CLI-21"] });
  });

  test("no cut found that fits: exit 4, for that is no proof; the reason and what to try", async () => {
    const ended = await stowage(["plan", "resnet8", "--target", "cosma", "--set", "memory.size=16B", "--json"]);
    expect({ exit: ended.exit, codes: codesOf(ended) }).toEqual({ exit: 4, codes: ["SPM-23"] });
    const document = documentOf(ended);
    expect(document).toMatchObject({ status: "unknown", verified: false });
    expect(document.reason).toMatch(/run whole, its operands alone need \d+ B of the 16 B available.*--set memory\.size=\d+B/);
  });

  test("an unbound symbol is named, and binding it works", async () => {
    const open = await stowage(["plan", "transformer-encoder-dynamic", "--target", "cosma"]);
    expect({ exit: open.exit, codes: codesOf(open) }).toEqual({ exit: 2, codes: ["ONX-6"] });
    const names = [...open.stderr.matchAll(/--bind (\S+)=\d+/g)].map((m) => m[1]!);
    expect(names.length).toBeGreaterThan(0);
    const bound = await stowage([
      "plan",
      "transformer-encoder-dynamic",
      "--target",
      "cosma",
      ...names.flatMap((name) => ["--bind", `${name}=2`]),
    ]);
    expect(bound.exit).toBe(0);
  });
});

test("names from a model act nowhere: not in the terminal, not in the report", async () => {
  const evil = "\x1b]0;owned\x07\u202e</script><img src=x onerror=alert(1)>\nCLI-70 stowage: fake";
  const net = network(evil, { opset: 13 });
  net.output(`out${evil}`, net.node("Relu", [net.input(`in${evil}`, [1, 8])], {}, { name: `op${evil}` }));
  writeFileSync(at("evil.onnx"), net.bytes());
  for (const args of [["inspect"], ["plan", "--target", "cosma", "--out", "plan.json", "--report", "r.html"]]) {
    const ended = await stowage([args[0]!, "evil.onnx", ...args.slice(1)], at());
    expect(ended.exit, ended.stderr).toBe(0);
    expect(ended.stdout + ended.stderr).not.toMatch(/[^\n\P{Cc}]|\p{Cf}/u);
    expect(ended.stdout + ended.stderr).not.toMatch(/^CLI-70/m);
  }
  expect(readFileSync(at("r.html"), "utf8")).not.toContain("<img");
  expect((await stowage(["verify", "plan.json"], at())).stdout).not.toMatch(/[^\n\P{Cc}]|\p{Cf}/u);
});

describe("a plan file", () => {
  test("goes round: verify accepts it and export writes each form from it", async () => {
    await stowage([...PLAN, "--out", "plan.json", "--report", "r.html", "--trace", "t.json"], at());
    const verified = await stowage(["verify", "plan.json", "--json"], at());
    expect(verified.exit).toBe(0);
    expect(documentOf(verified)).toMatchObject({
      schema: "stowage/verify/1",
      verified: true,
      errors: [],
      metrics: written("plan.json").metrics,
    });

    expect((await stowage(["export", "plan.json", "--to", "html", "--out", "r2.html"], at())).exit).toBe(0);
    expect(readFileSync(at("r2.html"), "utf8")).toBe(readFileSync(at("r.html"), "utf8"));
    expect((await stowage(["export", "plan.json", "--to", "trace", "--out", "t2.json"], at())).exit).toBe(0);
    expect(written("t2.json")).toEqual(written("t.json"));
    for (const table of ["ledger", "residency", "steps"]) {
      const shown = await stowage(["export", "plan.json", "--to", "csv", "--table", table], at());
      const kept = await stowage(["export", "plan.json", "--to", "csv", "--table", table, "--out", `${table}.csv`, "--json"], at());
      expect(readFileSync(at(`${table}.csv`), "utf8")).toBe(shown.stdout);
      expect(documentOf(kept)).toMatchObject({ file: `${table}.csv`, bytes: Buffer.byteLength(shown.stdout) });
    }
  });

  test("an export does not replace its plan, nor leave anything where it fails", async () => {
    await stowage([...PLAN, "--out", "plan.json"], at());
    mkdirSync(at("folder"));
    expect(codesOf(await stowage(["export", "plan.json", "--to", "html", "--out", "plan.json"], at()))).toEqual(["CLI-7"]);
    expect(codesOf(await stowage(["export", "plan.json", "--to", "html", "--out", "folder"], at()))).toEqual(["CLI-6"]);
    expect(readdirSync(at()).sort()).toEqual(["folder", "plan.json"]);
    expect(readdirSync(at("folder"))).toEqual([]);
  });

  test("tampered with is refused: exit 5 by verify and by export, which leaves nothing", async () => {
    await stowage([...PLAN, "--out", "plan.json"], at());
    const { metrics, ...rest } = written("plan.json");
    writeFileSync(at("tampered.json"), JSON.stringify({ ...rest, metrics: { ...metrics, peakBytes: 1 } }));
    const verified = await stowage(["verify", "tampered.json", "--json"], at());
    expect({ exit: verified.exit, codes: codesOf(verified) }).toEqual({ exit: 5, codes: ["CLI-22"] });
    expect(documentOf(verified)).toMatchObject({ schema: "stowage/verify/1", verified: false, errors: [{ code: "CLI-22" }] });
    const exported = await stowage(["export", "tampered.json", "--to", "html", "--out", "x.html"], at());
    expect(exported.exit).toBe(5);
    expect(readdirSync(at()).sort()).toEqual(["plan.json", "tampered.json"]);
  });

  test("of crossbars carries weights and tables, which are read back as they were; spoilt ones are refused", async () => {
    const target = ["--target", "reram-ou", "--set", "crossbars=25%", "--set", "sharing=1", "--weights", "random:1"];
    const planned = documentOf(await stowage(["plan", "dscnn", ...target, "--json", "--out", "plan.json"], at()));
    const verified = documentOf(await stowage(["verify", "plan.json", "--json"], at()));
    expect(verified).toMatchObject({ verified: true, objective: planned.objective, metrics: planned.metrics });

    const document = written("plan.json");
    const { mappings } = document.plan as { mappings: { table: string[] }[] };
    const l = mappings.findIndex(({ table }) => table.length > 1);
    const tables = mappings[l]!.table;
    for (const [table, code] of [
      [tables.slice(1), "XBR-20"],
      [tables.join(""), "XBR-20"],
      [tables.map((text, b) => (b === 0 ? `????${text.slice(4)}` : text)), "XBR-20"],
      [
        tables.map((text, b) => (b === 0 ? text.slice(0, 8).repeat(text.length / 8) + text.slice(text.length - (text.length % 8)) : text)),
        "XBR-22",
      ],
    ] as const) {
      const plan = { ...document.plan, mappings: mappings.map((mapping, k) => (k === l ? { ...mapping, table } : mapping)) };
      writeFileSync(at("spoilt.json"), JSON.stringify({ ...document, plan }));
      const ended = await stowage(["verify", "spoilt.json"], at());
      expect({ exit: ended.exit, codes: [...new Set(codesOf(ended))] }).toEqual({ exit: 5, codes: [code] });
    }
  });

  test("that is none is bad input: exit 2", async () => {
    for (const [text, code] of [
      ["{", "CLI-43"],
      ["[]", "CLI-20"],
      ['{"schema":"stowage/plan/2"}', "CLI-20"],
      ['{"schema":"stowage/plan/1","status":"optimal"}', "CLI-21"],
    ] as const) {
      writeFileSync(at("spoilt.json"), text);
      const ended = await stowage(["verify", "spoilt.json", "--json"], at());
      expect({ exit: ended.exit, codes: codesOf(ended) }).toEqual({ exit: 2, codes: [code] });
      expect(documentOf(ended).schema).toBe("stowage/error/1");
    }
  });
});

test("demo plans a bundled network for each family and writes its report", async () => {
  const ended = await stowage(["demo", "--json"], at());
  expect(ended.exit).toBe(0);
  const reports = ["crossbar", "fusion", "pipeline"].map((family) => `stowage-demo-${family}.html`).concat("stowage-demo.html");
  expect(readdirSync(at()).sort()).toEqual(reports);
  const { schema, plans } = documentOf(ended);
  expect(schema).toBe("stowage/demo/1");
  expect(plans.map(({ kind, verified }: { kind: string; verified: boolean }) => [kind, verified])).toEqual([
    ["scratchpad", true],
    ["fusion", true],
    ["pipeline", true],
    ["crossbar", true],
  ]);
});
