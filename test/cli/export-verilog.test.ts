import { existsSync, readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { codesOf, documentOf, scratch, stowage } from "./stowage.js";

const at = scratch();

test("a pipeline plan becomes a folder of Verilog, for the very model that was planned", async () => {
  const planned = await stowage(["plan", "resnet8", "--target", "zcu102", "--nodes", "20000", "--out", "plan.json"], at());
  expect(planned.exit, planned.stderr).toBe(0);
  const verilog = (...rest: readonly string[]) => stowage(["export", "plan.json", "--to", "verilog", ...rest], at());

  // The bundled example has no weights; other models are other weights; a folder is needed.
  const absent = await verilog("--model", "resnet8", "--out", "rtl");
  expect(absent).toMatchObject({ exit: 2, stdout: "" });
  expect(codesOf(absent)[0]).toBe("ONX-21");
  expect(absent.stderr).toContain("--weights random:1");
  expect(existsSync(at("rtl"))).toBe(false);
  expect(codesOf(await verilog("--model", "dscnn", "--out", "rtl"))).toEqual(["EXP-43"]);
  expect((await verilog("--model", "resnet8")).exit).toBe(1);

  const written = await verilog("--model", "resnet8", "--weights", "random:1", "--out", "rtl", "--json");
  expect(written.exit, written.stderr).toBe(0);
  const { folder, files } = documentOf(written);
  expect(folder).toBe("rtl");
  expect(files).toContain("rtl/weight_path.v");
  expect(files).toContain("sim/testbench.v");
  expect(readdirSync(at("rtl")).sort()).toEqual(expect.arrayContaining(["README.md", "data", "expected.json", "rtl", "sim"]));
  expect(JSON.parse(readFileSync(at("rtl/expected.json"), "utf8"))).toMatchObject({ schema: "stowage/expected/1", frames: 4 });

  // Nothing of an earlier export may stand between.
  expect(codesOf(await verilog("--model", "resnet8", "--weights", "random:1", "--out", "rtl"))).toEqual(["CLI-7"]);
});
