import { createHash, randomBytes } from "node:crypto";
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { bad, type Checked, type Diagnostic, fail, good } from "../base/diagnostic.js";

/** Node 20 holds at most this much in one typed array; larger models keep their weights as external data anyway. */
const MODEL_LIMIT = 2 ** 32 - 1;
/** Targets and CSV files. */
const TEXT_LIMIT = 2 ** 28;
/** Characters that are written at once, about. */
const PIECE = 2 ** 20;
/** One read call moves at most this much: beyond 2 GiB the system call refuses. */
const CHUNK = 2 ** 28;

export interface OutputFile {
  readonly path: string;
  readonly text: string;
}

/** A file whose text stands complete under a temporary name in its folder. */
export interface StagedFile {
  readonly path: string;
  readonly temporary: string;
}

/** The bytes of a model, however large (up to 4 GiB), read in positioned chunks. */
export const readModelFile = (path: string): Checked<Uint8Array> => readRegularFile(path, MODEL_LIMIT);

/** The text of a file; a byte-order mark is dropped. */
export function readTextFile(path: string): Checked<string> {
  const bytes = readRegularFile(path, TEXT_LIMIT);
  if (!bytes.ok) return bytes;
  try {
    return good(new TextDecoder("utf-8", { fatal: true }).decode(bytes.value));
  } catch {
    return bad(fail("CLI-8", path, `${bytes.value.length} bytes that are not valid UTF-8`, "give a text file, saved as UTF-8"));
  }
}

/** Lower-case hexadecimal SHA-256. */
export function sha256(data: Uint8Array | string): string {
  const hash = createHash("sha256");
  if (typeof data === "string") hash.update(data);
  else for (let at = 0; at < data.length; at += CHUNK) hash.update(data.subarray(at, at + CHUNK)); // update() refuses 2 GiB at once
  return hash.digest("hex");
}

/** The part of a path that messages and reports name. */
export const fileName = (path: string): string => basename(path);

/** Whether a regular file, or a link to one, stands at `path`. */
export const isFile = (path: string): boolean => look(path)?.isFile() === true;

/**
 * What would keep `outputs` from being written beside `inputs`; asked before a long search, not after it.
 * An output never replaces an input, another output or anything that is not a regular file.
 */
export function outputProblems(outputs: readonly string[], inputs: readonly string[] = []): readonly Diagnostic[] {
  const taken = new Map(inputs.map((path) => [identity(path), path]));
  return outputs.flatMap((path) => {
    const clash = taken.get(identity(path));
    taken.set(identity(path), path);
    if (clash !== undefined) return [fail("CLI-7", path, `would overwrite ${clash}`, "give each file its own name")];
    const cannot = unwritable(path);
    return cannot === undefined ? [] : [fail("CLI-6", path, cannot.message, cannot.fix)];
  });
}

/** Makes a folder for files by their paths inside it. It may be there, but only empty, so that nothing of another export stays between. */
export function makeFolder(folder: string, paths: readonly string[]): Checked<void> {
  try {
    mkdirSync(folder, { recursive: true });
    const found = readdirSync(folder).length;
    if (found > 0) return bad(fail("CLI-7", folder, `holds ${found} file${found === 1 ? "" : "s"} already`, "name a new folder"));
    for (const inner of new Set(paths.map((path) => dirname(join(folder, path))))) mkdirSync(inner, { recursive: true });
    return good(undefined);
  } catch (error) {
    return bad(fail("CLI-6", folder, systemReason(error), "name a folder that may be written to"));
  }
}

/** Writes all files or none: each is completed under a temporary name in its folder and renamed when all are. */
export function writeFiles(files: readonly (OutputFile | StagedFile)[]): Checked<readonly string[]> {
  const staged: StagedFile[] = files.filter((file) => "temporary" in file);
  const [first, ...rest] = outputProblems(files.map((f) => f.path));
  if (first !== undefined) {
    discard(staged);
    return bad(first, ...rest);
  }
  for (const file of files) {
    if ("temporary" in file) continue;
    const added = stage(file.path, [file.text]);
    if (!added.ok) {
      discard(staged);
      return added;
    }
    staged.push(added.value);
  }
  for (const { temporary, path } of staged) {
    try {
      renameSync(temporary, targetOf(path));
    } catch (error) {
      return abandon(staged, path, error);
    }
  }
  return good(files.map((f) => f.path));
}

/** Completes a text under a temporary name, piece by piece: the whole may be longer than a string can be. */
export function stage(path: string, pieces: Iterable<string>): Checked<StagedFile> {
  const target = targetOf(path);
  const staged = { path, temporary: join(dirname(target), `.${basename(target)}.${randomBytes(6).toString("hex")}.tmp`) };
  try {
    const file = openSync(staged.temporary, "wx");
    try {
      writeAll(file, pieces);
    } finally {
      closeSync(file);
    }
    return good(staged);
  } catch (error) {
    return abandon([staged], path, error);
  }
}

function writeAll(file: number, pieces: Iterable<string>): void {
  let held = "";
  for (const piece of pieces) {
    held += piece;
    if (held.length < PIECE) continue;
    writeFileSync(file, held);
    held = "";
  }
  writeFileSync(file, held);
}

/** Through a symbolic link the file it names, so that the link stays one. */
const targetOf = (path: string): string => (isFile(path) ? realpathSync(path) : path);

function discard(staged: readonly StagedFile[]): void {
  for (const { temporary } of staged) rmSync(temporary, { force: true });
}

function abandon(staged: readonly StagedFile[], path: string, error: unknown): Checked<never> {
  discard(staged);
  return bad(fail("CLI-6", path, systemReason(error), "name a file in a folder that exists, has room and may be written to"));
}

const readRegularFile = (path: string, limit: number): Checked<Uint8Array> =>
  withRegularFile(path, limit, (file, size) => {
    const bytes = new Uint8Array(size);
    const read = fill(file, bytes, 0);
    return read < size ? bad(shortened(path, read, size)) : good(bytes);
  });

/**
 * Opens without waiting for a pipe's other end, and looks at what was opened rather than at what the path was.
 *
 * @param limit bytes that it may have; of larger ones nothing is read.
 * @param read what is made of the open file; it may throw what reading throws.
 */
export function withRegularFile<T>(path: string, limit: number, read: (file: number, size: number) => Checked<T>): Checked<T> {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    return bad(unreadable(path, error));
  }
  try {
    const { size, regular } = statOf(file);
    if (!regular) return bad(fail("CLI-2", path, "is a folder, device or pipe, not a regular file", "name a file"));
    if (size > limit)
      return bad(
        fail(
          "CLI-4",
          path,
          `is ${size} bytes, the limit is ${limit} bytes`,
          "store weights as external data, or check that this is the file you meant",
        ),
      );
    return read(file, size);
  } catch (error) {
    return bad(unreadable(path, error));
  } finally {
    closeSync(file);
  }
}

/** What a file says that has become shorter since its size was asked for. */
export const shortened = (path: string, read: number, size: number): Diagnostic =>
  fail("CLI-5", path, `ended after ${read} of ${size} bytes`, "try again when nobody writes to it");

/** Size and kind of an open file. */
export function statOf(file: number): { readonly size: number; readonly regular: boolean } {
  const stat = fstatSync(file);
  return { size: stat.size, regular: stat.isFile() };
}

/** Fills `target` from byte `position` of the file on. Returns how many bytes there were. */
export function fill(file: number, target: Uint8Array, position: number): number {
  let done = 0;
  while (done < target.length) {
    const n = readSync(file, target, done, Math.min(CHUNK, target.length - done), position + done);
    if (n === 0) break;
    done += n;
  }
  return done;
}

function unreadable(path: string, error: unknown): Diagnostic {
  switch (systemCode(error)) {
    case "ENOENT":
    case "ENOTDIR":
      return fail("CLI-1", path, "there is no such file", "check the path");
    case "EISDIR":
      return fail("CLI-2", path, "is a folder", "name a file");
    case "ENXIO":
      return fail("CLI-2", path, "is not a regular file", "name a file");
    default:
      return fail("CLI-3", path, systemReason(error), "check the file and its permissions");
  }
}

function unwritable(path: string): { readonly message: string; readonly fix: string } | undefined {
  const stat = look(path);
  if (stat?.isDirectory()) return { message: "is a folder", fix: `name a file in it, e.g. ${join(path, "plan.json")}` };
  if (stat !== undefined && !stat.isFile()) return { message: "is not a regular file", fix: "name a file" };
  if (stat === undefined && isLink(path)) return { message: "is a link to nothing", fix: "remove the link or name another file" };
  const folder = look(dirname(resolve(path)));
  if (folder === undefined) return { message: "its folder does not exist", fix: `create ${dirname(path)} first` };
  if (!folder.isDirectory()) return { message: `${dirname(path)} is not a folder`, fix: "name a file in a folder" };
  return undefined;
}

/** Two spellings of one file have one identity, whether it exists or not. */
function identity(path: string): string {
  const full = resolve(path);
  try {
    return realpathSync(full);
  } catch {
    try {
      return join(realpathSync(dirname(full)), basename(full));
    } catch {
      return full;
    }
  }
}

/** What a path leads to; undefined for nothing, and for what cannot even be looked at. */
function look(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

function isLink(path: string): boolean {
  try {
    return lstatSync(path).isSymbolicLink();
  } catch {
    return false;
  }
}

const systemCode = (error: unknown): string | undefined => (error as NodeJS.ErrnoException | undefined)?.code;

/** `EACCES: permission denied` without the call and path that Node appends. */
const systemReason = (error: unknown): string => (error instanceof Error ? error.message.replace(/, \w+( '.*)?$/s, "") : String(error));
