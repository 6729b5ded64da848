import type { CodeTable } from "../../../base/diagnostic.js";

/** Codes of the buffer allocator: its CSV, its conflicts and its judge. */
export const CODES: CodeTable = {
  "ALC-1": {
    means: "The header of a buffer file lacks a column or has one twice.",
    fix: "Start the file with id,lower,upper,size; alignment, offset and gaps may follow.",
  },
  "ALC-2": { means: "A row has another number of fields than the header.", fix: "Give every column a value; ids cannot contain commas." },
  "ALC-3": { means: "A field is not a whole number in its range.", fix: "Write sizes in bytes and times as whole numbers, without units." },
  "ALC-4": {
    means: "A buffer dies before it is born.",
    fix: "Lifetimes are half-open: lower is the first time alive, upper the first time not alive.",
  },
  "ALC-5": {
    means: "A gap is malformed, empty or not inside its buffer's lifetime.",
    fix: "Write gaps as lower-upper, half-open, separated by spaces.",
  },
  "ALC-6": {
    means: "A gap keeps part of the buffer alive (`@window`), which is not supported.",
    fix: "Leave the window out, or split the buffer in two.",
  },
  "ALC-7": { means: "The file holds no buffer, or more than the limits allow.", fix: "Split the file." },
  "ALC-8": { means: "A column is not known and was ignored.", fix: "Known columns: id, lower, upper, size, alignment, offset, gaps." },
  "ALC-9": {
    means: "Two buffers have the same id.",
    fix: "Rows keep their order in the output; give each buffer its own id to tell them apart.",
  },
  "ALC-10": {
    means: "A given offset is not a multiple of the buffer's alignment.",
    fix: "Change the offset or the alignment, or leave the offset empty.",
  },
  "ALC-11": {
    means: "A buffer has no size or no lifetime and therefore needs no room.",
    fix: "Check the row if the buffer was meant to count.",
  },
  "ALC-20": {
    means: "The buffers alive at one time need more than the capacity.",
    fix: "Raise the capacity to the figure given, or shorten lifetimes.",
  },
  "ALC-21": { means: "Given offsets contradict each other or the capacity.", fix: "Move or free one of the named buffers." },
  "ALC-22": {
    means: "The buffers fit at every single time, but no arrangement of addresses serves all times.",
    fix: "Raise the capacity, or let a buffer move by splitting its lifetime.",
  },
  "ALC-30": { means: "A plan does not give every buffer an offset that is a whole number.", fix: "Place every buffer once." },
  "ALC-31": { means: "An offset breaks its buffer's alignment.", fix: "Round the offset up." },
  "ALC-32": { means: "A buffer ends above the capacity.", fix: "Move it down or raise the capacity." },
  "ALC-33": { means: "Two buffers are alive together and share bytes.", fix: "Move one of them." },
  "ALC-34": { means: "A buffer stands elsewhere than at its given offset.", fix: "Use the given offset." },
  "ALC-35": { means: "The plan claims another peak than its offsets have.", fix: "Report this: the allocator miscounts." },
};
