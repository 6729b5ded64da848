import type { CodeTable } from "../base/diagnostic.js";

/** Files: what can go wrong before a byte is understood. */
export const fileCodes: CodeTable = {
  "CLI-1": { means: "A file is not there.", fix: "Check the path; relative paths start at the current folder." },
  "CLI-2": { means: "A path names something that is not a regular file: a folder, a device, a pipe.", fix: "Name a file." },
  "CLI-3": { means: "A file may not be read.", fix: "Change its permissions or run as a user who may read it." },
  "CLI-4": {
    means: "A file is larger than the limit for its kind.",
    fix: "Store weights as external data, which is read only where needed; or check that the file is the one you meant.",
  },
  "CLI-5": { means: "A file changed or was cut short while it was read.", fix: "Try again when nobody writes to it." },
  "CLI-6": {
    means: "An output cannot be written where it is asked for.",
    fix: "Name a file in a folder that exists and may be written to.",
  },
  "CLI-7": { means: "Two outputs, or an output and an input, are the same file.", fix: "Give each its own name." },
  "CLI-8": { means: "A file that should be text is not valid UTF-8.", fix: "Give a text file, saved as UTF-8." },
  "CLI-9": {
    means: "External data lies outside the model's own folder, or is not a regular file in it; it was not opened.",
    fix: "Put the data file beside the model.",
  },
  "CLI-10": { means: "External data is shorter than the model says.", fix: "Export the model again, together with its data file." },
  "CLI-43": { means: "The file is not JSON.", fix: "Give a file that `stowage plan --out` wrote." },
};
