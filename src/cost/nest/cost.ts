import { DIRECTIONS, type Direction, type Role } from "../../target/hierarchy.js";
import { MOST_LANES, MOST_LEVELS, MOST_LOOPS, type Prepared } from "./prepare.js";

/** Slots per operand in arrays over boundaries: below the innermost memory, between memories, above the outermost. */
export const BOUNDARIES = MOST_LEVELS + 1;
/** Slots per operand in arrays over levels and directions: `(operand * MOST_LEVELS + level) * 4 + direction`. */
export const LINKS = MOST_LEVELS * 4;

/**
 * What one evaluation found, in flat arrays that the next one overwrites. Energies in picojoules; times in cycles.
 * Arrays over links are indexed by `(operand * MOST_LEVELS + level) * 4 + direction`.
 */
export interface NestCost {
  energy: number;
  macEnergy: number;
  memoryEnergy: number;
  leakageEnergy: number;
  /** `temporal + stall + onLoading + offLoading`. */
  latency: number;
  temporal: number;
  stall: number;
  onLoading: number;
  offLoading: number;
  /** Index of the port that decides the stall, -1 without one. */
  limitingPort: number;
  /** Whether the tiles of each memory fit it. */
  fits: boolean;
  /** Elements per link, all instances together. */
  readonly elements: Float64Array;
  /** Accesses per link, all instances together. */
  readonly accesses: Float64Array;
  readonly energyOf: Float64Array;
  /** Bits held at once / size, per memory. */
  readonly utilisation: Float64Array;
  /** Stall per port if it were alone. */
  readonly portStall: Float64Array;
  readonly scratch: Scratch;
}

/** Tiles per operand and boundary: `operand * BOUNDARIES + boundary`. */
export interface Tiles {
  /** Elements of one unit below the boundary. */
  readonly unit: Float64Array;
  /** Different elements of all units that one memory above the boundary feeds. */
  readonly union: Float64Array;
  /** Lanes at and above the boundary: how many units there are. */
  readonly units: Float64Array;
  /** Elements in a whole run that pass the boundary, as the units below and as the memories above see it. */
  readonly below: Float64Array;
  readonly above: Float64Array;
}

/** What an evaluation works in. */
export interface Scratch {
  readonly tiles: Tiles;
  /** Tiles with averaged lanes; `uniform` conventions alone. */
  readonly averaged: Tiles;
  readonly factors: Float64Array;
  readonly averagedFactors: Float64Array;
  readonly prefix: Float64Array;
  /** Per operand and boundary: loops below it, those included over which the tile stays the same. */
  readonly reach: Int32Array;
  readonly period: Float64Array;
  readonly count: Float64Array;
  readonly topRelevant: Float64Array;
  readonly topIrrelevant: Float64Array;
  /** Whether results pass this boundary incomplete. */
  readonly partial: Uint8Array;
  readonly doubleBuffered: Uint8Array;
  /** Per loop, and 1 for the loop that a window of one lacks. */
  readonly extent: Float64Array;
  readonly lanes: Float64Array;
  readonly lanesBelow: Float64Array;
  /** Per link: cycles of one transfer, cycles it may take unnoticed, cycles from one to the next, transfers. */
  readonly real: Float64Array;
  readonly allowed: Float64Array;
  readonly linkPeriod: Float64Array;
  readonly linkCount: Float64Array;
  /** Per link: cycles that delay the start or the end. */
  readonly exposed: Float64Array;
  /** Per operand and level: the part in use / size of the memory. */
  readonly share: Float64Array;
  readonly held: Float64Array;
  readonly busy: Float64Array;
  readonly free: Float64Array;
  readonly order: Int32Array;
}

/** An empty cost for `prepared`, to evaluate into. */
export function emptyCost({ operands, ports, hierarchy, loopSizes }: Prepared): NestCost {
  const links = operands.length * LINKS;
  const floats = (n: number) => new Float64Array(n);
  const boundaries = () => floats(operands.length * BOUNDARIES);
  const tiles = (): Tiles => ({
    unit: boundaries(),
    union: boundaries(),
    units: boundaries(),
    below: boundaries(),
    above: boundaries(),
  });
  return {
    energy: 0,
    macEnergy: 0,
    memoryEnergy: 0,
    leakageEnergy: 0,
    latency: 0,
    temporal: 0,
    stall: 0,
    onLoading: 0,
    offLoading: 0,
    limitingPort: -1,
    fits: true,
    elements: floats(links),
    accesses: floats(links),
    energyOf: floats(links),
    utilisation: floats(hierarchy.memories.length),
    portStall: floats(ports.length),
    scratch: {
      tiles: tiles(),
      averaged: tiles(),
      factors: floats(MOST_LANES),
      averagedFactors: floats(MOST_LANES),
      prefix: floats(MOST_LOOPS + 1),
      reach: new Int32Array(operands.length * BOUNDARIES),
      period: boundaries(),
      count: boundaries(),
      topRelevant: boundaries(),
      topIrrelevant: boundaries(),
      partial: new Uint8Array(operands.length * BOUNDARIES),
      doubleBuffered: new Uint8Array(operands.length * BOUNDARIES),
      extent: floats(loopSizes.length + 1),
      lanes: floats(loopSizes.length + 1),
      lanesBelow: floats(loopSizes.length + 1),
      real: floats(links),
      allowed: floats(links),
      linkPeriod: floats(links),
      linkCount: floats(links),
      exposed: floats(links),
      share: floats(links),
      held: floats(hierarchy.memories.length),
      busy: floats(ports.length),
      free: floats(ports.length),
      order: new Int32Array(links),
    },
  };
}

/** One row of the energy and access breakdown. Picojoules; the rows and `macEnergy`, `leakageEnergy` sum to `energy`. */
export interface LinkCost {
  readonly role: Role;
  readonly memory: string;
  readonly direction: Direction;
  readonly elements: number;
  readonly accesses: number;
  readonly energyPicojoules: number;
}

/** The breakdown as plain rows, those that move nothing left out. */
export function linkCosts({ operands, hierarchy }: Prepared, cost: NestCost): readonly LinkCost[] {
  return operands.flatMap(({ role, levels, memory }, o) =>
    Array.from({ length: levels * 4 }, (_, i) => {
      const link = o * LINKS + i;
      return {
        role,
        memory: hierarchy.memories[memory[i >> 2]!]!.name,
        direction: DIRECTIONS[i & 3]!,
        elements: cost.elements[link]!,
        accesses: cost.accesses[link]!,
        energyPicojoules: cost.energyOf[link]!,
      };
    }).filter(({ elements }) => elements > 0),
  );
}
