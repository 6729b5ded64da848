import { join } from "node:path";
import { type Binding, verilog } from "../api.js";
import { fail } from "../base/diagnostic.js";
import { makeFolder, outputProblems } from "../node/files.js";
import { done, EXIT, type Finished, failed } from "./finish.js";
import { loadModel } from "./model.js";
import { readPlanFile } from "./plan-file.js";

/**
 * Writes the hardware of the plan at `path` into the folder `out`.
 *
 * @param spec the model that was planned: its weights are in no plan file.
 * @param seed of random weights in place of those that the model comes without.
 * @param bindings as the plan had them.
 */
export function exportVerilog(path: string, spec: string, out: string, seed: number | undefined, bindings: readonly Binding[]): Finished {
  const verified = readPlanFile(path);
  if (!verified.ok) return failed(EXIT.badInput, verified.errors);
  if (verified.value.kind === "refused") return failed(EXIT.refused, verified.value.violations);
  const model = loadModel(spec);
  if (!model.ok) return failed(EXIT.badInput, model.errors);
  const planned = verified.value.document.manifest.model;
  if (model.value.sha256 !== planned) {
    const message = `is another model than was planned: its SHA-256 is ${model.value.sha256}, the plan's ${planned}`;
    return failed(EXIT.badInput, [fail("EXP-43", spec, message, `give the file that was planned (${verified.value.document.model})`)]);
  }
  const files = verilog(verified.value, model.value, seed, bindings);
  if (!files.ok) return failed(EXIT.badInput, files.errors, { warnings: model.value.warnings });
  const folder = makeFolder(
    out,
    files.value.map((file) => file.path),
  );
  if (!folder.ok) return failed(EXIT.badInput, folder.errors);
  const written = files.value.map((file) => ({ path: join(out, file.path), text: file.text }));
  const problems = outputProblems(written.map((file) => file.path));
  if (problems.length > 0) return failed(EXIT.badInput, problems);
  const bytes = written.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
  const random = seed === undefined ? "" : `; weights that the model comes without are random (seed ${seed})`;
  return done(
    `${written.length} files for Verilog tools in ${out}; ${join(out, "README.md")} says how to run them${random}`,
    { schema: "stowage/export/1", to: "verilog", folder: out, files: files.value.map((file) => file.path), bytes },
    { files: written, warnings: [...model.value.warnings, ...files.warnings] },
  );
}
