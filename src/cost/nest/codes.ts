import type { CodeTable } from "../../base/diagnostic.js";

export const nestCodes: CodeTable = {
  "FUS-51": {
    means: "The mapping of an operator names a loop or an axis that is not there, or has more loops than the model takes.",
    fix: "Name the loops and axes of this operator and target; factors are whole numbers of at least 1.",
  },
  "FUS-52": {
    means: "The factors of a loop do not cover it, or cover it and run idle steps beyond it.",
    fix: "Let the temporal factors multiply to the loop's size divided by its lanes, rounded up.",
  },
  "FUS-53": { means: "More lanes along an axis of the array than it has.", fix: "Unroll less along that axis." },
  "FUS-54": {
    means: "The level cuts of an operand do not rise, are not one per memory that holds it, or do not end with all loops.",
    fix: "Give each memory the number of innermost loops its tile spans; the outermost memory spans them all.",
  },
};
