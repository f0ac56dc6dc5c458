// How surprising each token is, against the others of its text.

/** Shares of the tokens below each bound: half are left bare, the last twentieth is darkest. */
const QUANTILES = [0.5, 0.7, 0.85, 0.95];

/** What a token tells in bits: the rarer, the more. */
export function surprise(probability) {
  return -Math.log2(probability);
}

/** The bounds between shades, in bits: quantiles of what the tokens of a text tell. */
export function boundsOf(probabilities) {
  const bits = probabilities.map(surprise).sort((a, b) => a - b);
  return QUANTILES.map((share) => bits[Math.ceil(share * bits.length) - 1]);
}

/** The shade of a token, 0 to 4: how many bounds it lies beyond. */
export function shadeOf(probability, bounds) {
  return bounds.filter((bound) => surprise(probability) > bound).length;
}

/** Tells in the parts of a legend what each shade means. */
export function drawLegend(parts, bounds) {
  parts.forEach((part, i) => {
    part.textContent = i === 0
      ? `half: up to ${bitsIn(bounds[0])} bits`
      : i === bounds.length
      ? `a twentieth: over ${bitsIn(bounds.at(-1))} bits`
      : `to ${bitsIn(bounds[i])} bits`;
  });
}

/** `3.4` */
export function bitsIn(value) {
  return Math.abs(value).toFixed(1);
}
