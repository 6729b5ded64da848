import type { CodeTable } from "../base/diagnostic.js";

export const emitCodes: CodeTable = {
  "EXP-40": {
    means: "A weight has not the shape that its layer needs.",
    fix: "Export the model with constants folded, so that weights are stored as they are used.",
  },
  "EXP-41": {
    means: "A layer takes its weights in an order that is not emitted as hardware: a transposed convolution.",
    fix: "Plan a network without it.",
  },
  "EXP-42": {
    means: "The plan describes no hardware: its family plans for a machine that exists.",
    fix: "Plan on an FPGA, for instance zcu102.",
  },
  "EXP-43": { means: "The model is not the one that was planned.", fix: "Give the file that was planned, or plan again." },
  "EXP-44": {
    means: "Warning: the other tool has no counterpart for some layers, and its configuration is without them.",
    fix: "Replace the layers before you build with that tool.",
  },
  "EXP-45": {
    means: "Warning: the other tool streams all weights of a layer or none, and the plan streams a part.",
    fix: "Plan with --set streaming=never for a configuration that is built as planned.",
  },
  "EXP-46": {
    means: "The plan has no form in which the other tool would read it: it plans for another kind of machine.",
    fix: "Plan on an FPGA, for instance zcu102.",
  },
  "EXP-47": {
    means: "Warning: some layers have no hardware here, so that the weight paths alone are written.",
    fix: "Build the engines around the weight paths, or plan a network of convolutions, poolings, additions, concatenations, resizing and functions of one value.",
  },
};
