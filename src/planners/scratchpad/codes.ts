import type { CodeTable } from "../../base/diagnostic.js";

export const scratchpadCodes: CodeTable = {
  "SPM-1": {
    means: "The plan names a buffer or step that the problem does not have, or is not of the right form.",
    fix: "Plan again; a plan file belongs to the problem stored beside it.",
  },
  "SPM-2": { means: "An offset is not a multiple of the alignment.", fix: "Round the offset up." },
  "SPM-3": { means: "Two buffers are in the scratchpad at the same time and share bytes.", fix: "Move or evict one of them." },
  "SPM-4": { means: "A buffer reaches beyond the capacity of the scratchpad.", fix: "Use a lower offset, or evict something first." },
  "SPM-5": { means: "A buffer covers a reserved address range.", fix: "Place it beside the range." },
  "SPM-6": { means: "A step does not run exactly once.", fix: "Run every step of the problem once." },
  "SPM-7": { means: "A step runs while one of its operands is not in the scratchpad.", fix: "Fetch or create the operand first." },
  "SPM-8": {
    means: "A step sees other data than the model asks for: it runs too early, too late, or on a stale copy.",
    fix: "Run the producer first, and store a buffer before evicting it.",
  },
  "SPM-9": { means: "A network output is not off chip at the end.", fix: "Store it after its last change." },
  "SPM-10": {
    means:
      "An action does not fit the state: fetching what is already there or not off chip, creating twice, storing or evicting what is absent.",
    fix: "Remove the action.",
  },
  "SPM-11": { means: "What the plan claims differs from what the replay measures.", fix: "Report this: the planner miscounts." },
  "SPM-20": {
    means:
      "No plan with whole operators exists: one alone needs more scratchpad than there is. With --split auto, no cut into parts that fit was found either, which proves nothing of other cuts.",
    fix: "Give the memory the size named, assume narrower element types, or plan for a larger target.",
  },
  "SPM-21": {
    means: "The network has nothing to plan: no operator touches data at run time.",
    fix: "Check that the model is the one you meant.",
  },
  "SPM-22": { means: "The scratchpad target cannot serve the objective.", fix: "Use --objective traffic." },
};
