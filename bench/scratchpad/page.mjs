// docs/benchmarks.md from the rows of bench/scratchpad.mjs.
import { BASELINES } from "./baselines.mjs";
import { SIZES, WEIGHTS } from "./cases.mjs";
import { elsewhere } from "./elsewhere.mjs";

const number = (n) => n.toLocaleString("en");
const seconds = (n) => (n < 9.95 ? n.toFixed(2) : n.toFixed(0));
const table = (head, rows) => [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
const plural = (n, one) => `${n} ${one}${n === 1 ? "" : "s"}`;

/** The whole page; `rows` carry one case each, `limits` in seconds. */
export function page({ rows, limits, machine, packing }) {
  return `${[
    "# Benchmarks",
    `Measured on ${machine.date}: ${plural(machine.cores, "core")} (${machine.system}) shared with other work, Node ${machine.node}. ` +
      "Made by `npm run bench -- scratchpad`, which reads every ONNX file of `STOWAGE_MODELS` and the bundled examples; do not edit.",
    setting(rows, limits),
    "## What is saved at `min`",
    reductions(rows),
    nothingLeft(rows),
    "## Proofs and failures",
    failures(rows, limits),
    ...SIZES.flatMap((size) => WEIGHTS.map((weights) => details(rows, size, weights))),
    "## Addresses alone",
    packing === undefined
      ? "MiniMalloc's instances were not there."
      : `\`npm run bench -- packing\`, capacity 1 MiB:\n\n\`\`\`text\n${packing}\n\`\`\``,
    elsewhere,
  ].join("\n\n")}\n`;
}

const setting = (rows, limits) => `Data in int8, alignment 16 B, single-input element-wise operators in place. Figures are
**non-compulsory bytes**: spilled and re-fetched, beyond one read of each input and weight and one write of each output.
\`min\` is the largest operator's need, \`peak\` the smallest peak of all orders (of the model's own where that search is
cut off), \`mid\` their mean. Networks: ${new Set(rows.map((r) => r.network)).size}.

- ${BASELINES.map(({ name, says }) => `**${name}**: ${says}`).join("; ")}; addresses by TensorFlow Lite's arena (largest first,
  best fit). **!** marks a plan that the arena does not fit into the memory: the bytes are then those it would move if it did.
- **COSMA FS**: COSMA's integer programme with addresses for the model's order, on HiGHS, ${limits.cosma} s per case, two cases at a
  time; at \`min\` only, where the model's order must move something.
- **ours**: what \`stowage plan\` does, ${limits.ours} s per case at most; every plan is accepted by the judge. The bound covers all orders.
  Seconds: to the first plan, to the best, to the proof.`;

const all = (rows, weights, size) => rows.filter((r) => r.weights === weights && r.size === size);

const CLASSES = [
  ["human-designed", (r) => r.kind === "human-designed"],
  ["of these, COSMA's roster", (r) => r.roster],
  ["NAS", (r) => r.kind === "NAS"],
];

/** Mean of 1 - ours / baseline over the networks for which the baseline moves anything. */
function reductions(rows) {
  const body = CLASSES.flatMap(([kind, belongs]) =>
    WEIGHTS.flatMap((weights) =>
      BASELINES.map(({ name }, i) => {
        const here = all(rows, weights, "min").filter((r) => belongs(r) && r.ours.failure === undefined);
        const moving = here.filter((r) => r.baselines[i].bytes > 0);
        const saved = moving.map((r) => 1 - r.ours.bytes / r.baselines[i].bytes);
        const tight = moving.filter((r) => r.ours.proved && r.ours.bytes === r.baselines[i].bytes);
        const rest = saved.filter((s) => s > 0);
        const mean = (list) => (list.length === 0 ? "-" : `${((100 * list.reduce((a, b) => a + b, 0)) / list.length).toFixed(1)} %`);
        return [
          kind,
          weights,
          name,
          here.length,
          here.filter((r) => !r.baselines[i].fits).length,
          moving.length,
          mean(saved),
          tight.length,
          mean(rest),
        ];
      }),
    ),
  );
  return `${table(
    [
      "class",
      "weights",
      "against",
      "networks",
      "arena does not fit",
      "moves bytes",
      "mean reduction there",
      "of those proved optimal already",
      "mean reduction on the rest",
    ],
    body,
  )}

COSMA claims a mean reduction of 84 % (human-designed) and 85 % (NAS) against such baselines on its own versions of its networks;
its per-network figures are not published. The mean counts a baseline's bytes even where its arena does not fit, which favours
the baseline. Where the baseline already moves the least that any order can, nothing is left to save: those count as 0 %.`;
}

function nothingLeft(rows) {
  return WEIGHTS.map((weights) => {
    const here = all(rows, weights, "min");
    const zero = here.filter((r) => r.ours.proved && r.ours.bytes === 0 && r.baselines.every((b) => b.bytes === 0));
    const tight = here.filter((r) => r.ours.proved && r.ours.bytes > 0 && r.baselines.some((b) => b.bytes === r.ours.bytes));
    const names = (list) => (list.length === 0 ? "none" : list.map((r) => r.network).join(", "));
    return (
      `Weights ${weights}, nothing to save. No method moves a byte (${zero.length} of ${here.length}): ${names(zero)}. ` +
      `Bytes move, and some baseline's count is proved least, its addresses aside (${tight.length}): ${names(tight)}.`
    );
  }).join("\n\n");
}

function failures(rows, limits) {
  const own = rows.filter((r) => r.sameAs === undefined);
  const ours = own.filter((r) => r.ours.failure === undefined);
  const tried = own.filter((r) => r.cosma !== undefined);
  const planned = tried.filter((r) => r.cosma.failure === undefined);
  const above = ours.filter((r) => r.baselines.some((b) => b.bytes < r.ours.bytes));
  const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)] ?? 0;
  return [
    `- Cases: ${own.length} (capacities that coincide are counted once).`,
    `- Ours: ${ours.length} plans accepted, ${own.length - ours.length} failures; ${ours.filter((r) => r.ours.proved).length} proved over all orders. ` +
      `First plan: median ${seconds(median(ours.map((r) => r.ours.first)))} s, worst ${seconds(Math.max(0, ...ours.map((r) => r.ours.first)))} s; ` +
      `all done: median ${seconds(median(ours.map((r) => r.ours.seconds)))} s.`,
    `- Ours above a baseline's count: ${above.length === 0 ? "nowhere" : above.map((r) => `${r.network} (${r.weights}, ${r.size})`).join(", ")}.`,
    ...BASELINES.map(({ name }, i) => `- ${name}: the arena does not fit in ${own.filter((r) => !r.baselines[i].fits).length} cases.`),
    `- COSMA FS: ${tried.length} cases, ${planned.filter((r) => r.cosma.proved).length} proved for the model's order, ` +
      `${planned.filter((r) => !r.cosma.proved).length} with a plan when the ${limits.cosma} s were over, ${tried.length - planned.length} without one.`,
  ].join("\n");
}

function details(rows, size, weights) {
  const here = all(rows, weights, size);
  const same = here.filter((r) => r.sameAs !== undefined);
  const own = here.filter((r) => r.sameAs === undefined);
  const idle = (r) => r.ours.proved && r.ours.bytes === 0 && r.baselines.every((b) => b.bytes === 0 && b.fits);
  const shown = own.filter((r) => !idle(r));
  const cosma = shown.some((r) => r.cosma !== undefined);
  const head = [
    "network",
    "operators",
    "memory B",
    ...BASELINES.map((b) => b.name),
    ...(cosma ? ["COSMA FS", "s"] : []),
    "ours",
    "bound",
    "peak B",
    "s first",
    "s best",
    "s proof",
  ];
  const body = shown.map((r) => [
    r.network,
    r.steps,
    number(r.capacity),
    ...r.baselines.map((b) => `${number(b.bytes)}${b.fits ? "" : "!"}`),
    ...(cosma ? cosmaCells(r) : []),
    ...oursCells(r.ours),
  ]);
  const quiet = own.length - shown.length;
  return [
    `## \`${size}\`, weights ${weights}`,
    shown.length === 0 ? "Nothing moves anywhere, with any method." : table(head, body),
    [
      `${plural(quiet, "further network")}: no method moves a byte and every arena fits.`,
      ...(same.length > 0 ? [`${plural(same.length, "further network")}: the capacity is that of a smaller size.`] : []),
    ].join(" "),
  ].join("\n\n");
}

function cosmaCells({ cosma }) {
  if (cosma === undefined) return ["", ""];
  if (cosma.failure !== undefined) return ["no plan", seconds(cosma.seconds)];
  return [`${number(cosma.bytes)}${cosma.proved ? "" : " (time)"}`, seconds(cosma.seconds)];
}

function oursCells(ours) {
  if (ours.failure !== undefined) return [ours.failure, "", "", "", "", ""];
  return [
    `**${number(ours.bytes)}**`,
    number(ours.bound),
    number(ours.peak),
    seconds(ours.first),
    seconds(ours.best),
    ours.proved ? seconds(ours.seconds) : `open after ${seconds(ours.seconds)}`,
  ];
}
