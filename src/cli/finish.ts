import type { Diagnostic } from "../base/diagnostic.js";
import { type OutputFile, type StagedFile, writeFiles } from "../node/files.js";
import { printable } from "../report/format.js";
import type { Tone } from "../report/text.js";

/** What the shell sees. */
export const EXIT = { done: 0, usage: 1, badInput: 2, infeasible: 3, noPlan: 4, refused: 5, bug: 70 } as const;
export type Exit = (typeof EXIT)[keyof typeof EXIT];

/**
 * What a verb came to: plain data, so that a thread may hand it over. Nothing is printed, and no file
 * gets its name, before the verb is through, and only here.
 */
export interface Finished {
  readonly exit: Exit;
  /** For people, on stdout. */
  readonly text: string;
  /** `text` is an export for other programs: as it is, wherever it does not go to a terminal. */
  readonly verbatim?: boolean;
  /** For people, on stderr, beside an export or where `text` needs a caveat. */
  readonly note?: string;
  /** The document of `--json`; undefined where the errors are the document. */
  readonly json: string | undefined;
  readonly errors: readonly Diagnostic[];
  /** Those that `text` does not show; on stderr. */
  readonly warnings: readonly Diagnostic[];
  readonly files: readonly (OutputFile | StagedFile)[];
}

export const done = (text: string, json: unknown, more: Partial<Finished> = {}): Finished => ({
  exit: EXIT.done,
  text,
  json: JSON.stringify(json),
  errors: [],
  warnings: [],
  files: [],
  ...more,
});

export const failed = (exit: Exit, errors: readonly Diagnostic[], more: Partial<Finished> = {}): Finished => ({
  exit,
  text: "",
  json: undefined,
  errors,
  warnings: [],
  files: [],
  ...more,
});

/** Writes the files, prints, sets the exit code. Where a file cannot be written the run has failed, whatever it found. */
export function finish(finished: Finished, json: boolean): void {
  const written = writeFiles(finished.files);
  const { exit, text, verbatim, note, json: document, errors, warnings } = written.ok ? finished : failed(EXIT.badInput, written.errors);
  process.exitCode = exit;
  for (const diagnostic of [...warnings, ...errors]) process.stderr.write(errorText(diagnostic));
  if (!json && note !== undefined) process.stderr.write(harmless(`${note}\n`));
  if (json) process.stdout.write(`${document ?? JSON.stringify({ schema: "stowage/error/1", errors })}\n`);
  else if (text !== "") process.stdout.write(verbatim && !process.stdout.isTTY ? text : harmless(text.endsWith("\n") ? text : `${text}\n`));
  // A folder full of files is named by the verb.
  if (!json && written.ok && written.value.length <= LISTED)
    for (const path of written.value) process.stderr.write(`wrote ${printable(path)}\n`);
}

const LISTED = 8;

/** `CODE where: message`, then what to try. One line each, whatever the model calls its tensors. */
export const errorText = ({ code, where, message, fix }: Diagnostic): string =>
  `${code} ${printable(where)}: ${printable(message)}\n  try: ${printable(fix)}\n`;

/** ECMA-48 select-graphic-rendition codes: on, off. */
const FORMATS = { title: [1, 22], heading: [1, 22], good: [32, 39], warn: [33, 39], dim: [2, 22] } as const;

/** Colours for `text`, where stdout shows them and nobody asked for none. */
export const colours = (): boolean => process.stdout.isTTY === true && process.stdout.hasColors();

export const paint =
  (coloured: boolean) =>
  (tone: Tone, plain: string): string =>
    coloured ? `\x1b[${FORMATS[tone][0]}m${plain}\x1b[${FORMATS[tone][1]}m` : plain;

/** The last line of defence: whatever reaches the terminal, nothing but line ends and our own colours acts there. */
const harmless = (text: string): string => text.replace(ACTING, printable);

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what has to be found
const ACTING = /(?!\n|\x1b\[\d{1,2}m)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;
