import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { codesOf, scratch, stowage } from "./stowage.js";

const at = scratch();

describe("export --to finn and autows", () => {
  test("writes a folder for the other tool", async () => {
    const planned = await stowage(
      ["plan", "resnet8", "--target", "zcu102", "--set", "precision.weight=4", "--time", "20s", "--out", "plan.json"],
      at(),
    );
    expect(planned.exit).toBe(0);
    const finn = await stowage(["export", "plan.json", "--to", "finn", "--out", "finn", "--json"], at());
    expect(finn.exit).toBe(0);
    expect(JSON.parse(finn.stdout)).toMatchObject({ schema: "stowage/export/1", to: "finn", folder: "finn" });
    expect(readdirSync(at("finn")).sort()).toEqual(["folding_config.json", "specialize_layers_config.json"]);
    expect(JSON.parse(readFileSync(at("finn/folding_config.json"), "utf8"))).toHaveProperty("MVAU_hls_0.SIMD");

    expect((await stowage(["export", "plan.json", "--to", "autows", "--out", "autows"], at())).exit).toBe(0);
    expect(readdirSync(at("autows")).sort()).toEqual(["config.json", "report.json"]);
    const again = await stowage(["export", "plan.json", "--to", "autows", "--out", "autows"], at());
    expect([again.exit, codesOf(again)]).toEqual([2, ["CLI-7"]]);
    expect((await stowage(["export", "plan.json", "--to", "finn"], at())).exit).toBe(1);
  });

  test("other families have no such form", async () => {
    await stowage(["plan", "resnet8", "--target", "cosma", "--out", "plan.json"], at());
    const ended = await stowage(["export", "plan.json", "--to", "finn", "--out", "finn"], at());
    expect([ended.exit, codesOf(ended)]).toEqual([2, ["EXP-46"]]);
  });
});
