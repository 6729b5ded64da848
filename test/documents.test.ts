import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { filesIn, root } from "./sources.js";

const read = (path: string) => readFileSync(root + path, "utf8");
const pages = ["README.md", "ARCHITECTURE.md", "GLOSSARY.md", "CONTRIBUTING.md", "CHANGELOG.md", ...filesIn("docs")].filter((path) =>
  path.endsWith(".md"),
);
const decisions = filesIn("docs/decisions");

describe("documents", () => {
  test("the README sets up with two commands and no more", () => {
    const shell = [...read("README.md").matchAll(/```sh\n([^`]*)```/g)].flatMap(([, text = ""]) => text.trim().split("\n"));
    expect(shell).toEqual(["npm ci && npm run demo", "npm ci && npm test"]);
  });

  test("links lead to files that are there", () => {
    const broken = pages.flatMap((page) =>
      [...read(page).matchAll(/\]\(([^)#\s]+)[^)]*\)/g)].flatMap(([, link = ""]) =>
        link.includes("://") || existsSync(join(root, dirname(page), link)) ? [] : [`${page} -> ${link}`],
      ),
    );
    expect(broken).toEqual([]);
  });

  test("decisions are numbered without gaps and say what was refused or given up, and what would change them", () => {
    expect(decisions.map((path) => path.match(/\/(\d{4})-[a-z0-9-]+\.md$/)?.[1])).toEqual(
      decisions.map((_, i) => String(i + 1).padStart(4, "0")),
    );
    for (const page of decisions) {
      for (const part of ["Situation", "Choice", "Given up", "What would change our mind"])
        expect(read(page), page).toContain(`**${part}.**`);
    }
  });

  test("every dependency is pinned and has its decision", () => {
    const { dependencies, devDependencies } = JSON.parse(read("package.json"));
    const told = decisions.map(read).join("\n");
    for (const [name, version] of Object.entries<string>({ ...dependencies, ...devDependencies })) {
      expect(version, name).toMatch(/^\d+\.\d+\.\d+$/);
      expect(told, name).toContain(`\`${name}\``);
    }
  });

  test("the lines of a page are prose, not ours: no path of one machine, no tab", () => {
    for (const page of pages) expect(read(page), page).not.toMatch(/\/(home|root|work|tmp)\/|\t/);
  });
});
