import type { CodeTable } from "../base/diagnostic.js";

/** Plan files: what can be wrong with one before the judge sees the plan, and around it. */
export const documentCodes: CodeTable = {
  "CLI-20": { means: "The file is not a plan document of a version known here.", fix: "Give a file that `stowage plan --out` wrote." },
  "CLI-21": {
    means: "The document holds no plan: planning ended without one, or only the summary was kept.",
    fix: "Write it with `stowage plan --out`, which keeps everything.",
  },
  "CLI-22": {
    means: "A figure in the document differs from what the judge sees when it replays the plan.",
    fix: "Do not trust the file; plan again.",
  },
  "CLI-23": {
    means: "Planning ended with neither a plan nor a proof that none exists.",
    fix: "Do what the message says: allow more with `--time` or `--nodes` where the search was stopped.",
  },
  "CLI-24": { means: "The solver that was asked for does not know targets of this kind.", fix: "Choose one that the message names." },
};
