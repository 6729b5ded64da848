import { embed } from "./embedded.js";
import { printable } from "./format.js";
import { pageScript, pageScriptHash, pageStyle, pageStyleHash, sheetScript, sheetScriptHash } from "./page.generated.js";
import type { Report } from "./report.js";
import type { Sheet } from "./sheet.js";

/**
 * The report as one self-contained HTML file: no network, no external font or script. The content policy
 * admits one script and one style sheet, ours, by their hashes, so that no text of the model can run.
 * The data is a JSON block; the page shows names as text only.
 */
export const html = (report: Report): string =>
  page(`${report.model} on ${report.target}`, embed(report), { text: pageScript, hash: pageScriptHash });

/** A sheet in the same form. */
export const sheetHtml = (sheet: Sheet): string => page(sheet.title, sheet, { text: sheetScript, hash: sheetScriptHash });

function page(title: string, data: unknown, script: { readonly text: string; readonly hash: string }): string {
  const policy = [
    "default-src 'none'",
    `script-src '${script.hash}'`,
    `style-src '${pageStyleHash}'`,
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${markup(printable(title))} · Stowage</title>
<style>${pageStyle}</style>
</head>
<body>
<noscript>This report draws itself with the script it carries; switch scripts on to read it. No data leaves the page.</noscript>
<main id="page"></main>
<script type="application/json" id="report">${inScript(JSON.stringify(data))}</script>
<script>${script.text}</script>
</body>
</html>
`;
}

/** Text that stays text between tags. */
const markup = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** JSON that cannot end the script element it stands in, nor hold what older parsers take for a line's end. */
const inScript = (json: string): string => json.replaceAll("<", "\\u003c").replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029");
