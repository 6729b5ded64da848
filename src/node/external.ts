import { closeSync, constants, lstatSync, openSync, realpathSync } from "node:fs";
import { dirname, isAbsolute, join, sep } from "node:path";
import { bad, type Checked, fail, good } from "../base/diagnostic.js";
import { fill, statOf } from "./files.js";

/** The importer asks for values of shape arithmetic only; whoever asks for more is a hostile model. */
const LENGTH_LIMIT = 2 ** 26;

/** Reads part of the data file that `location`, a string from the model, names. `length` undefined: to the end. */
export type ExternalReader = (location: string, offset: number, length: number | undefined) => Checked<Uint8Array>;

/**
 * A reader of the external data of the model at `modelPath`. It opens regular files inside the model's own
 * folder and nothing else: locations that are absolute, climb out, or reach outside through a link are
 * refused (CLI-9) before anything is opened.
 */
export function externalReader(modelPath: string): ExternalReader {
  const folder = realFolder(modelPath);
  return (location, offset, length) => {
    const where = `${modelPath}: external data ${JSON.stringify(location)}`;
    const path = folder === undefined ? undefined : contained(folder, location);
    if (path === undefined)
      return bad(fail("CLI-9", where, "is not a regular file inside the model's own folder", "put the data file beside the model"));
    if (path === "absent") return bad(fail("CLI-1", where, "there is no such file", "put the data file beside the model"));
    return readRange(path, where, offset, length);
  };
}

function realFolder(modelPath: string): string | undefined {
  try {
    return realpathSync(dirname(modelPath));
  } catch {
    return undefined;
  }
}

/** The real path of `location`, undefined where it is no regular file in `folder`. Backslashes climb too: the model may go to Windows. */
function contained(folder: string, location: string): string | "absent" | undefined {
  const segments = location.split(/[\\/]/);
  if (
    location === "" ||
    location.includes("\0") ||
    isAbsolute(location) ||
    segments[0] === "" ||
    /^[a-z]:/i.test(location) ||
    segments.includes("..")
  )
    return undefined;
  try {
    const real = realpathSync(join(folder, location));
    const inside = real.startsWith(folder.endsWith(sep) ? folder : folder + sep);
    return inside && lstatSync(real).isFile() ? real : undefined;
  } catch {
    return "absent";
  }
}

function readRange(path: string, where: string, offset: number, length: number | undefined): Checked<Uint8Array> {
  let file: number;
  try {
    // Neither through a link put there meanwhile, nor waiting for the other end of a pipe.
    file = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    return bad(fail("CLI-3", where, error instanceof Error ? error.message : String(error), "check the file and its permissions"));
  }
  try {
    const { size, regular } = statOf(file);
    if (!regular) return bad(fail("CLI-9", where, "is not a regular file", "put the data file beside the model"));
    const count = length ?? size - offset;
    if (!Number.isSafeInteger(offset) || !Number.isSafeInteger(count) || offset < 0 || count < 0 || offset + count > size)
      return bad(
        fail(
          "CLI-10",
          where,
          `asks for ${count} bytes from byte ${offset} on, the file has ${size} bytes`,
          "export the model again, together with its data file",
        ),
      );
    if (count > LENGTH_LIMIT)
      return bad(fail("CLI-4", where, `asks for ${count} bytes, the limit is ${LENGTH_LIMIT} bytes`, "check the model"));
    const bytes = new Uint8Array(count);
    const read = fill(file, bytes, offset);
    return read === count
      ? good(bytes)
      : bad(fail("CLI-5", where, `ended after ${read} of ${count} bytes`, "try again when nobody writes to it"));
  } catch (error) {
    return bad(fail("CLI-3", where, error instanceof Error ? error.message : String(error), "check the file and its permissions"));
  } finally {
    closeSync(file);
  }
}
