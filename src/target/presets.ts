import { bad, type Checked, fail } from "../base/diagnostic.js";
import { nearest } from "../base/nearest.js";
import { applySettings } from "./parse.js";
import { presetSources } from "./presets.generated.js";
import type { Target } from "./target.js";

/** Names of the targets that come with the package, in alphabetical order. */
export const presetNames: readonly string[] = Object.keys(presetSources);

/**
 * A target that comes with the package.
 *
 * @param settings values to replace, as in `applySettings`.
 * @returns the target; TGT-11 with the nearest right name when there is none of this name.
 */
export function presetTarget(name: string, settings: readonly string[] = []): Checked<Target> {
  const yaml = presetYaml(name);
  if (yaml !== undefined) return applySettings(yaml, `${name}.yaml`, settings);
  const guess = nearest(name, presetNames);
  const fix = `${guess ? `did you mean ${guess}? ` : ""}choose one of ${presetNames.join(", ")}, or give the path of a YAML file`;
  return bad(fail("TGT-11", "target", `no preset is named ${JSON.stringify(name.slice(0, 80))}`, fix));
}

/** The text of a preset, to start a target of one's own from. */
export const presetYaml = (name: string): string | undefined => (Object.hasOwn(presetSources, name) ? presetSources[name] : undefined);
