import { type Verified, verifyDocument } from "../api.js";
import type { Checked } from "../base/diagnostic.js";
import { readJsonFile } from "../node/json-file.js";

/** Reads a plan file and lets the judge replay it: nothing in it is believed before. */
export function readPlanFile(path: string): Checked<Verified> {
  const data = readJsonFile(path);
  return data.ok ? verifyDocument(data.value, path) : data;
}
