/**
 * The operators already run. Orders stray little from the numbering, so only the words between "all run" and
 * "none run" are kept: word `i` of `words` speaks of operators 32 (floor + i) and up.
 */
export interface Done {
  readonly floor: number;
  readonly words: Uint32Array<ArrayBuffer>;
}

export const nothingDone: Done = { floor: 0, words: new Uint32Array(0) };

export function isDone({ floor, words }: Done, v: number): boolean {
  const word = (v >>> 5) - floor;
  return word < 0 || (word < words.length && ((words[word]! >>> (v & 31)) & 1) === 1);
}

/** `done` and operator `v`. */
export function withDone({ floor, words }: Done, v: number): Done {
  const word = (v >>> 5) - floor;
  const longer = new Uint32Array(Math.max(words.length, word + 1));
  longer.set(words);
  longer[word]! |= 1 << (v & 31);
  let full = 0;
  while (longer[full] === 0xffffffff) full++;
  return full === 0 ? { floor, words: longer } : { floor: floor + full, words: longer.slice(full) };
}

export function sameDone(a: Done, b: Done): boolean {
  if (a.floor !== b.floor || a.words.length !== b.words.length) return false;
  for (let i = 0; i < a.words.length; i++) if (a.words[i] !== b.words[i]) return false;
  return true;
}
