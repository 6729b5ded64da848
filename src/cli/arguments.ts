import { InvalidArgumentError } from "commander";
import type { Checked } from "../base/diagnostic.js";
import { type Binding, parseBinding } from "../onnx/bindings.js";
import { parseDuration, parseSize } from "../target/units.js";

/** Readers of option values, for commander: a value of the wrong form is a usage error that says what is right. */

export const seconds = (text: string): number => {
  const value = checked(parseDuration(text, "--time"));
  if (value <= 0) throw new InvalidArgumentError("a time has to be more than 0s.");
  return value;
};

export const capacity = (text: string): number => checked(parseSize(text, "--capacity"));

export const nodes = (text: string): number => whole(text, 1, Number.MAX_SAFE_INTEGER);

export const seed = (text: string): number => whole(text, 0, 2 ** 32 - 1);

/** `random:7` */
export const randomSeed = (text: string): number => {
  const digits = /^random:(\d+)$/.exec(text)?.[1];
  if (digits !== undefined) return seed(digits);
  throw new InvalidArgumentError("write random:SEED, for instance random:1.");
};

export const workers = (text: string): number => whole(text, 1, 256);

export const epsilon = (text: string): number => {
  const value = Number(text);
  if (/^\d*\.?\d+$/.test(text) && value < 1) return value;
  throw new InvalidArgumentError("a share from 0 to below 1 is needed.");
};

/** Collects a repeatable option. */
export const repeated = (text: string, before: readonly string[] = []): readonly string[] => [...before, text];

export const binding = (text: string, before: readonly Binding[] = []): readonly Binding[] => [...before, checked(parseBinding(text))];

/** What a plan may be asked to improve; each family of accelerator serves some of them and refuses the others. */
export const OBJECTIVES = ["traffic", "latency", "energy", "balanced", "throughput", "programming", "endurance"] as const;

export const objective = (text: string): string => {
  if ((OBJECTIVES as readonly string[]).includes(text)) return text;
  throw new InvalidArgumentError(`available: ${OBJECTIVES.join(", ")}.`);
};

function checked<T>(value: Checked<T>): T {
  if (value.ok) return value.value;
  const [{ message, fix }] = value.errors;
  throw new InvalidArgumentError(`${message}; ${fix}.`);
}

function whole(text: string, from: number, to: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= from && value <= to) return value;
  throw new InvalidArgumentError(`a whole number from ${from} to ${to} is needed.`);
}
