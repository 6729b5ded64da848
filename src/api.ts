/** The facade: all that the command line, the studio and users import. */
export type { Checked, Diagnostic } from "./base/diagnostic.js";
