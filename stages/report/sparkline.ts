const LEVELS = "▁▂▃▄▅▆▇█";

/**
 * Draws numbers as a row of bars, at most `width` characters: neighbours are averaged where there
 * are more numbers, the smallest stands on the floor and the largest reaches the top. Numbers that
 * are not finite are left out.
 */
export function sparkline(values: readonly number[], width: number): string {
  const finite = values.filter(Number.isFinite);
  const columns = Math.min(width, finite.length);
  const means = Array.from({ length: columns }, (_, column) => {
    const from = Math.floor(column * finite.length / columns);
    const to = Math.floor((column + 1) * finite.length / columns);
    const part = finite.slice(from, to);
    return part.reduce((sum, value) => sum + value, 0) / part.length;
  });
  const low = Math.min(...means);
  const range = Math.max(...means) - low;
  return means.map((mean) => {
    const level = range === 0 ? 0 : Math.round((mean - low) / range * (LEVELS.length - 1));
    return LEVELS[level];
  }).join("");
}
