import { buildExample, examples, type Model } from "../api.js";
import { bad, type Checked, type Diagnostic, fail, good } from "../base/diagnostic.js";
import { nearest } from "../base/nearest.js";
import { externalReader } from "../node/external.js";
import { fileName, isFile, readModelFile, sha256 } from "../node/files.js";

export interface LoadedModel extends Model {
  readonly sha256: string;
  /** Of a file: what an output may not replace. */
  readonly path: string | undefined;
  /** Grows while the model is imported: external data that was not opened. */
  readonly warnings: readonly Diagnostic[];
}

/** MODEL of the command line: an .onnx file, or else the name of a bundled example. */
export function loadModel(spec: string): Checked<LoadedModel> {
  if (isFile(spec)) return readFile(spec);
  const bytes = buildExample(spec);
  if (bytes !== undefined) return good({ name: spec, bytes, sha256: sha256(bytes), path: undefined, warnings: [], weightsAbsent: true });

  const file = readFile(spec);
  if (file.ok || file.errors[0].code !== "CLI-1") return file;
  const exampleNames = examples.map(({ name }) => name);
  const guess = nearest(fileName(spec).replace(/\.onnx$/i, ""), exampleNames);
  const others = `bundled examples: ${exampleNames.join(", ")}`;
  const fix = guess === undefined ? `check the path, or use one of the ${others}` : `did you mean ${guess}? The ${others}`;
  return bad(fail("CLI-42", spec, "there is no such file, and no bundled example of this name", fix));
}

function readFile(path: string): Checked<LoadedModel> {
  const bytes = readModelFile(path);
  if (!bytes.ok) return bytes;
  const warnings: Diagnostic[] = [];
  const read = externalReader(path);
  return good({
    name: fileName(path),
    bytes: bytes.value,
    sha256: sha256(bytes.value),
    path,
    warnings,
    external: (location, offset, length) => {
      const range = read(location, offset, length);
      if (range.ok) return range.value;
      // A file that is merely absent is the importer's to mention: dimensions suffice.
      warnings.push(...range.errors.filter(({ code }) => code !== "CLI-1"));
      return undefined;
    },
  });
}
