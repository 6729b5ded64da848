import { z } from "zod";
import type { ElementType } from "../graph/element-type.js";
import type { Precision } from "./target.js";

/** Element types an accelerator may compute in. Strings, booleans and complex numbers are left to the model. */
export const PRECISIONS = [
  "float32",
  "float16",
  "bfloat16",
  "float8e4m3fn",
  "float8e4m3fnuz",
  "float8e5m2",
  "float8e5m2fnuz",
  "float8e8m0",
  "float4e2m1",
  "int32",
  "int16",
  "int8",
  "int4",
  "int2",
  "uint32",
  "uint16",
  "uint8",
  "uint4",
  "uint2",
  "float64",
  "int64",
  "uint64",
] as const satisfies readonly ElementType[];

/** The key `precision` of a target file. */
export const precisionSchema = z
  .strictObject({ activation: z.enum(PRECISIONS).optional(), weight: z.enum(PRECISIONS).optional() })
  .default({})
  .meta({ description: "Element types assumed for floating-point data; the model's own count when absent." });

/** What the file says, without keys it leaves out. */
export const stated = ({ activation, weight }: z.output<typeof precisionSchema>): Precision => ({
  ...(activation !== undefined && { activation }),
  ...(weight !== undefined && { weight }),
});
