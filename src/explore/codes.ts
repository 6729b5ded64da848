import type { CodeTable } from "../base/diagnostic.js";

export const exploreCodes: CodeTable = {
  "EXP-1": {
    means: "A part of the space file is missing, of the wrong form, or unknown.",
    fix: "Give `base` (or `bases`) and `axes`; `stowage explore --help` shows an example.",
  },
  "EXP-2": {
    means: "A range that cannot be counted out: its ends and its step differ in their units, or never meet.",
    fix: "Write for instance `{ from: 64KiB, to: 512KiB, factor: 2 }`, or list the values.",
  },
  "EXP-3": { means: "The space has more points than can be looked at.", fix: "Leave values or axes out." },
  "EXP-4": {
    means: "The front file is damaged: it is not JSON, not of the form that `stowage explore` writes, or was changed since.",
    fix: "Remove it, or start anew with `--fresh`.",
  },
  "EXP-5": {
    means: "The front file belongs to another model, space, goal or version.",
    fix: "Name another file, or start anew with `--fresh`.",
  },
  "EXP-6": {
    means:
      "A key path of the space names a setting of the goal that there is not, or that this family of accelerators has not, or a value it does not serve.",
    fix: "`goal.objective` ranges over what plans lower; the message lists what the family serves.",
  },
  "EXP-7": {
    means: "`front` names a figure that not every point of the space has.",
    fix: "Use those that the message lists, or leave `front` out.",
  },
  "EXP-20": {
    means: "No point of the space has an accepted plan, so there is no front.",
    fix: "The front file says why for every point; give the machines more memory or another network.",
  },
  "EXP-21": {
    means: "None of the targets that were to be compared has an accepted plan.",
    fix: "Do what the reasons say that follow, one for each target; one that all share stands alone.",
  },
};
