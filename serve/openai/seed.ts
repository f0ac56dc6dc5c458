/**
 * Seeds as clients give them: any integer of 64 bits, signed or not.
 *
 * @module
 */
import { z } from "zod";

const rule = { error: "must be an integer of 64 bits" };

/** The field. */
export const SEED: z.ZodType<number | null | undefined> = z.number(rule)
  .min(-(2 ** 63), rule).max(2 ** 64, rule)
  .refine(Number.isInteger, rule).nullish();

/**
 * The seed that the random streams take, a non-negative safe integer: such a one as it is, another by
 * its two's complement folded into 53 bits.
 */
export function streamSeed(seed: number): number {
  if (Number.isSafeInteger(seed) && seed >= 0) return seed;
  const bits = BigInt.asUintN(64, BigInt(seed));
  return Number(BigInt.asUintN(53, bits ^ (bits >> 53n)));
}
