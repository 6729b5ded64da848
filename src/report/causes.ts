import type { Cause } from "../base/replay.js";

/** The words for a cause: of bytes in a legend, of a stay that begins with such a fetch, of one that ends with such a store. */
interface Words {
  readonly label: string;
  readonly arrival: string;
  readonly departure: string;
}

const words = (label: string, arrival = `fetched: ${label}`, departure = `stored: ${label}`): Words => ({ label, arrival, departure });

export const CAUSES: Readonly<Record<Cause, Words>> = {
  input: words("inputs", "fetched: network input"),
  weight: words("weights", "fetched: weight"),
  output: words("outputs", undefined, "stored: network output"),
  spill: words("spilled", undefined, "spilled: stored to make room"),
  refetch: words("fetched again", "fetched again"),
  halo: words("halos read again", "fetched again: halo of a tile"),
  "weight-stream": words("weights streamed", "streamed: weight"),
  partial: words("partial sums", "fetched again: partial sum", "stored: partial sum"),
  programming: words("weights to program", "fetched: weight to program"),
  index: words("index tables", "fetched: index table"),
};
