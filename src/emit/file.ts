/** A file that others read, by its path inside the folder it is written to. */
export interface EmittedFile {
  readonly path: string;
  readonly text: string;
}

/** A file of JSON for people and programs. */
export const jsonFile = (path: string, value: unknown): EmittedFile => ({ path, text: `${JSON.stringify(value, undefined, 2)}\n` });
