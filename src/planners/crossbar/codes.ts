import type { CodeTable } from "../../base/diagnostic.js";

export const crossbarCodes: CodeTable = {
  "XBR-1": {
    means: "The objective is none that a crossbar target serves.",
    fix: "Use programming, latency, energy or endurance.",
  },
  "XBR-2": {
    means: "The network has no matrix product by constants: nothing would lie on crossbars.",
    fix: "Check that the model is the one you meant; for products of two activations choose another kind of target.",
  },
  "XBR-3": {
    means: "A problem read from a file is not of the right form, or contradicts itself.",
    fix: "Plan again; a plan file belongs to the problem stored in it.",
  },
  "XBR-4": {
    means: "The values of a weight are needed and not at hand, so that nobody can say what writing it takes.",
    fix: "Export the model with its weights, put their file beside it, or plan with random ones (--weights random:1), which says so in the report.",
  },
  "XBR-5": {
    means: "A layer has more weights than plan files carry as one text.",
    fix: "Split the layer into several of fewer outputs.",
  },
  "XBR-20": {
    means: "A plan is not of the right form, or names a layer or crossbar that does not exist.",
    fix: "Plan again; a plan file belongs to the problem stored in it.",
  },
  "XBR-21": {
    means: "A layer lies in a way that its crossbars, its integers or the problem do not allow.",
    fix: "Report this: the planner wrote an impossible mapping.",
  },
  "XBR-22": {
    means: "A table of inputs does not hold each input of each bundle exactly once.",
    fix: "Report this: the planner wrote a wrong table.",
  },
  "XBR-23": {
    means: "Part of a layer does not fire exactly once per inference.",
    fix: "Report this: the planner wrote a wrong table.",
  },
  "XBR-24": {
    means: "What happens on a crossbar overlaps: a load is written before it is fetched, or fires while it is written.",
    fix: "Report this: the planner wrote an impossible schedule.",
  },
  "XBR-25": {
    means: "Fetching, writing or firing lasts longer or shorter than the cells and the machine say.",
    fix: "Report this: the planner miscounts.",
  },
  "XBR-26": {
    means: "More crossbars are written, or fire, at once than the machine can.",
    fix: "Report this: the planner wrote an impossible schedule.",
  },
  "XBR-27": { means: "Two loads cross the link at the same time.", fix: "Report this: the planner wrote an impossible schedule." },
  "XBR-28": {
    means: "A layer fires before one that it needs has fired all its loads, or before the inference before it is done.",
    fix: "Report this: the planner wrote an impossible schedule.",
  },
  "XBR-29": {
    means: "Cells hold other weights than they shall when their operation units fire.",
    fix: "Report this: the planner forgot to write them.",
  },
  "XBR-30": {
    means: "What the crossbars add up is not the integer product of weights and inputs.",
    fix: "Report this: the mapping is wrong.",
  },
  "XBR-31": {
    means: "The replay does not count what the plan claims: latency, energy, cell writes or those of the cell written most.",
    fix: "Report this: the planner miscounts.",
  },
  "XBR-32": {
    means: "A level of the search claims a bound that its own value is below.",
    fix: "Report this: the bound is wrong, the plan may still run.",
  },
  "XBR-33": {
    means: "A rotation cannot turn on these crossbars, or a full turn wears cells otherwise than the plan claims.",
    fix: "Report this: the planner miscounts, or the rotation belongs to another machine.",
  },
  "XBR-34": {
    means: "More waits on chip at once, to be written or to be summed up, than its part of the buffer holds.",
    fix: "Report this: the planner wrote an impossible schedule.",
  },
  "XBR-35": {
    means: "A cell is written more often per inference than the problem allows.",
    fix: "Report this: the planner broke a limit that it was given.",
  },
  "XBR-41": {
    means: "The outputs that share an order take more cells side by side than a crossbar has.",
    fix: "Share orders among fewer outputs, or take wider crossbars or cells of more bits.",
  },
  "XBR-42": {
    means: "The encoding that was asked for cannot hold the integers of a layer, or not at this sharing.",
    fix: "Choose another encoding, or leave it to the search.",
  },
};
