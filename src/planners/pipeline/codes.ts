import type { CodeTable } from "../../base/diagnostic.js";

export const pipelineCodes: CodeTable = {
  "PIP-1": {
    means: "The problem or plan is not of the right form, names a layer or stream that does not exist, or contradicts itself.",
    fix: "Plan again; a plan file belongs to the problem stored in it.",
  },
  "PIP-2": { means: "The pipeline target cannot serve the objective.", fix: "Use --objective throughput or latency." },
  "PIP-3": {
    means: "The network has nothing to build: no operator computes at run time, or none of those that do can be built.",
    fix: "Check that the model is the one you meant.",
  },
  "PIP-4": {
    means: "An operator in the middle of the network has no engine: the pipeline has none for its type.",
    fix: "Replace the operator, cut the network before it, or plan for another family of accelerator.",
  },
  "PIP-5": {
    means: "An operator multiplies two values that are both computed at run time; engines multiply by constants.",
    fix: "Plan attention and the like for a scratchpad or fusion target.",
  },
  "PIP-6": {
    means:
      "An operator works along other axes, or on other shapes, than its engine can: maps are channels x height x width, one at a time.",
    fix: "Bind the batch to 1, or export the network with images as batch x channels x height x width.",
  },
  "PIP-7": {
    means: "An operator repeats a computation over time or over a condition; a pipeline runs every operator once per frame.",
    fix: "Unroll the loop when exporting the model, or plan for another family of accelerator.",
  },
  "PIP-20": {
    means: "A layer has no engine or several, a partition depends on a later one, or there are more partitions than allowed.",
    fix: "Report this: the planner wrote an impossible plan.",
  },
  "PIP-21": {
    means:
      "An engine has a number of copies that does not divide what they share, or would hold channels in its lanes that are no neighbours.",
    fix: "Unroll by divisors of channels, groups and kernel positions; groups only where all channels of a group are side by side.",
  },
  "PIP-22": {
    means:
      "The weights of an engine lie where or how they may not: fragments that do not divide a sweep, buffers or reuse beyond the target's, memory that is not there.",
    fix: "Plan again for the problem as it is.",
  },
  "PIP-23": {
    means: "Engines and streams take more of the device than it has.",
    fix: "Take a larger device, or let fewer copies run at once.",
  },
  "PIP-24": { means: "An engine needs more cycles for a frame than the plan gives it.", fix: "Report this: the planner miscounts." },
  "PIP-25": { means: "More bits cross the link per frame than it carries in that time.", fix: "Report this: the planner miscounts." },
  "PIP-26": {
    means: "The schedule of the weight stream is not one for this plan: other layers, another bus, or more of the link than there is.",
    fix: "Plan again; a schedule belongs to its engines.",
  },
  "PIP-27": {
    means: "The table of slots brings a layer fewer beats per frame than it reads.",
    fix: "Report this: the planner wrote a wrong table.",
  },
  "PIP-28": {
    means: "A layer whose weights are streamed falls behind from frame to frame.",
    fix: "Allow more cycles per frame, or keep more weights on chip.",
  },
  "PIP-29": {
    means: "Engines wait for one another for ever: a stream holds too little of what has to wait in it.",
    fix: "Report this: the problem gives a stream too little room.",
  },
  "PIP-30": {
    means: "Frames leave more slowly than they enter: streams hold too little of what comes unevenly.",
    fix: "Report this: the problem gives a stream too little room, or an engine takes longer than counted.",
  },
  "PIP-31": {
    means: "Warm-up or stalls of the weight stream are not those that the plan says.",
    fix: "Report this: the planner miscounts.",
  },
  "PIP-32": {
    means: "The replay does not measure what the plan claims: cycles per frame and resources exactly, latency at most.",
    fix: "Report this: the planner miscounts.",
  },
  "PIP-33": {
    means: "The multipliers of the certificate do not prove the bound that it states.",
    fix: "Report this: the proof is wrong, the plan may still run.",
  },
  "PIP-40": {
    means: "No choice of engines fits the device at any speed: what they take of it at least is more than there is.",
    fix: "Take a larger device, assume narrower weights, allow streaming, or allow more partitions.",
  },
  "PIP-41": {
    means: "A layer has no engine that fits the device even when it stands there alone.",
    fix: "Take a larger device, or assume narrower weights and activations.",
  },
};
