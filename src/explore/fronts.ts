import { AREA, BANDWIDTH, type Beside, ENERGY, type Front, LATENCY, type Objective, OFF_CHIP } from "./point.js";

/** In the cycles of each machine's own clock. */
const CYCLES: Objective = { key: "latencyCycles", label: "latency, clock by clock", unit: "cycle" };
const TRAFFIC: Beside = { ...OFF_CHIP, detail: true };
const CAPACITY: Objective = { key: "capacityBytes", label: "memory size", unit: "B" };

export const scratchpadFront: Front = {
  objectives: [OFF_CHIP, CAPACITY, LATENCY, ENERGY],
  others: [
    { key: "nonCompulsoryBytes", label: "traffic beyond compulsory", unit: "B" },
    { key: "peakBytes", label: "memory in use", unit: "B" },
    CYCLES,
    AREA,
    BANDWIDTH,
  ],
  beside: [TRAFFIC],
  pictures: [
    [CAPACITY.key, OFF_CHIP.key],
    [CAPACITY.key, LATENCY.key],
    [CAPACITY.key, ENERGY.key],
    [LATENCY.key, ENERGY.key],
    [AREA.key, LATENCY.key],
    [BANDWIDTH.key, LATENCY.key],
  ],
};

export const fusionFront: Front = {
  objectives: [LATENCY, ENERGY, AREA, BANDWIDTH],
  others: [OFF_CHIP, CYCLES],
  beside: [TRAFFIC],
  pictures: [
    [AREA.key, LATENCY.key],
    [AREA.key, ENERGY.key],
    [LATENCY.key, ENERGY.key],
    [BANDWIDTH.key, LATENCY.key],
    [AREA.key, OFF_CHIP.key],
  ],
};

const THROUGHPUT: Objective = { key: "framesPerSecond", label: "throughput", unit: "frame/s", more: true };
const DSP: Objective = { key: "dsp", label: "DSPs", unit: "" };
/** A block RAM holds 18,432 bits, a URAM 294,912. */
const BLOCKS: Objective = { key: "blockMemoryBytes", label: "block memory", unit: "B", sum: { bram18: 2_304, uram: 36_864 } };
const RATE: Objective = { key: "offChipBytesPerSecond", label: "off-chip rate", unit: "B/s" };

export const pipelineFront: Front = {
  objectives: [THROUGHPUT, DSP, BLOCKS, RATE, LATENCY],
  others: [
    { key: "lut", label: "LUTs", unit: "" },
    { key: "ff", label: "flip-flops", unit: "" },
    { key: "bram18", label: "block RAMs of 18 Kbit", unit: "" },
    { key: "uram", label: "URAMs", unit: "" },
    { key: "cyclesPerFrame", label: "cycles per frame", unit: "cycle" },
    { key: "weightBytesPerFrame", label: "weights streamed per frame", unit: "B" },
    OFF_CHIP,
    CYCLES,
    BANDWIDTH,
  ],
  beside: [TRAFFIC],
  pictures: [
    [DSP.key, THROUGHPUT.key],
    [BLOCKS.key, THROUGHPUT.key],
    [RATE.key, THROUGHPUT.key],
    [LATENCY.key, THROUGHPUT.key],
    [BANDWIDTH.key, THROUGHPUT.key],
    [BLOCKS.key, RATE.key],
  ],
};

const WEAR: Objective = { key: "maxCellWrites", label: "writes of the cell written most", unit: "" };
/** Over a full turn where what crossbars hold moves on now and then; else of the table that repeats. */
const LONG_RUN: Objective = { key: "longRunMaxCellWrites", label: "writes of a cell in the long run", unit: "" };
const INDEX: Objective = { key: "indexBits", label: "index bits", unit: "" };
const CROSSBARS: Objective = { key: "crossbars", label: "crossbars", unit: "" };

export const crossbarFront: Front = {
  objectives: [LATENCY, ENERGY, WEAR, INDEX, CROSSBARS],
  others: [
    LONG_RUN,
    { key: "cellWrites", label: "cell writes", unit: "" },
    { key: "waitingSeconds", label: "waiting for writing", unit: "s" },
    { key: "programmingSeconds", label: "writing, all crossbars added up", unit: "s" },
    { key: "fetchedBytes", label: "fetched to be written", unit: "B" },
    OFF_CHIP,
    CYCLES,
    BANDWIDTH,
  ],
  beside: [LONG_RUN, TRAFFIC],
  pictures: [
    [LATENCY.key, ENERGY.key],
    [LATENCY.key, WEAR.key],
    [LATENCY.key, LONG_RUN.key],
    [ENERGY.key, WEAR.key],
    [INDEX.key, WEAR.key],
    [INDEX.key, LATENCY.key],
    [CROSSBARS.key, LATENCY.key],
  ],
};
