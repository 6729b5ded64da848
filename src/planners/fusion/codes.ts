import type { CodeTable } from "../../base/diagnostic.js";

export const fusionCodes: CodeTable = {
  "FUS-1": {
    means: "The plan names a layer or map that the problem does not have, or is not of the right form.",
    fix: "Plan again; a plan file belongs to the problem stored beside it.",
  },
  "FUS-2": { means: "A layer runs in no group, or in more than one.", fix: "Report this: the planner wrote an impossible plan." },
  "FUS-3": {
    means: "A group reads a map that no group before it stores off chip.",
    fix: "Run the groups in an order in which their maps exist; a group must not need what itself is needed for.",
  },
  "FUS-4": {
    means: "A group treats the overlap of its tiles in a way that the problem does not allow, or that its layers cannot bear.",
    fix: "Use one of the modes that the message lists.",
  },
  "FUS-5": {
    means: "A group walks tiles and weights in an order that its layers cannot run in.",
    fix: "Run it tile by tile; only single layers have groups of weights and blocks of outputs.",
  },
  "FUS-6": {
    means: "The feature maps of a tile do not fit on chip: loaded and stored twice, waiting for later tiles, alive in between.",
    fix: "Use smaller tiles or fewer layers in the group.",
  },
  "FUS-7": {
    means: "The weights that a group has on chip at a time do not fit.",
    fix: "Stream them, in smaller pieces, or use smaller tiles.",
  },
  "FUS-8": {
    means: "A layer needs rows or columns of a map that its tile neither loads nor makes nor finds kept.",
    fix: "Report this: the tiles do not fit together.",
  },
  "FUS-9": {
    means: "Rows or columns of a map that leaves the chip are stored twice or never.",
    fix: "Report this: the tiles do not fit together.",
  },
  "FUS-10": {
    means: "A group has so many tiles and pieces of weights that the judge cannot walk them.",
    fix: "Use larger tiles.",
  },
  "FUS-11": {
    means: "The plan without fusion fuses layers.",
    fix: "Plan again; it has to have one group for each layer.",
  },
  "FUS-12": {
    means: "The replay does not measure what the plan claims: bytes off chip exactly, latency and energy within 5 % or with a reason.",
    fix: "Report this: the planner miscounts.",
  },
  "FUS-13": {
    means: "A custom array is to compute a tile for which the plan has no mapping, or one whose data do not fit the memories.",
    fix: "Report this: the planner wrote an impossible plan.",
  },
  "FUS-20": {
    means: "No plan exists layer by layer: one layer has no tile that fits on chip, in any order.",
    fix: "Give the target a larger buffer, or assume narrower element types.",
  },
  "FUS-21": {
    means: "The network has nothing to plan: no operator computes at run time.",
    fix: "Check that the model is the one you meant.",
  },
  "FUS-22": { means: "The fusion target cannot serve the objective.", fix: "Use --objective balanced, traffic, latency or energy." },
  "FUS-23": {
    means: "Warning: `--overlap any` lets tiles be cut apart where their windows overlap, which changes results at tile edges.",
    fix: "Leave the option out for a plan that computes the network as it is.",
  },
  "FUS-25": {
    means: "A layer has no mapping onto the memories of a custom array: for every way to spread its loops, one of them is too small.",
    fix: "Give the memories that the message names more room, or the array fewer lanes for each of them.",
  },
};
