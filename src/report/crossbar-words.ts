import type { CrossbarTotals, CrossbarWay } from "../base/replay.js";
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

/** The plan against rewriting everything, one after the other. */
export function comparison({ run }: Seen): string {
  const { latency, cellWrites } = run.totals;
  const plainest = run.ways.find(({ name }) => name === "rewrite");
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
      ? `and is ${times(plainest.latency, latency)} as fast as rewriting all, which takes ${secondsText(plainest.latency)}`
      : `but takes ${times(latency, plainest.latency)} as long as rewriting all, ${secondsText(plainest.latency)}`;
  return `${writes}, ${pace}.`;
}

/** A step of the ladder that gains less does nothing worth a name. */
const NOTHING = 0.01;

/** What a reader must know: where a trick does nothing, what limits, and what is not modelled. */
export function assumptions(seen: Seen): readonly string[] {
  const { problem, plan, run } = seen;
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
    ...(run.waitingBytes > machine.buffer
      ? [
          `What is fetched ahead takes up to ${bytesText(run.waitingBytes)} on chip, the buffer holds ${bytesText(machine.buffer)}: it has to be fetched later than the table says, or the buffer made larger.`,
        ]
      : []),
    `The table covers ${plan.inferences === 1 ? "one inference" : "two inferences, the second through everything in reverse,"} and repeats; figures are of one${batch > 1 ? ` pass of ${grouped(batch)} inputs` : ""}.`,
    "Cycles of this report are picoseconds.",
    "Plainer ways in the comparison write and fire one after the other; all are counted on the same cells.",
    "Partial sums that leave the chip are taken to have the link for themselves; activations, and what runs between layers, cost nothing.",
    "No published schedule of writes gives figures for these networks: what is compared is replayed here.",
    ...problem.assumptions.map((sentence) => `${capital(sentence)}.`),
  ];
}

const capital = (sentence: string): string => `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}`;

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
