import { type DescMessage, ScalarType } from "@bufbuild/protobuf";

/** Where and how a file breaks the protobuf format or our limits. */
export interface Damage {
  readonly kind: "damaged" | "excessive";
  /** Byte offset in the file. */
  readonly position: number;
  readonly what: string;
}

/** Messages inside messages. Each level of subgraph (If, Loop) takes three. */
const MAX_DEPTH = 96;
/** Fields of all messages together; a file of this many holds no real model and would fill the memory. */
const MAX_FIELDS = 4_000_000;

/**
 * Walks the wire format of `bytes` as `schema` describes it and looks at structure alone: payloads are
 * skipped, nothing is allocated. What passes can be decoded without surprise.
 */
export function damage(bytes: Uint8Array, schema: DescMessage): Damage | undefined {
  let fields = 0;
  const found = (position: number, what: string): Damage => ({ kind: "damaged", position, what });

  function walk(start: number, end: number, desc: DescMessage, depth: number): Damage | undefined {
    if (depth > MAX_DEPTH) return { kind: "excessive", position: start, what: `messages nested more than ${MAX_DEPTH} deep` };
    const expected = fieldsOf(desc);
    let at = start;
    while (at < end) {
      if (++fields > MAX_FIELDS) return { kind: "excessive", position: at, what: `more than ${MAX_FIELDS} fields` };
      const tagAt = at;
      const tag = varint(bytes, at, end);
      if (tag === undefined || tag.value > 0xffffffff) return found(tagAt, "the file ends inside a field tag, or it is no tag");
      at = tag.next;
      const [number, wire] = [Math.floor(tag.value / 8), tag.value % 8];
      const field = expected.get(number);
      if (number === 0) return found(tagAt, "field number 0 does not exist");
      if (field !== undefined && wire !== field.wire && !(wire === 2 && field.packable))
        return found(tagAt, `field ${number} of ${desc.name} has wire type ${wire}, expected ${field.wire}`);
      if (wire === 0) {
        const value = varint(bytes, at, end);
        if (value === undefined) return found(at, "the file ends inside a number");
        at = value.next;
      } else if (wire === 1 || wire === 5) {
        const width = wire === 1 ? 8 : 4;
        if (at + width > end) return found(at, `${width} bytes announced, ${end - at} left`);
        at += width;
      } else if (wire === 2) {
        const length = varint(bytes, at, end);
        if (length === undefined) return found(at, "the file ends inside a length");
        at = length.next;
        if (length.value > end - at) return found(at, `${length.value} bytes announced, ${end - at} left`);
        if (field?.message !== undefined) {
          const inside = walk(at, at + length.value, field.message, depth + 1);
          if (inside !== undefined) return inside;
        } else if (field?.packable) {
          const broken = packed(at, at + length.value, field.wire);
          if (broken !== undefined) return broken;
        }
        at += length.value;
      } else return found(tagAt, `wire type ${wire} does not exist`);
    }
    return undefined;
  }

  function packed(start: number, end: number, wire: number): Damage | undefined {
    if (wire !== 0) {
      const width = wire === 1 ? 8 : 4;
      fields += (end - start) / width;
      if ((end - start) % width !== 0) return found(start, `a list of ${width}-byte numbers has ${end - start} bytes`);
    } else
      for (let at = start; at < end; fields++) {
        const value = varint(bytes, at, end);
        if (value === undefined) return found(at, "a list of numbers ends inside a number");
        at = value.next;
      }
    return fields > MAX_FIELDS ? { kind: "excessive", position: start, what: `more than ${MAX_FIELDS} fields` } : undefined;
  }

  return walk(0, bytes.length, schema, 0);
}

interface Expected {
  readonly wire: 0 | 1 | 2 | 5;
  /** A list of numbers, which may also be stored packed into one field. */
  readonly packable: boolean;
  readonly message: DescMessage | undefined;
}

const tables = new WeakMap<DescMessage, ReadonlyMap<number, Expected>>();

function fieldsOf(desc: DescMessage): ReadonlyMap<number, Expected> {
  const known = tables.get(desc);
  if (known !== undefined) return known;
  const table = new Map<number, Expected>();
  for (const field of desc.fields) {
    const wire = field.message !== undefined || field.scalar === undefined ? 2 : wireOf(field.scalar);
    table.set(field.number, { wire, packable: field.fieldKind === "list" && wire !== 2, message: field.message });
  }
  tables.set(desc, table);
  return table;
}

function wireOf(scalar: ScalarType): Expected["wire"] {
  switch (scalar) {
    case ScalarType.STRING:
    case ScalarType.BYTES:
      return 2;
    case ScalarType.DOUBLE:
    case ScalarType.FIXED64:
    case ScalarType.SFIXED64:
      return 1;
    case ScalarType.FLOAT:
    case ScalarType.FIXED32:
    case ScalarType.SFIXED32:
      return 5;
    default:
      return 0;
  }
}

/** A base-128 number of at most ten bytes; beyond 2^53 only its magnitude is kept. */
function varint(bytes: Uint8Array, at: number, end: number): { readonly value: number; readonly next: number } | undefined {
  let value = 0;
  let weight = 1;
  for (let i = at; i < end && i < at + 10; i++) {
    const byte = bytes[i] ?? 0;
    value += (byte & 0x7f) * weight;
    if (byte < 0x80) return { value, next: i + 1 };
    weight *= 128;
  }
  return undefined;
}
