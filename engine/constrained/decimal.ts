/**
 * Exact arithmetic on the decimals that numbers are written as: 0.1 is a tenth here.
 *
 * @module
 */

/** `digits` / 10 ** `places`; `places` may be negative. */
export interface Decimal {
  readonly digits: bigint;
  readonly places: number;
}

/**
 * What a finite number is written as: of the decimals that are read as it, the shortest.
 */
function decimalOf(value: number): Decimal {
  const [mantissa = "", exponent = "0"] = String(value).split("e");
  const [whole = "", fraction = ""] = mantissa.split(".");
  return { digits: BigInt(whole + fraction), places: fraction.length - Number(exponent) };
}

/** The largest whole number of 10 ** -`places` that is not above a number. */
export function floorAt(value: number, places: number): bigint {
  const { digits, places: own } = decimalOf(value);
  if (places >= own) return digits * powerOfTen(places - own);
  const unit = powerOfTen(own - places);
  const rest = digits % unit;
  return (digits - rest) / unit - (rest < 0n ? 1n : 0n);
}

/** The smallest whole number of 10 ** -`places` that is not below a number. */
export function ceilAt(value: number, places: number): bigint {
  return -floorAt(-value, places);
}

/** The smallest multiple of a number that is a whole number of 10 ** -`places`, as that. */
export function multipleAt(value: number, places: number): bigint {
  const { digits, places: own } = decimalOf(value);
  if (places >= own) return digits * powerOfTen(places - own);
  return digits / commonDivisor(digits, powerOfTen(own - places));
}

/** The smallest number that is a multiple of both. */
export function commonMultiple(a: number, b: number): number {
  const places = Math.max(0, decimalOf(a).places, decimalOf(b).places);
  const [one, other] = [multipleAt(a, places), multipleAt(b, places)];
  return Number(`${one / commonDivisor(one, other) * other}e-${places}`);
}

/** Whether a number is written with at most `count` digits, zeros before and after it included. */
export function hasDigits(value: number, count: number): boolean {
  const { places } = decimalOf(value);
  return places <= count && `${floorAt(Math.abs(value), Math.max(0, places))}`.length <= count;
}

/** 10 ** `exponent`. */
export function powerOfTen(exponent: number): bigint {
  return 10n ** BigInt(exponent);
}

function commonDivisor(a: bigint, b: bigint): bigint {
  return b === 0n ? a : commonDivisor(b, a % b);
}
