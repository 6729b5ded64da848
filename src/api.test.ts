import { beforeAll, describe, expect, test } from "vitest";
import { type Goal, type Planned, plan, type Surroundings, verifyDocument } from "./api.js";
import { buildExample } from "./onnx/examples/index.js";
import { presetTarget } from "./target/presets.js";

/** A clock that a second passes on at each look. */
function surroundings(): Surroundings {
  let time = 0;
  return {
    budget: { seed: 1, nodes: 100_000, stop: () => false, progress: () => {} },
    mip: async () => ({ status: "failed", reason: "no solver here" }),
    now: () => time++,
    manifest: { stowage: "0.0.0", model: "m", target: "t", seed: 1, budget: { nodes: 100_000 } },
    remarks: () => [],
  };
}

async function planned(size: string, split: Goal["split"] = "auto"): Promise<Planned> {
  const target = presetTarget("cosma", [`memory.size=${size}`]);
  if (!target.ok) throw new Error(target.errors[0].message);
  const model = { name: "densenet121", bytes: buildExample("densenet121")! };
  const result = await plan(model, target.value, { objective: "traffic", solver: "search", split, bindings: [] }, surroundings());
  if (!result.ok) throw new Error(result.errors[0].message);
  return result.value;
}

describe("plan", () => {
  test("reports what the judge accepted, each phase with its seconds", async () => {
    const result = await planned("min");
    if (result.kind !== "planned") throw new Error(result.kind);
    const { document, report } = result;
    expect(document.seconds).toEqual({ import: 1, pose: 1, solve: 1, verify: 1 });
    expect(document.objective.value).toBeGreaterThan(0);
    expect(document.objective.value).toBe(Number(document.metrics.spillBytes) + Number(document.metrics.refetchBytes));
    expect(report.metrics).toBe(document.metrics);
  });

  test("says why there is none, and still hands over the problem", async () => {
    const result = await planned("1KiB", "never");
    if (result.kind !== "none") throw new Error(result.kind);
    expect(result.document).toMatchObject({
      status: "infeasible",
      verified: false,
      problem: { kind: "scratchpad" },
      conflict: { code: "SPM-20" },
    });
    expect(result.document).not.toHaveProperty("plan");
    expect(result.reason.code).toBe("SPM-20");
  });

  test("that no cut was found proves nothing", async () => {
    const result = await planned("1KiB");
    if (result.kind !== "none") throw new Error(result.kind);
    expect(result.document.status).toBe("unknown");
    expect(result.reason.code).toBe("SPM-23");
  });
});

describe("verifyDocument", () => {
  let file: string;
  beforeAll(async () => {
    const result = await planned("min");
    if (result.kind === "refused") throw new Error("refused");
    file = JSON.stringify(result.document);
  });
  const read = (): unknown => JSON.parse(file);
  const verdict = (data: unknown) => {
    const verified = verifyDocument(data, "plan.json");
    if (!verified.ok) return { kind: "malformed", codes: verified.errors.map((e) => e.code) };
    return verified.value.kind === "accepted"
      ? { kind: "accepted", codes: [] }
      : { kind: "refused", codes: verified.value.violations.map((v) => v.code) };
  };

  test("accepts what was written, replay or no replay", () => {
    expect(verdict(read()).kind).toBe("accepted");
    expect(verdict(changed(read(), ["replay"], () => undefined)).kind).toBe("accepted");
    const verified = verifyDocument(read(), "plan.json");
    expect(verified.ok && verified.value.kind === "accepted" && JSON.parse(JSON.stringify(verified.value.document))).toEqual(read());
  });

  type Change = readonly [code: string, what: string, path: string, change: (value: never) => unknown];
  const less = (n: number) => n - 1;

  test.each<Change>([
    ["CLI-22", "a metric", "metrics.offChipBytes", less],
    ["CLI-22", "a metric that is not ours", "metrics.happiness", () => 1],
    ["CLI-22", "the value", "objective.value", less],
    ["CLI-22", "the gap", "objective.gap", () => -1],
    ["CLI-22", "a bound above the value", "objective.bound", () => 1e12],
    ["CLI-22", "a bound that no longer proves the status", "objective.bound", () => 0],
    ["CLI-22", "an event", "replay.events.3.end", (n: number) => n + 1],
    ["CLI-22", "a replay of another form", "replay", () => "yes"],
    ["SPM-11", "the plan's own claim", "plan.claims.peak", less],
    [
      "SPM-6",
      "the last step left out",
      "plan.actions",
      (list: { kind: string }[]) =>
        list.toSpliced(
          list.findLastIndex((a) => a.kind === "run"),
          1,
        ),
    ],
    ["SPM-3", "an overlap", "plan.actions", (list: object[]) => list.map((a) => ("offset" in a ? { ...a, offset: 0 } : a))],
    ["SPM-4", "a smaller memory", "problem.machine.capacity", () => 1000],
    ["SPM-1", "an action that does not exist", "plan.actions.5", () => ({ kind: "hope" })],
    ["SPM-1", "a plan without actions", "plan", () => ({})],
  ])("refuses with %s: %s", (code, _what, path, change) => {
    const { kind, codes } = verdict(changed(read(), path.split("."), change));
    expect(kind).toBe("refused");
    expect(codes).toContain(code);
  });

  test.each<Change>([
    ["CLI-20", "another schema", "schema", () => "stowage/plan/2"],
    ["CLI-20", "no objective", "objective", () => undefined],
    ["CLI-20", "another kind", "kind", () => "magic"],
    ["CLI-20", "not verified", "verified", () => false],
    ["CLI-21", "a summary", "plan", () => undefined],
    ["CLI-21", "no plan was found", "status", () => "unknown"],
    ["SPM-1", "a problem of another form", "problem", () => ({ kind: "scratchpad" })],
    ["SPM-1", "an index beyond the buffers", "problem.steps.0.reads", () => [1e9]],
    ["SPM-1", "a buffer read twice", "problem.steps.0.reads", () => [0, 0]],
    ["SPM-1", "a negative size", "problem.buffers.0.size", () => -1],
    ["SPM-1", "a size beyond counting", "problem.buffers.0.size", () => 2 ** 53],
    ["SPM-1", "a footprint that is not the rounded size", "problem.buffers.0.footprint", less],
    ["SPM-1", "no bandwidth", "problem.machine.offChipRate", () => 0],
  ])("calls malformed with %s: %s", (code, _what, path, change) => {
    const { kind, codes } = verdict(changed(read(), path.split("."), change));
    expect(kind).toBe("malformed");
    expect(codes).toContain(code);
  });

  test.each([[null], [undefined], [[]], [12], ["plan"], [{ __proto__: null, schema: "constructor" }]])("calls %j malformed", (data) => {
    expect(verdict(data)).toEqual({ kind: "malformed", codes: ["CLI-20"] });
  });
});

/** A copy of `value` with what stands at `path` replaced; `undefined` takes it away. */
function changed(value: unknown, [key, ...rest]: readonly string[], change: (value: never) => unknown): unknown {
  if (key === undefined) return change(value as never);
  const copy = (Array.isArray(value) ? [...value] : { ...(value as object) }) as Record<string, unknown>;
  copy[key] = changed(copy[key], rest, change);
  return copy;
}
