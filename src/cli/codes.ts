import type { CodeTable } from "../base/diagnostic.js";

/** The command line itself. */
export const cliCodes: CodeTable = {
  "CLI-40": {
    means: "The command line cannot be understood: an unknown verb or option, a missing argument.",
    fix: "`stowage VERB --help` shows the form and an example.",
  },
  "CLI-41": {
    means: "The value of an option is not of the right form or not one of those available.",
    fix: "Use a value that the message lists.",
  },
  "CLI-42": { means: "MODEL is neither a file nor the name of a bundled example.", fix: "Check the path, or use one of the names listed." },
  "CLI-44": {
    means: "The search was aborted by a second Ctrl-C; no plan was kept.",
    fix: "Press Ctrl-C once to keep the best plan so far.",
  },
  "CLI-70": {
    means: "A bug of ours.",
    fix: "Report it with the command line and, if you may, the model. `STOWAGE_DEBUG=1` prints where it happened.",
  },
};
