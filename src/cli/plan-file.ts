import { type Verified, verifyDocument } from "../api.js";
import { bad, type Checked, fail } from "../base/diagnostic.js";
import { readTextFile } from "../node/files.js";

/** Reads a plan file and lets the judge replay it: nothing in it is believed before. */
export function readPlanFile(path: string): Checked<Verified> {
  const text = readTextFile(path);
  if (!text.ok) return text;
  let data: unknown;
  try {
    data = JSON.parse(text.value);
  } catch (error) {
    return bad(
      fail(
        "CLI-43",
        path,
        `is not JSON: ${error instanceof Error ? error.message : String(error)}`,
        "give a file that `stowage plan --out` wrote",
      ),
    );
  }
  return verifyDocument(data, path);
}
