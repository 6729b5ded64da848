// Evaluations per CPU second of the loop-nest cost model: node bench/cost.mjs [seconds per row]
// Runs on what `npm run build` (or `npx tsc -b tsconfig.core.json`) wrote to dist/. Each evaluation is a whole one: accesses
// per memory, operand and direction, energy, cycles with stalls and loading. Mappings are random ones of real layers, drawn
// before the clock starts; one process, one thread.
import { rng } from "../dist/base/rng.js";
import { emptyCost } from "../dist/cost/nest/cost.js";
import { evaluate } from "../dist/cost/nest/evaluate.js";
import { checkMapping, flatMapping, load } from "../dist/cost/nest/mapping.js";
import { prepare } from "../dist/cost/nest/prepare.js";
import { exact, timeloop, zigzag } from "../dist/cost/nest/problem.js";

const seconds = Number(process.argv[2] ?? 2);
const MAPPINGS = 500;
const BAR = 100_000;

const layers = {
  "AlexNet conv2, 5 x 5, grouped": { K: 128, C: 48, O: 27, F: 5, stride: 1, pad: 2 },
  "ResNet-50 stem, 7 x 7 / 2": { K: 64, C: 3, O: 112, F: 7, stride: 2, pad: 3 },
  "ResNet-50 3 x 3": { K: 128, C: 128, O: 28, F: 3, stride: 1, pad: 1 },
  "ResNet-50 1 x 1": { K: 512, C: 128, O: 28, F: 1, stride: 1, pad: 0 },
};

const hierarchy = (() => {
  const link = (role, ...directions) => directions.map((direction) => ({ role, direction }));
  const all = ["output", "input", "weight"].flatMap((role) => link(role, "toBelow", "fromBelow", "toAbove", "fromAbove"));
  const split = (bits, serves) => [
    { name: "read", bandwidth: { min: 8, max: bits }, serves: serves.filter(({ direction }) => direction.startsWith("to")) },
    { name: "write", bandwidth: { min: 8, max: bits }, serves: serves.filter(({ direction }) => direction.startsWith("from")) },
  ];
  const of = (...roles) => all.filter(({ role }) => roles.includes(role));
  const memory = (name, size, read, write, bits, serves, ...roles) => ({
    name,
    size,
    energy: { read, write },
    roles,
    serves,
    ports: split(bits, of(...roles)),
  });
  return {
    name: "bench",
    axes: [
      { name: "rows", size: 32 },
      { name: "columns", size: 32 },
    ],
    macEnergy: 0.04,
    memories: [
      memory("weight registers", 1024, 0.1, 0.1, 8, [], "weight"),
      memory("sum registers", 24, 0.02, 0.02, 24, [], "output"),
      memory("activation buffer", 2 ** 18, 20, 22, 512, [0, 1], "input", "output"),
      memory("global buffer", 2 ** 23, 200, 210, 1024, [0, 1], "input", "weight", "output"),
      {
        ...memory("DRAM", 1e12, 700, 750, 64, [0, 1]),
        roles: ["input", "weight", "output"],
        ports: [{ name: "bus", bandwidth: { min: 64, max: 64 }, serves: all }],
      },
    ],
  };
})();

for (const conventions of [exact, zigzag, timeloop]) {
  for (const [name, layer] of Object.entries(layers)) {
    const prepared = prepare(problemOf(layer), hierarchy, conventions);
    const random = rng(1);
    const mappings = Array.from({ length: MAPPINGS }, () => {
      const mapping = randomMapping(prepared, random);
      const checked = checkMapping(mapping, prepared);
      if (!checked.ok) throw new Error(checked.errors[0].message);
      return load(mapping, flatMapping(prepared));
    });
    const cost = emptyCost(prepared);
    for (const mapping of mappings) evaluate(prepared, mapping, cost);
    let count = 0;
    const start = process.cpuUsage();
    let spent = 0;
    while (spent < seconds * 1e6) {
      for (const mapping of mappings) evaluate(prepared, mapping, cost);
      count += MAPPINGS;
      const { user, system } = process.cpuUsage(start);
      spent = user + system;
    }
    const rate = (count / spent) * 1e6;
    console.log(
      `${conventions.name.padEnd(9)}${name.padEnd(32)}${Math.round(rate).toLocaleString("en")} evaluations/s${rate < BAR ? `, below the bar of ${BAR.toLocaleString("en")}` : ""}`,
    );
  }
}

function problemOf({ K, C, O, F, stride, pad }) {
  const at = (...terms) => ({ offset: 0, terms: terms.map(([loop, step]) => ({ loop, stride: step })) });
  const window = (o, f) => ({ ...at([o, stride], [f, 1]), offset: -pad });
  const side = (O - 1) * stride + F - 2 * pad;
  const sizes = { K, C, OY: O, OX: O, FY: F, FX: F };
  return {
    loops: Object.entries(sizes).map(([loop, size]) => ({ name: loop, size })),
    operands: [
      { role: "output", indices: [at([0, 1]), at([2, 1]), at([3, 1])], shape: [K, O, O], bits: 8, partialBits: 24 },
      { role: "input", indices: [at([1, 1]), window(2, 4), window(3, 5)], shape: [C, side, side], bits: 8 },
      { role: "weight", indices: [at([0, 1]), at([1, 1]), at([4, 1]), at([5, 1])], shape: [K, C, F, F], bits: 8 },
    ],
  };
}

function randomMapping({ problem, operands }, random) {
  const below = (n) => Math.floor(random() * n);
  const lanes = [
    { axis: 0, loop: 0, factor: Math.min(32, problem.loops[0].size) },
    { axis: 1, loop: 1, factor: Math.min(32, problem.loops[1].size) },
  ];
  const temporal = problem.loops.flatMap(({ size }, loop) => {
    let rest = Math.ceil(size / (lanes.find((lane) => lane.loop === loop)?.factor ?? 1));
    const factors = [];
    for (let f = 2; rest > 1; f++) for (; rest % f === 0; rest /= f) factors.push({ loop, size: f });
    return factors;
  });
  for (let i = temporal.length - 1; i > 0; i--) {
    const j = below(i + 1);
    [temporal[i], temporal[j]] = [temporal[j], temporal[i]];
  }
  const cuts = operands.map(({ levels }) => [
    ...Array.from({ length: levels - 1 }, () => below(temporal.length + 1)).sort((a, b) => a - b),
    temporal.length,
  ]);
  return { spatial: lanes, temporal, cuts };
}
