import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bytesText, grouped } from "../../src/report/format.js";
import { html } from "../../src/report/html.js";
import { type Report, report } from "../../src/report/report.js";
import { planned, posedExample } from "../fusion-sample.js";
import { type SampleOptions, sample } from "./sample.js";
import { everyChart, synthetic } from "./synthetic.js";

/** Any Chromium or Chrome; CHROMIUM names another. */
const executable = process.env.CHROMIUM ?? "/usr/bin/chromium";
const present = existsSync(executable);
if (!present && process.env.STOWAGE_REQUIRE_TOOLS !== "1")
  console.warn(`browser tests skipped: no browser at ${executable}; CHROMIUM may name one`);

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

describe.skipIf(!present && process.env.STOWAGE_REQUIRE_TOOLS !== "1")("the report page in a browser", () => {
  const folder = mkdtempSync(join(tmpdir(), "stowage-report-"));
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: executable, args: FLAGS });
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true });
  });

  type View = { width?: number; scheme?: "light" | "dark"; hash?: string };
  const open = (options: SampleOptions, view: View = {}) => show(report(sample(options)), view);

  /** The page of a report, and all that went wrong or out while it was open. */
  async function show(made: Report, view: View = {}) {
    const file = join(folder, "report.html");
    writeFileSync(file, html(made));
    const page = await browser.newPage({ viewport: { width: view.width ?? 1280, height: 900 }, colorScheme: view.scheme ?? "light" });
    const trouble: string[] = [];
    page.on("console", (message) => message.type() === "error" && trouble.push(message.text()));
    page.on("pageerror", (error) => trouble.push(String(error)));
    page.on("dialog", (dialog) => {
      trouble.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    const own = String(pathToFileURL(file));
    page.on("request", (request) => request.url().split("#")[0] !== own && trouble.push(`request: ${request.url()}`));
    await page.goto(own + (view.hash ?? ""));
    await settled(page);
    return { page, made, trouble };
  }

  test("shows the key figures with their floors, the verdict, and paints the plan, without a word on the console", async () => {
    const { page, made, trouble } = await open({ steps: 150 });
    const text = await page.locator("main").innerText();
    for (const figure of made.figures.filter((f) => f.unit === "B")) {
      expect(text).toContain(bytesText(figure.value));
      expect(text).toContain(`floor ${bytesText(figure.bound!)}`);
    }
    expect(text).toContain("verified by replay");
    expect(text).toContain(`${grouped(made.metrics.latencyCycles)} cycles`);
    expect(await inks(page, ".stage-base")).toBeGreaterThan(8);
    expect(trouble).toEqual([]);
    await page.close();
  });

  test.each([
    [1440, "dark"],
    [820, "light"],
    [380, "dark"],
  ] as const)("fits a window of %i pixels, %s", async (width, scheme) => {
    const { page, trouble } = await open({ steps: 60 }, { width, scheme });
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    expect(overflow).toBe(0);
    expect(await inks(page, ".stage-base")).toBeGreaterThan(8);
    expect(trouble).toEqual([]);
    await page.close();
  });

  test("hostile names are shown as text and nothing of them runs", async () => {
    const names = [
      "<img src=x onerror=alert(1)>",
      "</script><script>alert(2)</script>",
      "\u202egnp.exe\u202c",
      "\u0000\u001b[31m",
      "__proto__",
      "constructor",
      "a".repeat(5000),
      "javascript:alert(3)",
    ];
    const { page, trouble } = await open({ steps: 40, names }, { hash: "#tensor=0" });
    const text = await page.locator("main").innerText();
    expect(text).toContain("<img src=x onerror=alert(1)>");
    expect(text).toContain("</script><script>alert(2)</script>");
    expect(text).toContain("\\u{202e}gnp.exe\\u{202c}");
    expect(text.replaceAll(/\s/g, "")).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(await page.locator("img, iframe, main script").count()).toBe(0);
    await page.locator("[role=tab]").nth(1).click();
    await page.locator("[role=tab]").nth(2).click();
    await page.locator(".stage-over").hover({ position: { x: 300, y: 300 } });
    expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBe(0);
    expect(trouble).toEqual([]);
    await page.close();
  });

  test("a selection in a table stands in the address, in the details and on the map, and comes back from a link", async () => {
    const { page, made, trouble } = await open({ steps: 150 });
    const worst = made.culprits.tensors[0]!;
    const before = await pixels(page, ".stage-over");
    await page.locator(".pair tbody tr").first().click();
    await settled(page);
    expect(new URL(page.url()).hash).toBe(`#tensor=${worst}`);
    expect(await page.locator(".inspector h3").innerText()).toBe(made.tensors[worst]!.name);
    expect(await pixels(page, ".stage-over")).not.toBe(before);
    expect(await page.locator("[role=tabpanel] tr.selected").count()).toBeGreaterThan(0);
    expect(trouble).toEqual([]);
    await page.close();

    const again = await open({ steps: 150 }, { hash: `#tensor=${worst}&axis=cycles` });
    expect(await again.page.locator(".inspector h3").innerText()).toBe(made.tensors[worst]!.name);
    expect(await again.page.locator(".toggle [aria-pressed=true]").innerText()).toBe("Cycles");
    expect(again.trouble).toEqual([]);
    await again.page.close();
  });

  test("an address that asks for what is not there is ignored", async () => {
    for (const hash of ["#tensor=99999", "#step=-1", "#step=1e9&axis=nonsense", "#tensor=%00"]) {
      const { page, trouble } = await open({ steps: 12 }, { hash });
      expect(await page.locator(".inspector .eyebrow").innerText()).toBe("At the peak");
      expect(trouble).toEqual([]);
      await page.close();
    }
  });

  test("keys zoom, move, show all and walk the steps; a wheel that only passes scrolls the page", async () => {
    const { page, trouble } = await open({ steps: 150 });
    const stage = page.locator(".stage-over");
    await stage.scrollIntoViewIfNeeded();
    const whole = await pixels(page, ".stage-base");
    await stage.hover();
    await page.mouse.wheel(0, 120);
    await settled(page);
    expect(await pixels(page, ".stage-base")).toBe(whole);
    await stage.focus();
    await page.keyboard.press("w");
    await page.keyboard.press("d");
    await settled(page);
    expect(await pixels(page, ".stage-base")).not.toBe(whole);
    await page.keyboard.press("f");
    await settled(page);
    expect(await pixels(page, ".stage-base")).toBe(whole);
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowRight");
    expect(new URL(page.url()).hash).toBe("#step=1");
    await page.keyboard.press("Escape");
    expect(new URL(page.url()).hash).toBe("");
    expect(trouble).toEqual([]);
    await page.close();
  });

  test("the ledger sorts and filters, and says how much it hides", async () => {
    const { page, made } = await open({ steps: 150 });
    const ledger = page.locator("#panel-0");
    await ledger.getByRole("searchbox").fill("refetch");
    const matching = made.ledger.filter((l) => l.cause === "refetch").length;
    expect(await ledger.locator("tbody tr").count()).toBe(matching);
    expect(await ledger.getByRole("status").innerText()).toBe(`${matching} of ${made.ledger.length} rows`);
    await ledger.getByRole("searchbox").fill("");
    await ledger.getByRole("button", { name: "bytes" }).click();
    const shown = (await ledger.locator("tbody tr td:last-child").allInnerTexts()).map((t) => Number(t.replaceAll(",", "")));
    expect(shown).toEqual([...shown].sort((a, b) => a - b));
    await page.close();
  });

  test("ten thousand steps open, switch axis and answer the pointer", async () => {
    const { page, trouble } = await open({ steps: 10_000 });
    expect(await inks(page, ".stage-base")).toBeGreaterThan(8);
    await page.getByRole("button", { name: "Cycles" }).click();
    await settled(page);
    expect(await inks(page, ".stage-base")).toBeGreaterThan(8);
    await page.locator(".stage-over").hover({ position: { x: 420, y: 420 } });
    await expect.poll(() => page.locator(".card").isVisible()).toBe(true);
    expect(trouble).toEqual([]);
    await page.close();
  });

  test.each([
    [1440, "light"],
    [820, "dark"],
    [360, "light"],
  ] as const)("draws every kind of chart within a window of %i pixels, %s", async (width, scheme) => {
    const { page, made, trouble } = await show(synthetic(), { width, scheme });
    const figures = page.locator("figure.chart");
    expect(await figures.count()).toBe(made.charts.length);
    for (const [i, chart] of made.charts.entries()) {
      const picture = figures.nth(i).locator("svg[role=img]");
      expect(await picture.getAttribute("aria-label")).toContain(chart.title);
      // Marks have a colour of the theme, and nothing but words may leave the picture on its right.
      expect(await picture.locator("rect, circle, path").count()).toBeGreaterThan(5);
      const drawn = await picture.evaluate((svg) => (svg as SVGGraphicsElement).getBoundingClientRect().width);
      expect(drawn).toBeLessThanOrEqual(width);
    }
    const filled = await page
      .locator("figure.chart rect, figure.chart .mark")
      .evaluateAll((marks) => marks.map((m) => getComputedStyle(m).fill));
    expect(filled.filter((fill) => fill === "rgb(0, 0, 0)")).toEqual([]);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    expect(overflow).toBe(0);
    expect(trouble).toEqual([]);
    await page.close();
  });

  test("each chart has its numbers as a table, and a card for the mark under the pointer", async () => {
    const { page, made, trouble } = await show(synthetic());
    const bars = page.locator("figure.chart-bars").first();
    await bars.locator("summary").click();
    const chart = made.charts.find((c) => c.kind === "bars")!;
    await expect.poll(() => bars.locator("tbody tr").count()).toBe(chart.groups.length);
    expect(await bars.locator("thead").innerText()).toContain("register file");
    await bars.locator("svg rect").first().hover();
    await expect.poll(() => bars.locator(".card").isVisible()).toBe(true);
    expect(await bars.locator(".card").innerText()).toContain(chart.groups[0]!.label);
    expect(trouble).toEqual([]);
    await page.close();
  });

  test("a table of the family comes first, sorts, and its rows select steps", async () => {
    const { page, trouble } = await show(synthetic());
    expect(await page.locator("[role=tab]").first().innerText()).toBe("Groups");
    await page.locator("#panel-0 tbody tr").nth(3).locator("td").first().click();
    expect(new URL(page.url()).hash).toBe("#step=6");
    expect(trouble).toEqual([]);
    await page.close();
  });

  test("hostile names in charts and tables are shown as text", async () => {
    const names = [
      "<img src=x onerror=alert(1)>",
      "</script><script>alert(2)</script>",
      "\u202egnp.exe",
      "\u0000\u001b[31m",
      "a".repeat(5000),
    ];
    const { page, trouble } = await show(synthetic({ names }), { width: 700 });
    for (const summary of await page.locator("figure.chart summary").all()) await summary.click();
    for (const mark of await page.locator("figure.chart svg g rect:first-of-type").all()) await mark.dispatchEvent("pointerenter");
    const text = await page.locator("main").innerText();
    expect(text).toContain("<img src=x onerror=alert(1)>");
    expect(text.replaceAll(/\s/g, "")).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(await page.locator("img, iframe, main script").count()).toBe(0);
    expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBe(0);
    expect(trouble).toEqual([]);
    await page.close();
  });

  test("charts without points are empty and no error", async () => {
    const charts = everyChart().map((chart) => {
      const hollow = Object.entries(chart).map(([key, value]) => [key, Array.isArray(value) ? [] : value]);
      return Object.fromEntries(hollow) as typeof chart & object;
    });
    const { page, trouble } = await show({ ...synthetic(), charts });
    expect(await page.locator("figure.chart svg").count()).toBe(charts.length);
    expect(trouble).toEqual([]);
    await page.close();
  });

  test("one of several memories is shown, chosen by hand, by the address, or by what is selected", async () => {
    const { page, made, trouble } = await show(synthetic());
    const before = await pixels(page, ".stage-base");
    await page.getByLabel("Memory", { exact: true }).selectOption({ index: 1 });
    await settled(page);
    expect(await pixels(page, ".stage-base")).not.toBe(before);
    expect(new URL(page.url()).hash).toBe("#memory=1");
    expect(await page.locator(".inspector .eyebrow").innerText()).toBe("Weight buffer at its peak");
    await page.close();

    const weight = made.tensors.findIndex((t) => t.kind === "weight");
    const activation = made.tensors.findIndex((t) => t.kind === "activation");
    const again = await show(made, { hash: `#tensor=${activation}&memory=1` });
    expect(await again.page.getByLabel("Memory", { exact: true }).evaluate((s) => (s as HTMLSelectElement).selectedIndex)).toBe(1);
    await again.page.evaluate((id) => location.assign(`#tensor=${id}`), weight);
    await settled(again.page);
    expect(await again.page.locator(".inspector h3").innerText()).toBe(made.tensors[weight]!.name);
    await again.page.locator(".pair tbody tr").first().click();
    await expect
      .poll(() => again.page.getByLabel("Memory", { exact: true }).evaluate((s) => (s as HTMLSelectElement).selectedIndex))
      .toBe(0);
    expect([...trouble, ...again.trouble]).toEqual([]);
    await again.page.close();
  });

  describe("of a fused network", () => {
    const fused = report(planned(posedExample("mobilenetv2", "vwa", { objective: "balanced" }), "mobilenetv2"));

    test.each([
      [1440, "light"],
      [820, "dark"],
      [380, "light"],
    ] as const)("fits a window of %i pixels, %s, with both runs side by side", async (width, scheme) => {
      const { page, made, trouble } = await show(fused, { width, scheme });
      expect(await page.locator(".lead").innerText()).toContain("Against layer by layer");
      expect(await page.locator("figure.chart svg[role=img]").count()).toBe(made.charts.length);
      expect(await page.locator(".chart-brackets .outline").count()).toBe(made.steps.length);
      expect(await inks(page, ".stage-base")).toBeGreaterThan(8);
      expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBe(0);
      expect(trouble).toEqual([]);
      await page.close();
    });

    test("its tables come first, a group selects its first layer, a bar tells both figures", async () => {
      const { page, made, trouble } = await show(fused);
      const tabs = await page.locator("[role=tab]").allInnerTexts();
      expect(tabs.slice(0, 5)).toEqual(made.tables.map(({ title }) => title));
      const groups = made.tables.find(({ key }) => key === "groups")!;
      await page.getByRole("tab", { name: "Groups" }).click();
      await page
        .locator(`#panel-${made.tables.indexOf(groups)} tbody tr`)
        .nth(2)
        .locator("td")
        .first()
        .click();
      expect(new URL(page.url()).hash).toBe(`#step=${groups.rows[2]!.firstLayer}`);
      await page.locator(".chart-brackets .outline").nth(3).hover();
      const card = page.locator(".chart-brackets .card");
      await expect.poll(() => card.isVisible()).toBe(true);
      expect(await card.innerText()).toContain("layer by layer");
      expect(trouble).toEqual([]);
      await page.close();
    });
  });

  test("a plan without memories has a timeline alone", async () => {
    const made = synthetic({ lanes: 3 });
    const { page, trouble } = await show({ ...made, memories: [], lives: [] });
    expect(await page.getByRole("heading", { name: "Timeline" }).count()).toBe(1);
    expect(await inks(page, ".stage-base")).toBeGreaterThan(3);
    await page.locator(".stage-over").hover({ position: { x: 420, y: 60 } });
    expect(trouble).toEqual([]);
    await page.close();
  });

  test("a hundred thousand events on two hundred engines open and answer the pointer", async () => {
    const made = synthetic({ steps: 5_000, lanes: 200, beats: 20 });
    expect(made.slices.length).toBeGreaterThan(100_000);
    const { page, trouble } = await show(made);
    expect(await inks(page, ".stage-base")).toBeGreaterThan(8);
    const height = await page.locator(".stage").evaluate((box) => box.clientHeight);
    expect(height).toBeLessThan(1500);
    await page.getByRole("button", { name: "Cycles" }).click();
    await settled(page);
    expect(await inks(page, ".stage-base")).toBeGreaterThan(8);
    await page.locator(".stage-over").hover({ position: { x: 420, y: 420 } });
    await expect.poll(() => page.locator(".stage .card").isVisible()).toBe(true);
    expect(trouble).toEqual([]);
    await page.close();
  });
});

/** After the next two frames: whatever was asked to draw has drawn. */
const settled = (page: Page): Promise<unknown> =>
  page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));

const pixels = (page: Page, canvas: string): Promise<string> => page.locator(canvas).evaluate((c) => (c as HTMLCanvasElement).toDataURL());

/** Number of different colours on a canvas. */
const inks = (page: Page, canvas: string): Promise<number> =>
  page.locator(canvas).evaluate((c) => {
    const { width, height } = c as HTMLCanvasElement;
    const image = (c as HTMLCanvasElement).getContext("2d")!.getImageData(0, 0, width, height);
    return new Set(new Uint32Array(image.data.buffer)).size;
  });
