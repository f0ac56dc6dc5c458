/**
 * Examples in front of a question, drawn and joined as lm-evaluation-harness does.
 *
 * @module
 */
import { UsageError } from "../../cli/flags.ts";
import type { TaskFormName } from "./forms.ts";
import type { ExactItem, TaskItem } from "./item.ts";
import { pythonRandom } from "./python_random.ts";

/** The harness's seed of examples. */
const SEED = 1234;
/** Between examples, and before the question. */
const BETWEEN = "\n\n";
/** Forms whose examples are the first of their file, in order. */
const IN_ORDER: ReadonlySet<TaskFormName> = new Set(["mmlu"]);

/** Options of {@linkcode withShots}. */
export interface ShotOptions {
  readonly form: TaskFormName;
  /** How many examples. */
  readonly shots: number;
  /** Where they are drawn from: the questions themselves, or others. */
  readonly examples: readonly TaskItem[];
}

/**
 * Each question after its examples, never after itself.
 *
 * @throws {UsageError} when there are too few
 */
export function withShots(
  items: readonly TaskItem[],
  { form, shots, examples }: ShotOptions,
): TaskItem[] {
  if (shots === 0) return items.map((item) => after([], item));
  // One more, for where the question itself is drawn.
  const count = shots + Number(examples === items);
  if (examples.length < count) {
    throw new UsageError(
      `Cannot use --shots ${shots} with ${form}: there are ${examples.length} questions to take ` +
        `examples from, and ${count} are needed; name a file of more with --examples`,
    );
  }
  const { sample } = pythonRandom(SEED);
  const first = Array.from({ length: count }, (_, at) => at);
  return items.map((item) => {
    const own = JSON.stringify(item);
    const chosen = (IN_ORDER.has(form) ? first : sample(examples.length, count))
      .map((at) => examples[at] as TaskItem)
      .filter((example) => JSON.stringify(example) !== own)
      .slice(0, shots);
    return after(chosen, item);
  });
}

/** Of CORE a question has its examples already. */
function after(examples: readonly TaskItem[], item: TaskItem): TaskItem {
  if (item.kind === "core") return item;
  if (item.kind === "exact") {
    const turns = examples.filter((example): example is ExactItem => example.kind === "exact")
      .flatMap(({ messages, answer }) => [...messages, { role: "assistant", content: answer }]);
    return { ...item, messages: [...turns, ...item.messages] };
  }
  const description = item.kind === "choice" ? item.description ?? "" : "";
  const texts = examples.map((example) => textOf(example) + BETWEEN);
  return { ...item, context: description + texts.join("") + item.context };
}

/** A question with its answer. */
function textOf(item: TaskItem): string {
  if (item.kind === "choice") return item.context + item.continuations[item.gold];
  return item.kind === "cloze" ? item.context + item.continuation : "";
}
