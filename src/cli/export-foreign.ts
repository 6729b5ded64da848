import { join } from "node:path";
import { type ForeignTool, foreign } from "../api.js";
import { makeFolder, outputProblems } from "../node/files.js";
import { done, EXIT, type Finished, failed } from "./finish.js";
import { readPlanFile } from "./plan-file.js";

/** Writes the plan at `path` into the folder `out` in the form of another tool. */
export function exportForeign(path: string, tool: ForeignTool, out: string): Finished {
  const verified = readPlanFile(path);
  if (!verified.ok) return failed(EXIT.badInput, verified.errors);
  if (verified.value.kind === "refused") return failed(EXIT.refused, verified.value.violations);
  const files = foreign(verified.value, tool);
  if (!files.ok) return failed(EXIT.badInput, files.errors);
  const folder = makeFolder(
    out,
    files.value.map((file) => file.path),
  );
  if (!folder.ok) return failed(EXIT.badInput, folder.errors);
  const written = files.value.map((file) => ({ path: join(out, file.path), text: file.text }));
  const problems = outputProblems(written.map((file) => file.path));
  if (problems.length > 0) return failed(EXIT.badInput, problems);
  const bytes = written.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
  return done(
    "",
    { schema: "stowage/export/1", to: tool, folder: out, files: files.value.map((file) => file.path), bytes },
    {
      files: written,
      warnings: files.warnings,
    },
  );
}
