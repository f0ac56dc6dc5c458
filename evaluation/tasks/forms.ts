/**
 * Forms that questions come in, each made into items as lm-evaluation-harness makes them: the same text
 * before a choice, the same space between.
 *
 * @module
 */
import { z } from "zod";
import type { ChoiceItem, TaskItem } from "./item.ts";

/** Reads a line of a task; throws a `ZodError`, or a `RangeError` for an answer that is none. */
export type TaskForm = (value: unknown) => TaskItem;

/** Where the answer is among the choices: by its place, letter or text. */
function placeOf(answer: string | number, choices: readonly string[]): number {
  const place = typeof answer === "number"
    ? answer
    : choices.includes(answer)
    ? choices.indexOf(answer)
    : /^[A-Z]$/.test(answer)
    ? answer.charCodeAt(0) - 65
    : -1;
  if (Number.isInteger(place) && place >= 0 && place < choices.length) return place;
  throw new RangeError(`its answer is ${answer}, which is none of ${choices.length} choices`);
}

/** Choices after a context, a space between. */
function choice(context: string, choices: readonly string[], gold: number): ChoiceItem {
  return {
    kind: "choice",
    context,
    continuations: choices.map((text) => ` ${text}`),
    lengths: choices.map((text) => [...text].length),
    gold,
  };
}

const answer = z.union([z.string(), z.number()]);
const texts = z.array(z.string()).min(2);

const own = z.object({ question: z.string(), choices: texts, answer });
const cloze = z.object({ context: z.string(), continuation: z.string().min(1) });
const exact = z.union([
  z.object({ question: z.string(), answer: z.string() }).transform(({ question, answer }) => ({
    messages: [{ role: "user", content: question }],
    answer,
  })),
  z.object({ messages: z.array(z.object({ role: z.string(), content: z.string() })).min(2) })
    .transform(({ messages }) => ({
      messages: messages.slice(0, -1),
      answer: messages.at(-1)?.content ?? "",
    })),
]);
const hellaSwag = z.object({
  activity_label: z.string(),
  ctx_a: z.string(),
  ctx_b: z.string(),
  endings: texts,
  label: z.coerce.number(),
});
const arc = z.object({
  question: z.string(),
  choices: z.object({ text: texts, label: z.array(z.string()) }),
  answerKey: z.string(),
});
const mmlu = z.object({
  question: z.string(),
  choices: texts,
  answer,
  subject: z.string().optional(),
});
const lambada = z.object({
  text: z.string().regex(/\S \S+$/, "must end with a word after a space"),
});

/** HellaSwag's texts without the marks of the site that they are of. */
function withoutMarks(text: string): string {
  return text.trim().replaceAll(" [title]", ". ").replace(/\[.*?\]/g, "").replaceAll("  ", " ");
}

/** As Python's `str.capitalize`. */
const capitalized = (text: string) => text.charAt(0).toUpperCase() + text.slice(1).toLowerCase();

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/** Every form by its name. */
export const TASK_FORMS = {
  /** `{question, choices, answer}` */
  choice(value) {
    const { question, choices, answer } = own.parse(value);
    return choice(question, choices, placeOf(answer, choices));
  },
  /** `{context, continuation}` */
  cloze: (value) => ({ kind: "cloze", ...cloze.parse(value) }),
  /** `{question, answer}`, or `{messages}` whose last is the answer */
  exact: (value) => ({ kind: "exact", ...exact.parse(value) }),
  /** Zellers et al., arXiv:1905.07830 */
  hellaswag(value) {
    const { activity_label, ctx_a, ctx_b, endings, label } = hellaSwag.parse(value);
    const context = withoutMarks(`${activity_label}: ${ctx_a} ${capitalized(ctx_b)}`);
    const choices = endings.map(withoutMarks);
    return choice(context, choices, placeOf(label, choices));
  },
  /** Clark et al., arXiv:1803.05457 */
  arc(value) {
    const { question, choices: { text, label }, answerKey } = arc.parse(value);
    return choice(`Question: ${question}\nAnswer:`, text, placeOf(label.indexOf(answerKey), text));
  },
  /** Hendrycks et al., arXiv:2009.03300 */
  mmlu(value) {
    const { question, choices, answer, subject } = mmlu.parse(value);
    const about = subject?.replaceAll("_", " ");
    const listed = choices.map((text, at) => `${LETTERS[at]}. ${text}\n`).join("");
    const letters = [...LETTERS].slice(0, choices.length);
    return {
      ...about !== undefined && {
        description:
          `The following are multiple choice questions (with answers) about ${about}.\n\n`,
      },
      ...choice(
        `${question.trim()}\n${listed}Answer:`,
        letters,
        placeOf(typeof answer === "number" ? answer : letters.indexOf(answer), letters),
      ),
    };
  },
  /** Paperno et al., arXiv:1606.06031 */
  lambada(value) {
    const { text } = lambada.parse(value);
    const at = text.lastIndexOf(" ");
    return { kind: "cloze", context: text.slice(0, at), continuation: text.slice(at) };
  },
} satisfies Record<string, TaskForm>;

/** A key of {@linkcode TASK_FORMS}. */
export type TaskFormName = keyof typeof TASK_FORMS;
