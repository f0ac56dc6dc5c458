/**
 * Evaluations side by side, as text.
 *
 * @module
 */
import type { Evaluation } from "./evaluation.ts";
import type { Score } from "./score_texts.ts";

/** An evaluation and the name of what was evaluated. */
export interface NamedEvaluation extends Evaluation {
  readonly checkpoint: string;
}

/**
 * One row per checkpoint; then, where there are several sources, one row per source, with all figures
 * of one checkpoint or the losses of several; then the samples.
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
  const [only] = evaluations.length === 1 ? evaluations : [];
  const sources = only ? scoresBySource(only) : lossesBySource(evaluations);
  const samples = evaluations.flatMap(({ checkpoint, samples }) => [
    ...["", `${checkpoint} continues:`],
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

/** All figures of each source, most tokens first, and the total. */
function scoresBySource({ sources, ...total }: NamedEvaluation): string[][] {
  const cells = (name: string, { documents, tokens, loss, perplexity, bitsPerByte }: Score) => [
    ...[name, documents.toLocaleString("en"), tokens.toLocaleString("en"), loss.toFixed(4)],
    ...[perplexity.toFixed(2), bitsPerByte.toFixed(4)],
  ];
  return [
    ["source", "documents", "tokens", "loss", "perplexity", "bits/byte"],
    ...bySize(sources).map(([name, score]) => cells(name, score)),
    cells("all", total),
  ];
}

/** Losses of several models by source. */
function lossesBySource(evaluations: readonly NamedEvaluation[]): string[][] {
  const [first] = evaluations;
  if (first === undefined) return [];
  const row = (name: string, of: (evaluation: Evaluation) => Score | undefined) => [
    ...[name, `${of(first)?.documents ?? 0}`, (of(first)?.tokens ?? 0).toLocaleString("en")],
    ...evaluations.map((evaluation) => (of(evaluation)?.loss ?? NaN).toFixed(4)),
  ];
  return [
    ["source", "documents", "tokens", ...evaluations.map((_, i) => `loss ${i + 1}`)],
    ...bySize(first.sources).map(([name]) => row(name, ({ sources }) => sources[name])),
    row("all", (evaluation) => evaluation),
  ];
}

function bySize(sources: Evaluation["sources"]): [name: string, score: Score][] {
  return Object.entries(sources).sort(([, a], [, b]) => b.tokens - a.tokens);
}

/** Aligned columns, the first to the left and the others to the right. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0))
  );
  return rows.map((row) =>
    row.map((cell, i) => i === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[i] ?? 0))
      .join("  ")
  );
}
