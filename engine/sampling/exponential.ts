/**
 * The exponential as sampling needs it, for a whole vocabulary at each token: `Math.exp` takes twice
 * as long.
 *
 * @module
 */

/** Parts of a power of two that have an entry of their own. */
const PARTS = 1024;
const PARTS_PER_NAT = PARTS / Math.LN2;
const NATS_PER_PART = Math.LN2 / PARTS;
/** Beyond it the result is less than the smallest number. */
const MOST = 1075 * Math.LN2;

const FRACTIONS = Float64Array.from({ length: PARTS }, (_, i) => 2 ** (-i / PARTS));
const POWERS = Float64Array.from({ length: 1076 }, (_, i) => 2 ** -i);

/**
 * `e^-x` for x from 0 to infinity, to a relative error of 1e-11 where it is a normal number; NaN stays
 * NaN.
 */
export function expNegative(x: number): number {
  if (x > MOST) return 0;
  const parts = x * PARTS_PER_NAT;
  const whole = (parts + 0.5) | 0;
  // e^rest, rest at most a half part: its third power is below 1e-11.
  const rest = (whole - parts) * NATS_PER_PART;
  const e = 1 + rest * (1 + rest * 0.5);
  return e * (FRACTIONS[whole % PARTS] as number) * (POWERS[whole >> 10] as number);
}
