import { assert } from "@std/assert";

/** What each kind of eye sees: identity, and Machado, Oliveira and Fernandes (2009), severity 1. */
const EYES: Readonly<Record<string, readonly (readonly number[])[]>> = {
  "all cones": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.011820, 0.042940, 0.968881],
  ],
  tritanopia: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.303900],
  ],
};
/** Linear sRGB to XYZ over the white of D65 (IEC 61966-2-1). */
const XYZ = [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [
  0.0193339,
  0.1191920,
  0.9503041,
]];
/** Mahy, Van Eycken and Oosterlinck (1994). */
const JUST_SEEN = 2.3;
const WHITE = [0.95047, 1, 1.08883];

const times = (matrix: readonly (readonly number[])[], vector: readonly number[]) =>
  matrix.map((row) => row.reduce((sum, value, i) => sum + value * (vector[i] ?? 0), 0));

function linear(hex: string): number[] {
  return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255)
    .map((value) => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
}

/** CIE 1976 L*a*b*. */
function lab(rgb: readonly number[]): [number, number, number] {
  const [x = 0, y = 0, z = 0] = times(XYZ, rgb).map((value, i) => value / (WHITE[i] ?? 1))
    .map((value) => value > 216 / 24389 ? Math.cbrt(value) : (24389 / 27 * value + 16) / 116);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

const luminance = (hex: string) => times(XYZ, linear(hex))[1] ?? 0;

/** Colours of a variable in a style sheet, light and dark. */
function colorsOf(css: string, name: RegExp): [name: string, light: string, dark: string][] {
  const pattern = /--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)/g;
  return [...css.matchAll(pattern)].flatMap(([, found = "", light = "", dark = ""]) =>
    name.test(found) ? [[found, light, dark]] : []
  );
}

Deno.test("colours of runs stand out from the page and from each other, in any eye", async () => {
  const read = (path: string) => Deno.readTextFile(new URL(`../../${path}`, import.meta.url));
  const runs = colorsOf(await read("dashboard/page/curves.css"), /^run-/);
  const [[, ...grounds] = ["", "", ""]] = colorsOf(await read("serve/theme.css"), /^card$/);
  assert(runs.length === 10);
  for (const theme of [0, 1] as const) {
    const ground = luminance(grounds[theme]);
    const colors = runs.map(([name, ...pair]) => [name, pair[theme]] as const);
    for (const [name, color] of colors) {
      const [low = 0, high = 0] = [ground, luminance(color)].sort((a, b) => a - b);
      // WCAG 2.2, 1.4.11
      assert((high + 0.05) / (low + 0.05) >= 3, `${name} ${color}`);
    }
    for (const [eye, matrix] of Object.entries(EYES)) {
      const seen = colors.map(([name, color]) => {
        const rgb = times(matrix, linear(color)).map((value) => Math.min(1, Math.max(0, value)));
        return [name, lab(rgb)] as const;
      });
      for (const [i, [one, a]] of seen.entries()) {
        for (const [other, b] of seen.slice(i + 1)) {
          const distance = Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
          assert(
            distance > 6 * JUST_SEEN,
            `${one} and ${other}: ${distance.toFixed(1)} with ${eye}`,
          );
        }
      }
    }
  }
});
