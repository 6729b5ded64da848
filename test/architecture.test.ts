import { readFileSync } from "node:fs";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import { filesIn, type Import, lineOf, root, type Source, sourcesIn, walk } from "./sources.js";

/** Left to right: a folder imports only from groups to its left, never from its own group's other folders. */
const ORDER: readonly (readonly string[])[] = [
  ["base"],
  ["graph", "search"],
  ["onnx", "target"],
  ["cost"],
  ["planners"],
  ["report", "emit"],
  ["explore"],
  ["goal.ts"],
  ["families.ts"],
  ["api.ts"],
  ["solvers", "node"],
  ["cli", "studio"],
];
/** Everything up to here is pure. */
const CORE = new Set(ORDER.slice(0, ORDER.findIndex((group) => group.includes("api.ts")) + 1).flat());
const CORE_PACKAGES = ["@bufbuild/protobuf", "@bufbuild/protobuf/codegenv2", "@bufbuild/protobuf/wire", "yaml", "zod"];
const MOST_LINES = 400;
/** Files that may be longer, each with its reason. */
const LONG: readonly string[] = [];

const everything = sourcesIn("src");
const product = everything.filter(({ path }) => !path.endsWith(".test.ts"));
const core = product.filter(({ path }) => CORE.has(folderOf(path)) && !isPage(path));

describe("one-way order", () => {
  test("every folder of src has its place", () => {
    expect([...new Set(product.map(({ path }) => folderOf(path)))].filter((folder) => rank(folder) < 0)).toEqual([]);
  });

  test("a folder imports only from its left, and planners never from each other", () => {
    expect(offences(product, ({ path }, to) => to.path !== undefined && !mayImport(path, to.path))).toEqual([]);
  });

  test("the order itself refuses what it should", () => {
    expect(mayImport("src/graph/a.ts", "src/onnx/b.ts")).toBe(false);
    expect(mayImport("src/onnx/a.ts", "src/target/b.ts")).toBe(false);
    expect(mayImport("src/planners/fusion/a.ts", "src/planners/scratchpad/b.ts")).toBe(false);
    expect(mayImport("src/report/a.ts", "src/report/page/main.ts")).toBe(false);
    expect(mayImport("src/planners/fusion/a.ts", "src/planners/fusion/tiles/b.ts")).toBe(true);
    expect(mayImport("src/cli/a.ts", "src/base/b.ts")).toBe(true);
  });

  test("search imports base alone", () => {
    const search = product.filter(({ path }) => folderOf(path) === "search");
    expect(offences(search, (_, to) => to.path === undefined || !["base", "search"].includes(folderOf(to.path)))).toEqual([]);
  });

  test("only the solving side of a planner and explore run what is in search; who passes a budget or a solver on sees its type", () => {
    const others = product.filter(({ path }) => !/^src\/(search|planners|explore)\//.test(path));
    const runs = (to: Import) => to.path !== undefined && folderOf(to.path) === "search" && !to.typeOnly;
    expect(offences(others, (from, to) => runs(to) && folderOf(from.path) !== "api.ts")).toEqual([]);
  });

  test("relative imports name the file that tsc writes, and the file is there", () => {
    const paths = new Set(everything.map(({ path }) => path));
    expect(offences(product, (_, { specifier, path }) => path !== undefined && !(specifier.endsWith(".js") && paths.has(path)))).toEqual(
      [],
    );
  });
});

describe("invariant 1: base ... api are pure", () => {
  test("they import no package but those that are pure themselves", () => {
    expect(offences(core, (_, { specifier, path }) => path === undefined && !CORE_PACKAGES.includes(specifier))).toEqual([]);
  });

  test("no clock, chance, console, global or locale", () => {
    const banned = new Set(["Date", "console", "process", "globalThis", "performance", "Intl", "localeCompare", "toLocaleString", "eval"]);
    const found = core.flatMap((source) => {
      const lines: string[] = [];
      walk(source.tree, (node) => {
        const chance = ts.isPropertyAccessExpression(node) && node.getText(source.tree) === "Math.random";
        if (chance || (ts.isIdentifier(node) && banned.has(node.text) && !isName(node)))
          lines.push(`${lineOf(source, node)} ${node.getText()}`);
      });
      return lines;
    });
    expect(found).toEqual([]);
  });

  test("they compile with the language alone", () => {
    const { extends: base, compilerOptions, include, exclude } = JSON.parse(readFileSync(`${root}tsconfig.core.json`, "utf8"));
    expect(base).toBe("./tsconfig.base.json");
    expect(compilerOptions.lib).toEqual(["ES2023"]);
    expect(compilerOptions.types).toEqual([]);
    expect([...include].sort()).toEqual([...CORE].map((folder) => `src/${folder}`).sort());
    expect(exclude).toEqual(["src/**/*.test.ts", "src/report/page"]);
  });
});

test("the command line does not load the planners before it knows its verb", () => {
  const byPath = new Map(product.map((source) => [source.path, source]));
  const loaded = new Set(["src/cli/main.ts"]);
  for (const path of loaded)
    for (const { path: next, typeOnly, later } of byPath.get(path)?.imports ?? [])
      if (next !== undefined && !typeOnly && !later) loaded.add(next);
  expect([...loaded].filter((path) => /^src\/(planners\/|families|api)/.test(path))).toEqual([]);
});

describe("invariant 2: the judge stands alone", () => {
  const judges = product.filter(({ path }) => /^src\/planners\/[^/]+\/(verify|replay)[^/]*\.ts$/.test(path));
  const byPath = new Map(product.map((source) => [source.path, source]));
  /** The file and all it imports, directly or through others. */
  const closureOf = (path: string): ReadonlySet<string> => {
    const seen = new Set([path]);
    for (const reached of seen) for (const { path: next } of byPath.get(reached)?.imports ?? []) if (next !== undefined) seen.add(next);
    return seen;
  };

  test("every planner has one", () => {
    const planners = new Set(product.flatMap(({ path }) => /^src\/planners\/([^/]+)\//.exec(path)?.[1] ?? []));
    for (const planner of planners) expect(judges.map(({ path }) => path)).toContain(`src/planners/${planner}/verify.ts`);
  });

  /** What both sides have: the form of a plan and, of a pipeline, what can be built and what it takes, so that a bound is proven for just that. */
  const COMMON = /\/(plan|codes)\.ts$|\/pipeline\/(options|choices|selection)\.ts$|^src\/search\/selection\/problem\.ts$/;

  test("it reaches no file of search, and shares with its solver the form of a plan alone", () => {
    const found = judges.flatMap((judge) => {
      const reached = closureOf(judge.path);
      const solver = closureOf(judge.path.replace(/[^/]+$/, "solve.ts"));
      const own = [...reached].filter((path) => !COMMON.test(path));
      const shared = own.filter((path) => folderOf(path) === "search" || (folderOf(path) === "planners" && solver.has(path)));
      return shared.map((path) => `${judge.path} reaches ${path}`);
    });
    expect(found).toEqual([]);
  });

  test("what a cut network computes is judged without the code that cuts it", () => {
    const found = judges.flatMap((judge) => [...closureOf(judge.path)].filter((path) => path.startsWith("src/graph/split/")));
    expect(found).toEqual([]);
  });

  test("no judge is async and none takes a random stream", () => {
    expect(judges.filter(({ text }) => /\basync\b|\brng\b/.test(text)).map(({ path }) => path)).toEqual([]);
  });
});

test("invariant 3: only base/verdict.ts makes an accepted plan", () => {
  const found = everything.flatMap((source) => {
    const lines: string[] = [];
    walk(source.tree, (node) => {
      const cast = ts.isAsExpression(node) || ts.isTypeAssertionExpression(node);
      if (cast && /\b(Accepted|Verdict)\b/.test(node.type.getText(source.tree))) lines.push(source.path);
    });
    return lines;
  });
  expect(new Set(found)).toEqual(new Set(["src/base/verdict.ts"]));
});

test("invariant 4: values that cross a layer are plain data", () => {
  const values = /^src\/(base\/(replay|interval|outcome|diagnostic)|graph\/(graph|loops)|target\/target|planners\/[^/]+\/plan)\.ts$/;
  const found = product
    .filter(({ path }) => values.test(path))
    .flatMap((source) => {
      const lines: string[] = [];
      walk(source.tree, (node) => {
        const live = ts.isTypeReferenceNode(node) && /^(Readonly)?(Map|Set)$|^Date$|^Promise$/.test(node.typeName.getText(source.tree));
        const method = ts.isMethodSignature(node) || (ts.isFunctionTypeNode(node) && !ts.isVariableDeclaration(node.parent));
        if (live || method || ts.isClassDeclaration(node))
          lines.push(`${lineOf(source, node)} ${node.getText(source.tree).split("\n")[0]}`);
      });
      return lines;
    });
  expect(found).toEqual([]);
});

describe("the repository", () => {
  test("no file is long", () => {
    const written = [...everything, ...["test", "bench", "scripts"].flatMap(sourcesIn)].filter(({ path }) => !isGenerated(path));
    const long = written.filter(({ text }) => text.split("\n").length - 1 > MOST_LINES).map(({ path }) => path);
    expect(long).toEqual(LONG);
  });

  test("no file is named for nothing in particular", () => {
    expect(filesIn("src").filter((path) => /\b(utils?|helpers?|misc|common|managers?)\b/i.test(path))).toEqual([]);
  });

  test("the lock file names no registry", () => {
    expect(readFileSync(`${root}package-lock.json`, "utf8")).not.toMatch(/"resolved"/);
  });
});

/** `src/target/units.ts` -> `target`; `src/api.ts` -> `api.ts`. */
function folderOf(path: string): string {
  return path.split("/")[1] ?? path;
}

function rank(folder: string): number {
  return ORDER.findIndex((group) => group.includes(folder));
}

function mayImport(from: string, to: string): boolean {
  const [a, b] = [folderOf(from), folderOf(to)];
  if (isPage(to)) return isPage(from);
  if (a !== b) return rank(b) < rank(a) && rank(b) >= 0;
  return a !== "planners" || from.split("/")[2] === to.split("/")[2];
}

/** The report's page runs in a browser and is bundled into a string; it is no part of the core. */
function isPage(path: string): boolean {
  return path.startsWith("src/report/page/");
}

function isGenerated(path: string): boolean {
  return path.endsWith(".generated.ts") || path === "src/onnx/proto/onnx_pb.ts";
}

/** Whether an identifier only names a property, so that it means nothing global; locales that the caller names are his own. */
function isName(node: ts.Identifier): boolean {
  const { parent } = node;
  if (node.text === "localeCompare") return false;
  if (node.text === "toLocaleString") return ts.isCallExpression(parent.parent) && parent.parent.arguments.length > 0;
  if (ts.isPropertyAccessExpression(parent)) return parent.name === node;
  return (ts.isPropertyAssignment(parent) || ts.isPropertySignature(parent)) && parent.name === node;
}

/** `from -> specifier` of every import that `wrong` says is one. */
function offences(sources: readonly Source[], wrong: (from: Source, to: Import) => boolean): readonly string[] {
  return sources.flatMap((source) =>
    source.imports.filter((to) => wrong(source, to)).map(({ specifier }) => `${source.path} -> ${specifier}`),
  );
}
