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
  "SPM-12": {
    means: "The parts of a cut network do not make up the network: a slab of a tensor is made or held twice, or never.",
    fix: "Plan again, and report this: the planner cuts wrongly.",
  },
  "SPM-13": {
    means: "A part of a cut operator runs without an element that its result is computed from.",
    fix: "Plan again, and report this: the planner cuts wrongly.",
  },
  "SPM-14": {
    means: "A partial sum of a cut operator leaves iterations out, adds some twice, or is none.",
    fix: "Plan again, and report this: the planner cuts wrongly.",
  },
  "SPM-15": {
    means: "A buffer or step of a cut network has other bytes, cycles or energy than the slab or part of the network that it is.",
    fix: "Plan again, and report this: the planner miscounts.",
  },
  "SPM-20": {
    means: "Operators are to run whole, and no such plan exists: one alone needs more scratchpad than there is.",
    fix: "Let operators be cut (--split auto), give the memory the size named, or assume narrower element types.",
  },
  "SPM-21": {
    means: "The network has nothing to plan: no operator touches data at run time.",
    fix: "Check that the model is the one you meant.",
  },
  "SPM-22": { means: "The scratchpad target cannot serve the objective.", fix: "Use --objective traffic, latency or energy." },
  "SPM-23": {
    means:
      "An operator does not fit whole, and no cut of the network was found whose every part fits. Nothing is proved: another cut might.",
    fix: "Give the memory the size named, allow more with --nodes or --time, or assume narrower element types.",
  },
};
