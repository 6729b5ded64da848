import type { CodeTable } from "../base/diagnostic.js";

/** What can be wrong with a model file. Codes ONX-1 to ONX-39 refuse the model; ONX-40 and up are warnings. */
export const ONNX_CODES = {
  "ONX-1": {
    means: "The file is damaged: it ends too early or its bytes do not follow the format.",
    fix: "Fetch or export the model again.",
  },
  "ONX-2": { means: "The file is not an ONNX model, or the model has no graph.", fix: "Give the path of an .onnx file." },
  "ONX-3": {
    means: "The file nests deeper or holds more parts than any real model does.",
    fix: "Check where the file is from; simplify the model.",
  },
  "ONX-4": {
    means: "The model does not say which operator set it speaks.",
    fix: "Export it again; every model of IR 3 or newer has an opset_import.",
  },
  "ONX-5": {
    means: "The model uses an operator that its operator set does not have.",
    fix: "Export with the operator set named in the message, or newer.",
  },
  "ONX-6": { means: "An input has dimensions without a value.", fix: "Bind each one as the message shows." },
  "ONX-7": { means: "A --bind cannot be read.", fix: "Write N=1, x=1,3,224,224 or x[2]=224." },
  "ONX-8": { means: "A --bind names neither a symbol nor an input of the model.", fix: "Use a name that `inspect` lists." },
  "ONX-9": { means: "Two bindings, or a binding and the model, give one dimension different values.", fix: "Keep one of them." },
  "ONX-10": { means: "Two things of one graph carry the same tensor name.", fix: "Give each tensor one producer." },
  "ONX-11": {
    means: "An operator reads a tensor that nothing produces.",
    fix: "Add the missing initialiser or input; export the model again.",
  },
  "ONX-12": { means: "Operators need each other's results in a circle.", fix: "Break the cycle at one of the named operators." },
  "ONX-13": { means: "A dimension is negative.", fix: "Write a size of at least 0, or a symbol." },
  "ONX-14": {
    means: "A tensor, or all of them together, is too large to be real.",
    fix: "Check the dimensions named in the message.",
  },
  "ONX-15": { means: "A constant stores fewer or more bytes than its shape needs.", fix: "Export the model again." },
  "ONX-16": { means: "A constant or input has an element type that does not exist.", fix: "Export the model again." },
  "ONX-17": { means: "An operator contradicts its operands or attributes.", fix: "Repair the operator named in the message." },
  "ONX-18": {
    means: "An operator is unknown and nothing says how large its result is.",
    fix: "Store the shape of its outputs in the model (value_info).",
  },
  "ONX-19": {
    means: "The size of a result depends on values that exist only at run time.",
    fix: "Store the largest shape in the model (value_info), or cut the model before it.",
  },
  "ONX-20": { means: "Model functions call each other in a circle, or unfold without end.", fix: "Export the model without functions." },
  "ONX-21": {
    means: "The values of a weight are needed and not at hand: the file holds dimensions alone, or names data that is not there.",
    fix: "Put the data file beside the model, or export the model with its weights.",
  },
  "ONX-22": {
    means: "The values of a weight follow from others in a way that is not computed here.",
    fix: "Fold constants when exporting the model, so that the weight is stored as it is used.",
  },
  "ONX-23": {
    means: "An attribute is of another kind than its operator takes: a text, say, where a list of integers is due.",
    fix: "Repair the attribute named in the message, or leave it out where the operator has a default; export the model again.",
  },
  "ONX-40": {
    means: "The model imports an operator set newer than the newest known.",
    fix: "Update Stowage, or export with an older one.",
  },
  "ONX-41": { means: "The operators are not stored in an order in which they can run; they were sorted.", fix: "Sort the model." },
  "ONX-42": { means: "A dimension of -1 was taken as one without a value.", fix: "Write a symbol instead of -1." },
  "ONX-43": {
    means: "Weights name a file outside the model's own folder; it was not opened, shapes alone are used.",
    fix: "Do not trust this file; save the model with its data beside it.",
  },
  "ONX-44": {
    means: "Values of weights stand in other files; shapes alone are used.",
    fix: "Nothing to do for planning. Keep the data files beside the model where values are needed.",
  },
  "ONX-45": {
    means: "A shape stored in the model contradicts the operators; the operators are believed.",
    fix: "Run shape inference again on the model.",
  },
  "ONX-46": {
    means: "An operator is planned as opaque: its operands are known, its computation is not.",
    fix: "Its multiply-accumulates are not counted; see the coverage.",
  },
} satisfies CodeTable;
