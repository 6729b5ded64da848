import type { CrossbarBaseline, CrossbarRun, CrossbarTotals, CrossbarWay } from "../base/replay.js";
import type { Seen } from "./crossbar.js";
import { bytesText, grouped, percentText, secondsText } from "./format.js";

/** What each way to run the network adds to the one before. */
export const WAYS: Readonly<Record<CrossbarWay | "overlap", string>> = {
  rewrite: "in order, all rewritten",
  difference: "only cells that differ",
  encoding: "encoding of each layer",
  chains: "inputs in chains",
  order: "crossbars and order chosen",
  overlap: "writing while others fire",
};

/** The ladder from the plainest way to the plan itself. */
export const ladder = ({ run }: Seen): readonly (CrossbarTotals & { readonly name: CrossbarWay | "overlap" })[] => [
  ...run.ways,
  { name: "overlap", ...run.totals },
];

/** How plain ways are told that write while others fire. */
export const BASELINES: Readonly<Record<CrossbarBaseline["name"], string>> = {
  rewrite: "in order, all rewritten meanwhile",
  difference: "in order, what differs written meanwhile",
};

/** The faster of the baselines of a name: full strips or thin ones. */
export const fastest = ({ baselines }: CrossbarRun, name: CrossbarBaseline["name"]): CrossbarBaseline | undefined =>
  baselines
    .filter((baseline) => baseline.name === name)
    .reduce<CrossbarBaseline | undefined>((best, r) => (best && best.latency <= r.latency ? best : r), undefined);

/** The plan against rewriting everything, as fast as a scheduler can make that. */
export function comparison({ run }: Seen): string {
  const { latency, cellWrites } = run.totals;
  const plainest = fastest(run, "rewrite");
  const delta = run.ways.find(({ name }) => name === "difference");
  if (plainest === undefined || delta === undefined) return "";
  if (plainest.cellWrites === 0) return "All weights have crossbars of their own; nothing is written while the network runs.";
  const times = (a: number, b: number): string => `${grouped(Number((a / b).toPrecision(3)))} times`;
  const writes =
    cellWrites === 0
      ? "No cell is written while the network runs"
      : cellWrites < delta.cellWrites
        ? `Writes ${times(delta.cellWrites, cellWrites)} fewer cells than writing what differs in the layers' own order`
        : "Writes as many cells as writing what differs in the layers' own order";
  const pace =
    latency <= plainest.latency
      ? `and is ${times(plainest.latency, latency)} as fast as rewriting all while others fire, which takes ${secondsText(plainest.latency)}`
      : `but takes ${times(latency, plainest.latency)} as long as rewriting all while others fire, ${secondsText(plainest.latency)}`;
  return `${writes}, ${pace}.`;
}

/** A step of the ladder that gains less does nothing worth a name. */
const NOTHING = 0.01;

/** What a reader must know: where a trick does nothing, what limits, and what is not modelled. */
export function assumptions(seen: Seen): readonly string[] {
  const { problem, plan } = seen;
  const { machine, batch } = problem;
  const steps = ladder(seen);
  const worse = steps.flatMap((step, k) => {
    const before = steps[k - 1];
    return before !== undefined && step.latency > before.latency * (1 + NOTHING)
      ? [
          `${capital(WAYS[step.name])}: by itself this makes latency ${percentText(step.latency / before.latency - 1)} longer; what follows pays for it.`,
        ]
      : [];
  });
  const idle = steps.flatMap((step, k) => {
    const before = steps[k - 1];
    return before !== undefined && before.latency > 0 && Math.abs(before.latency - step.latency) < NOTHING * before.latency ? [step] : [];
  });
  const drivers =
    machine.programming.model === "driver" || machine.programming.model === "unit" ? machine.programming.drivers : machine.columns;
  return [
    ...idle.map(({ name }) => `For latency this does nothing here: ${WAYS[name]} (less than 1 % of the way before).`),
    ...worse,
    ...(drivers >= machine.columns && machine.programming.model !== "fixed"
      ? [
          "All columns of a row are written at once: a row takes its pulses when a single cell of it differs, so that fewer writes save energy and wear, hardly time.",
        ]
      : []),
    ...(machine.programming.model === "fixed"
      ? ["A row takes the same time whatever it held: which cells differ matters for energy and wear alone."]
      : []),
    linkText(seen),
    ...rotationText(seen),
    `The table covers ${plan.inferences === 1 ? "one inference" : "two inferences, the second through everything in reverse,"} and repeats; figures are of one${batch > 1 ? ` pass of ${grouped(batch)} inputs` : ""}.`,
    "Cycles of this report are picoseconds.",
    "The ladder's plainer ways write and fire one after the other; its baselines write while others fire, in strips thinned where that is faster. All are counted on the same cells.",
    "Partial sums that leave the chip are taken to have the link for themselves; activations, and what runs between layers, cost nothing.",
    "No published schedule of writes gives figures for these networks: what is compared is replayed here.",
    ...problem.assumptions.map((sentence) => `${capital(sentence)}.`),
  ];
}

const capital = (sentence: string): string => `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}`;

/** How cells come to wear alike, and what that costs. */
function rotationText({ plan, run }: Seen): readonly string[] {
  const { rotation } = plan;
  if (rotation === undefined || run.rotation === undefined) return [];
  const { turn, maxCellWrites, cellWrites, programming } = run.rotation;
  const rows = `every row moves on by ${rotation.rows}${rotation.crossbars > 0 ? ", and to the next crossbar when rows are back in their places" : ""}`;
  const few = (n: number) => grouped(Number(n.toPrecision(3)));
  const moves = rotation.rows === 0 ? "every crossbar hands what it holds to the next" : rows;
  return [
    `So that cells wear alike, ${moves}, once in ${grouped(rotation.every)} inferences: over a full turn of ${grouped(turn)} the cell written most has ${few(maxCellWrites)} writes per inference. Moving adds ${few(cellWrites)} cell writes and ${secondsText(programming)} per inference, in no other figure here; it takes crossbars that add a shift to the numbers of rows and crossbars, and a look at what is moved, whose cost is not counted.`,
  ];
}

/** Where the link would be what all wait for. */
function linkText({ run, problem }: Seen): string {
  const { latency, fetched } = run.totals;
  const rate = problem.machine.offChipRate;
  if (fetched === 0) return "Nothing is fetched while the network runs: the link limits nothing.";
  const busy = fetched / rate / latency;
  return busy > 0.9
    ? `The link is busy for ${percentText(busy)} of the time: it is what limits.`
    : `The link is busy for ${percentText(busy)} of the time; it would limit below ${bytesText(fetched / latency)} per second.`;
}
