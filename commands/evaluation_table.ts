/**
 * Evaluations side by side, for a person.
 *
 * @module
 */
import type { Evaluation } from "./evaluation.ts";

/** An evaluation and the name of what was evaluated. */
export interface NamedEvaluation extends Evaluation {
  readonly checkpoint: string;
}

/**
 * One row a checkpoint; then, where there are several sources, one row a source and one column of
 * losses a checkpoint; then the samples.
 */
export function describeEvaluations(evaluations: readonly NamedEvaluation[]): string {
  const scores = [
    ["checkpoint", "tokens", "loss", "perplexity", "bits/byte"],
    ...evaluations.map(({ checkpoint, tokens, loss, perplexity, bitsPerByte }) => [
      ...[checkpoint, tokens.toLocaleString("en"), loss.toFixed(4)],
      ...[perplexity.toFixed(2), bitsPerByte.toFixed(4)],
    ]),
  ];
  const names = Object.keys(evaluations[0]?.sources ?? {});
  const sources = [
    ["source", "documents", ...evaluations.map((_, i) => `loss ${i + 1}`)],
    ...names.map((name) => [
      name,
      `${evaluations[0]?.sources[name]?.documents}`,
      ...evaluations.map(({ sources }) => (sources[name]?.loss ?? NaN).toFixed(4)),
    ]),
  ];
  const samples = evaluations.flatMap(({ checkpoint, samples }) => [
    ...["", `${checkpoint} goes on:`],
    ...samples.map(({ prompt, continuation }) =>
      `  ${prompt} ▸${continuation.replace(/\s+/g, " ")}`
    ),
  ]);
  return [
    ...table(scores),
    ...names.length > 1 ? ["", ...table(sources)] : [],
    ...samples,
  ].join("\n");
}

/** Columns of even width, the first to the left and the others to the right. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0))
  );
  return rows.map((row) =>
    row.map((cell, i) => i === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[i] ?? 0))
      .join("  ")
  );
}
