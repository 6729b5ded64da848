import { type Diagnostic, fail } from "../../base/diagnostic.js";
import { holds } from "../../cost/crossbar/encoding.js";
import { breadthOf, geometryOf, heightOf, leftOf, topOf } from "../../cost/crossbar/geometry.js";
import type { CrossbarPlan, CrossbarProblem, LayerId, Mapping } from "./plan.js";
import { placeOf, type Sheet } from "./replay-sheets.js";
import { BESIDE, entriesFor, entryBytes, IDLE, readEntries } from "./replay-tables.js";

/** A way to lay a layer that its crossbars or its integers do not allow (XBR-21). */
export function mappingViolations(
  { machine, layers, sharing: shared, encoding: asked }: CrossbarProblem,
  l: LayerId,
  mapping: Mapping,
): readonly Diagnostic[] {
  const layer = layers[l]!;
  const { encoding, sharing, spread, rounds, top, left, deep = machine.rows } = mapping;
  const found: Diagnostic[] = [];
  const say = (message: string, fix: string) => {
    found.push(fail("XBR-21", `plan.mappings[${l}] (${layer.name})`, message, fix));
  };
  if (sharing > layer.outputs) say(`shares orders among ${sharing} of ${layer.outputs} outputs`, "share among fewer");
  if (shared !== undefined && sharing > Math.min(shared, layer.outputs))
    say(`shares orders among ${sharing} outputs; ${shared} are asked for`, "plan again");
  if (asked !== undefined && encoding !== asked) say(`is encoded as ${encoding}; ${asked} is asked for`, "plan again");
  if (encoding === "magnitude" && sharing > 1)
    say(`${sharing} outputs share an order under magnitude, whose rows fire by the sign of one`, "share among 1");
  if (deep > machine.rows) say(`takes ${deep} of ${machine.rows} rows`, "take fewer");
  if (spread * rounds * deep < layer.inputs)
    say(`${spread} crossbars x ${rounds} rounds x ${deep} rows hold no ${layer.inputs} inputs`, "take more rounds");
  if (spread > layer.inputs || rounds > layer.inputs)
    say(`${layer.inputs} inputs in ${rounds} rounds on ${spread} crossbars`, "take fewer");
  if (found.length > 0) return found;
  const geometry = geometryOf(layer, mapping, machine);
  const { across, width, strips } = geometry;
  if (typeof top !== "number" && top.length !== strips * spread)
    say(`says of ${top.length} of ${strips * spread} parts of strips at which row they begin`, "plan again");
  if (left !== undefined && typeof left !== "number" && left.length !== strips * spread)
    say(`says of ${left.length} of ${strips * spread} parts of strips at which column they begin`, "plan again");
  if (across === 0) say(`a bundle is ${width} cells wide, a crossbar ${machine.columns}`, "share among fewer outputs");
  for (let strip = 0; strip < strips && found.length === 0; strip++) {
    for (let part = 0; part < spread && found.length === 0; part++) {
      const [first, height] = [topOf(geometry, strip, part), heightOf(geometry, strip)];
      if (first + height > machine.rows) say(`takes rows ${first} to ${first + height} of ${machine.rows}`, "begin further up");
      const [begin, breadth] = [leftOf(geometry, strip, part), breadthOf(geometry, strip)];
      if (begin + breadth > machine.columns)
        say(`takes columns ${begin} to ${begin + breadth} of ${machine.columns}`, "begin further left");
    }
  }
  return found;
}

/** A table that is none (XBR-20) or does not hold each input of each bundle exactly once (XBR-22), weights that have no code or share no order (XBR-21): the first fault of a layer. */
export function tableViolations(
  { layer, mapping, geometry, weights, table, ordered }: Sheet,
  l: LayerId,
  shared: number | undefined,
): readonly Diagnostic[] {
  const mapped = (message: string, fix: string) => [fail("XBR-21", `plan.mappings[${l}] (${layer.name})`, message, fix)];
  // Where inputs stand in their own order, all outputs share it.
  if (shared !== undefined && !ordered && mapping.sharing < Math.min(shared, layer.outputs))
    return mapped(`shares orders among ${mapping.sharing} outputs; ${shared} are asked for`, "plan again");
  const lowest = -(2 ** (layer.bits - 1)); // the only one that some have no code for
  if (!holds(mapping.encoding, lowest, layer.bits) && weights.includes(lowest))
    return mapped(`${mapping.encoding} has no code for ${lowest}`, "choose another encoding");
  if (table.length === 0) return [];
  const count = mapping.rounds * geometry.lines;
  const entries = entriesFor(count);
  const seen = new Int32Array(layer.inputs).fill(-1);
  for (let b = 0; b < table.length; b++) {
    const where = `plan.mappings[${l}].table[${b}] (${layer.name})`;
    const fault = (message: string) => [fail("XBR-22", where, message, "every input has one place in every bundle")];
    if (!readEntries(table[b]!, entryBytes(layer), 0, count, entries, BESIDE))
      return [fail("XBR-20", where, "is not base64", "plan again; a plan file belongs to the problem stored in it")];
    let placed = 0;
    for (let k = BESIDE; k < BESIDE + count; k++) {
      const input = entries.inputs[k]!;
      if (input === IDLE) continue;
      if (input < 0 || input >= layer.inputs) return fault(`names input ${input >>> 0}; there are ${layer.inputs}`);
      if (seen[input] === b) return fault(`holds input ${input} twice`);
      seen[input] = b;
      placed++;
    }
    if (placed < layer.inputs) return fault(`holds ${placed} of ${layer.inputs} inputs`);
  }
  return [];
}

/** Loads that name what a layer has not, and contents that do not fire once per inference (XBR-23). At most 20. */
export function loadViolations(
  { layers }: CrossbarProblem,
  { sequences, inferences }: CrossbarPlan,
  sheets: readonly Sheet[],
): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  const say = (where: string, message: string, fix: string) => {
    if (found.length < MOST) found.push(fail("XBR-23", where, message, fix));
  };
  const named = sheets.map(() => 0);
  for (const loads of sequences) for (const { layer } of loads) named[layer]!++;
  sheets.forEach(({ geometry }, l) => {
    const due = inferences * geometry.loads;
    if (named[l] !== due) say(`layer ${layers[l]!.name}`, `has ${named[l]} loads, ${due} are due`, "fire each content once per inference");
  });
  if (found.length > 0) return found; // a mapping may ask for more contents than there is room to count
  const fires = sheets.map(({ geometry }) => new Uint8Array(geometry.loads));
  sequences.forEach((loads, x) => {
    loads.forEach((load, k) => {
      const sheet = sheets[load.layer]!;
      const { spread, rounds } = sheet.mapping;
      if (load.strip >= sheet.geometry.strips || load.part >= spread || load.round >= rounds)
        say(
          `plan.sequences[${x}][${k}] (${layers[load.layer]!.name})`,
          `holds strip ${load.strip}, part ${load.part}, round ${load.round} of ${sheet.geometry.strips} x ${spread} x ${rounds}`,
          "plan again",
        );
      else {
        const place = placeOf(sheet, load);
        fires[load.layer]![place] = Math.min(255, fires[load.layer]![place]! + 1);
      }
    });
  });
  fires.forEach((counts, l) => {
    const { spread, rounds } = sheets[l]!.mapping;
    counts.forEach((count, place) => {
      if (count === inferences) return;
      const [strip, part, round] = [Math.floor(place / (spread * rounds)), Math.floor(place / rounds) % spread, place % rounds];
      say(
        `layer ${layers[l]!.name}`,
        `strip ${strip}, part ${part}, round ${round} fires ${count} times in ${inferences} inferences`,
        "fire it once per inference",
      );
    });
  });
  return found;
}

const MOST = 20;

/** Which inference of the table each load belongs to: the first time that a content fires is of the first. */
export function inferencesOf({ sequences, inferences }: CrossbarPlan, sheets: readonly Sheet[]): readonly Uint8Array[] {
  const of = sequences.map((loads) => new Uint8Array(loads.length));
  if (inferences === 1) return of;
  const early = sheets.map(({ geometry }) => new Float64Array(geometry.loads).fill(Number.POSITIVE_INFINITY));
  for (const loads of sequences)
    for (const load of loads) {
      const place = placeOf(sheets[load.layer]!, load);
      early[load.layer]![place] = Math.min(early[load.layer]![place]!, load.fire.start);
    }
  const taken = sheets.map(({ geometry }) => new Uint8Array(geometry.loads));
  sequences.forEach((loads, x) => {
    loads.forEach((load, k) => {
      const place = placeOf(sheets[load.layer]!, load);
      const first = load.fire.start === early[load.layer]![place] && taken[load.layer]![place] === 0;
      if (first) taken[load.layer]![place] = 1;
      of[x]![k] = first ? 0 : 1;
    });
  });
  return of;
}
