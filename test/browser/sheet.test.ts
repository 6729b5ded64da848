import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseSpace } from "../../src/api.js";
import { rng } from "../../src/base/rng.js";
import { type FrontDocument, frontDocument } from "../../src/explore/document.js";
import type { Result } from "../../src/explore/point.js";
import { frontSheet } from "../../src/explore/sheet.js";
import { sheetHtml } from "../../src/report/html.js";

const executable = process.env.CHROMIUM ?? "/usr/bin/chromium";
const present = existsSync(executable);
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

const HOSTILE = ["<img src=x onerror=alert(1)>", "</script><script>alert(2)</script>", "\u202egnp.exe\u202c"];

/** A front over made-up figures; every ninth point has no plan. */
function made(model: string): FrontDocument {
  const space = parseSpace(
    "base: vwa\naxes:\n  array.blocks: [4, 8, 16]\n  buffers.size: { from: 64KiB, to: 512KiB, step: 64KiB }\n  offChip.bandwidth: { from: 1GB/s, to: 16GB/s, factor: 2 }\n",
    "space.yaml",
  );
  if (!space.ok) throw new Error("the space is wrong");
  const random = rng(4);
  const results = new Map(
    space.value.points.map(({ id }): [number, Result] => [
      id,
      id % 9 === 4
        ? { status: "infeasible", reason: { code: "FUS-20", where: HOSTILE[0]!, message: HOSTILE[1]!, fix: "x" } }
        : {
            status: "planned",
            metrics: {
              latencySeconds: 0.002 + 0.01 * random(),
              energyPicojoules: 1e9 * (1 + 3 * random()),
              latencyCycles: 1,
              offChipBytes: 4e6,
            },
            optimal: id % 2 === 0,
          },
    ]),
  );
  const manifest = { stowage: "0", model: "m", space: "s", goal: "g", seed: 1, budget: { nodes: 1 } };
  return frontDocument({ model, planned: "energy", space: space.value, results, epsilon: 0, assumptions: [], warnings: [], manifest });
}

describe.skipIf(!present && process.env.STOWAGE_REQUIRE_TOOLS !== "1")("the page of a front in a browser", () => {
  const folder = mkdtempSync(join(tmpdir(), "stowage-sheet-"));
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: executable, args: FLAGS });
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true });
  });

  /** The page, and all that went wrong or out while it was open. */
  async function show(document: FrontDocument, width = 1280, colorScheme: "light" | "dark" = "light") {
    const file = join(folder, "front.html");
    writeFileSync(file, sheetHtml(frontSheet(document)));
    const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
    const trouble: string[] = [];
    page.on("console", (message) => message.type() === "error" && trouble.push(message.text()));
    page.on("pageerror", (error) => trouble.push(String(error)));
    page.on("dialog", (dialog) => {
      trouble.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    const own = String(pathToFileURL(file));
    page.on("request", (request) => request.url() !== own && trouble.push(`request: ${request.url()}`));
    await page.goto(own);
    await page.locator(".chart svg").first().waitFor();
    return { page, trouble };
  }

  test("draws every planned point, the fronts and their knees, and lists the front", async () => {
    const front = made("net.onnx");
    const { page, trouble } = await show(front);
    expect(await page.locator("h1").innerText()).toContain("net.onnx");
    const pictures = page.locator(".chart-scatter svg");
    expect(await pictures.count()).toBe(4);
    for (const picture of await pictures.all()) expect(await picture.locator("circle.dot").count()).toBe(front.counts.planned);
    expect(await page.locator("circle.knee").count()).toBeGreaterThan(0);
    expect(await page.locator("section", { hasText: "The front" }).locator("tbody tr").count()).toBe(front.front.length);
    expect(trouble).toEqual([]);
    await page.close();
  });

  test("a table sorts by a figure and filters by words", async () => {
    const { page, trouble } = await show(made("net.onnx"));
    const table = page.locator("section", { hasText: "The front" });
    const energy = table.locator("th button", { hasText: /^energy$/ });
    await energy.click();
    await energy.click();
    const cells = await table.locator("tbody tr td:nth-child(7)").allInnerTexts();
    expect(cells.map(Number.parseFloat)).toEqual(cells.map(Number.parseFloat).toSorted((a, b) => a - b));
    await table.locator(".filter").fill("512KiB");
    for (const row of await table.locator("tbody tr").allInnerTexts()) expect(row).toContain("512KiB");
    expect(trouble).toEqual([]);
    await page.close();
  });

  test.each([
    [1440, "dark"],
    [390, "light"],
  ] as const)("fits a window of %i pixels, %s, and shows hostile names as text", async (width, scheme) => {
    const { page, trouble } = await show(made(HOSTILE.join(" ")), width, scheme);
    expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBe(0);
    expect(await page.locator("h1").innerText()).toContain(HOSTILE[0]);
    expect(await page.locator("img, iframe, main script").count()).toBe(0);
    expect(trouble).toEqual([]);
    await page.close();
  });
});
