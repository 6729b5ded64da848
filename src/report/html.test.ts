import { expect, test } from "vitest";
import { sample } from "../../test/browser/sample.js";
import { synthetic } from "../../test/browser/synthetic.js";
import { embed, unembed } from "./embedded.js";
import { html } from "./html.js";
import { report } from "./report.js";

test("the data block holds the whole report", () => {
  const made = report(sample({ steps: 30 }));
  const [, json] = /<script type="application\/json" id="report">(.*)<\/script>\n<script>/s.exec(html(made))!;
  expect(unembed(JSON.parse(json!))).toEqual(made);
  expect(unembed(embed(made))).toEqual(made);
  const rich = synthetic();
  expect(unembed(JSON.parse(JSON.stringify(embed(rich))))).toEqual(rich);
});

test("no name leaves the data block or the title", () => {
  const names = [
    "</title><script>alert(1)</script>",
    "</script><script>alert(2)</script>",
    "<!--<script>",
    "\u2028",
    "<img src=x onerror=alert(3)>",
  ];
  const page = html(report(sample({ steps: 30, names })));
  expect(page.match(/<script/g)).toHaveLength(2);
  expect(page.match(/<\/script>/g)).toHaveLength(2);
  expect(page).not.toMatch(/<img|<!--|\u2028/);
});

test("the policy admits our own script and style alone, and no address of another host is in the page", () => {
  const page = html(report(sample({ steps: 30 })));
  const [, policy] = /Content-Security-Policy" content="([^"]*)"/.exec(page)!;
  expect(policy).toMatch(/^default-src 'none'; script-src 'sha256-[^']+'; style-src 'sha256-[^']+';/);
  expect(policy).not.toContain("unsafe");
  expect(page).not.toMatch(/(src|href)=["']?(https?:)?\/\//);
});
