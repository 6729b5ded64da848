/**
 * Writes the git-ignored `*.generated.ts` files that the core compiles in, so that the core itself
 * opens no file and runs in a browser as it does in Node. `npm run build` runs it before `tsc`.
 *
 * One function per output: it reads from `src/` and returns the text of one TypeScript module.
 */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("../", import.meta.url));

/** Path of each output, from the root -> the function that makes its text. */
const outputs = {
  "src/target/presets.generated.ts": presets,
  "src/report/page.generated.ts": page,
};

for (const [path, make] of Object.entries(outputs)) {
  const text = `// Made by scripts/generate.mjs; do not edit.\n${await make()}`;
  // An unchanged file keeps its date, so that `tsc -b` has nothing to do.
  if (!existsSync(root + path) || readFileSync(root + path, "utf8") !== text) writeFileSync(root + path, text);
}

/** The YAML text of every preset by its name, which is its file's name. */
function presets() {
  const folder = `${root}src/target/presets/`;
  const names = readdirSync(folder)
    .filter((file) => file.endsWith(".yaml"))
    .map((file) => file.slice(0, -".yaml".length))
    .sort();
  const entries = names.map((name) => `  ${JSON.stringify(name)}: ${JSON.stringify(readFileSync(`${folder}${name}.yaml`, "utf8"))},\n`);
  return `export const presetSources: Readonly<Record<string, string>> = {\n${entries.join("")}};\n`;
}

/** The scripts of the report page and of the sheet, and their style, as strings, with the hashes that its content policy admits. */
async function page() {
  const folder = `${root}src/report/page/`;
  const bundle = async (entry) => {
    const { outputFiles } = await build({
      entryPoints: [folder + entry],
      bundle: true,
      minify: true,
      write: false,
      format: "iife",
      target: "es2022",
      charset: "ascii",
      legalComments: "none",
      logLevel: "warning",
    });
    // Neither may hold the end tag of the element it stands in.
    return outputFiles[0].text.trim().replaceAll("</", "<\\/");
  };
  const script = await bundle("main.ts");
  const sheet = await bundle("sheet.ts");
  const style = await bundle("page.css");
  const hash = (text) => `sha256-${createHash("sha256").update(text).digest("base64")}`;
  const constants = {
    pageScript: script,
    pageScriptHash: hash(script),
    sheetScript: sheet,
    sheetScriptHash: hash(sheet),
    pageStyle: style,
    pageStyleHash: hash(style),
  };
  return Object.entries(constants)
    .map(([name, value]) => `export const ${name}: string = ${JSON.stringify(value)};\n`)
    .join("");
}
