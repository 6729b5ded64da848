import type { CodeTable } from "../base/diagnostic.js";

export const targetCodes: CodeTable = {
  "TGT-1": {
    means: "The target file is not YAML: bad indentation, a tab, a key given twice, two documents in one file, an unknown tag.",
    fix: "Correct the line and column named; indent with spaces and give each key once.",
  },
  "TGT-2": {
    means: "The target file is empty, or its outermost value is not a mapping of keys to values.",
    fix: "Start from a preset: `stowage targets show NAME`.",
  },
  "TGT-3": {
    means: "The target file is larger or more deeply nested than any accelerator needs, or uses YAML aliases.",
    fix: "Write the values out plainly.",
  },
  "TGT-4": { means: "A key that this kind of target does not have.", fix: "Use the nearest right key, which the message names." },
  "TGT-5": { means: "A key that this kind of target must have is absent.", fix: "Add it; the message shows an example value." },
  "TGT-6": { means: "A value of the wrong type, or not one of those allowed.", fix: "Use one of the values that the message lists." },
  "TGT-7": {
    means: "A number without a unit, with a unit that does not measure this quantity, or no number at all.",
    fix: "Write the number with one of the units listed, without a comma: `512KiB`, `19.2GB/s`, `200MHz`.",
  },
  "TGT-8": {
    means:
      "A quantity out of range: negative, zero where work would never end, not a whole number of bytes, or too large to count exactly.",
    fix: "Choose a value in the range that the message gives.",
  },
  "TGT-9": {
    means: "Values that contradict each other, such as a reserved range beyond the end of the memory.",
    fix: "Change one of the two values named.",
  },
  "TGT-10": { means: "The kind of target is missing or unknown.", fix: "Set `kind` to one of those listed." },
  "TGT-11": { means: "No preset has this name.", fix: "`stowage targets list` prints the names; a YAML file is given by its path." },
  "TGT-12": { means: "A setting is not of the form `key=value`.", fix: "Write for instance `memory.size=512KiB`." },
  "TGT-13": {
    means: "Warning: no energy is given for a part of the machine, so energy figures count it as 0.",
    fix: "Add the key named, for instance `8pJ/bit`.",
  },
  "TGT-14": {
    means: "Warning: `sources` cites a source for a key that this target does not have.",
    fix: "Use the path of the key, for instance `memory.size`.",
  },
};
