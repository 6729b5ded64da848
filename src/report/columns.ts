/** A row of a report's table: plain, flat, the same keys in every row. */
export type Row = Readonly<Record<string, string | number>>;

/** Rows turned on their side; a column of words is a dictionary and indices into it. Ten times smaller than rows in JSON. */
export interface Columns {
  readonly rows: number;
  readonly columns: Readonly<Record<string, readonly number[] | { readonly words: readonly string[]; readonly ids: readonly number[] }>>;
}

/** @param keys the columns to keep, in order; every row has them all, each column of one type. */
export function toColumns<K extends string>(rows: readonly Readonly<Record<K, string | number>>[], keys: readonly K[]): Columns {
  return {
    rows: rows.length,
    columns: Object.fromEntries(
      keys.map((key) => {
        const values = rows.map((row) => row[key]);
        return [key, values.every((v) => typeof v === "number") ? values : dictionary(values.map(String))];
      }),
    ),
  };
}

/** The inverse of `toColumns`. */
export function fromColumns<R>(packed: Columns): R[] {
  const columns = Object.entries(packed.columns).map(([key, c]) => ({
    key,
    at: "words" in c ? (i: number) => c.words[c.ids[i] ?? 0] : (i: number) => c[i],
  }));
  return Array.from({ length: packed.rows }, (_, i) => Object.fromEntries(columns.map(({ key, at }) => [key, at(i)])) as R);
}

function dictionary(values: readonly string[]) {
  const known = new Map<string, number>();
  const ids = values.map((value) => {
    const id = known.get(value) ?? known.size;
    known.set(value, id);
    return id;
  });
  return { words: [...known.keys()], ids };
}
