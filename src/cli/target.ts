import { applySettings, type Checked, presetNames, presetTarget, type Target } from "../api.js";
import { fileName, isFile, readTextFile } from "../node/files.js";

/** T of the command line: the name of a preset, or else a YAML file; `settings` replace values in it. */
export function loadTarget(spec: string, settings: readonly string[]): Checked<Target> {
  if (presetNames.includes(spec) || !(isFile(spec) || looksLikePath(spec))) return presetTarget(spec, settings);
  const text = readTextFile(spec);
  return text.ok ? applySettings(text.value, fileName(spec), settings) : text;
}

const looksLikePath = (spec: string): boolean => /[/\\]|\.ya?ml$/i.test(spec);
