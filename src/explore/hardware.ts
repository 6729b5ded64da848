import { add } from "../base/units.js";
import { arrayArea, memoryArea } from "../cost/area.js";
import { peakMacs } from "../planners/fusion/costs.js";
import type { Target } from "../target/target.js";
import type { Hardware } from "./point.js";

/** What a target needs: silicon, where its parts are modelled, and the rate of its off-chip memory. */
export function hardwareOf(target: Target): Hardware {
  const area = areaOf(target);
  // A scratchpad's link has the stated rate in each direction.
  const channels = target.kind === "scratchpad" ? 2 : 1;
  return {
    ...(area === undefined ? {} : { areaSquareMillimetres: area }),
    bandwidthBytesPerSecond: channels * target.offChip.bandwidth,
  };
}

/** None for a memory sized by the network, for a hierarchy of any kind and for devices that are bought whole. */
function areaOf(target: Target): number | undefined {
  if (target.kind === "scratchpad") {
    const { memory, compute, precision } = target;
    if (typeof memory.size === "string") return undefined;
    return add(arrayArea("systolic", compute.macs, precision.weight), memoryArea(memory.size));
  }
  if (target.kind !== "fusion") return undefined;
  const { array, buffers, precision } = target;
  if (array.template === "custom") return undefined;
  const size = buffers.arrangement === "unified" ? buffers.size : add(buffers.features, buffers.weights);
  return add(arrayArea(array.template, peakMacs(array), precision.weight), memoryArea(size));
}
