/**
 * The language of a whole answer: thoughts, then text or JSON by a schema, then calls of tools in the
 * form that the model knows.
 *
 * @module
 */
import { freeText } from "./free_text.ts";
import { type Language, Languages } from "./language.ts";
import { type CompiledSchema, schemaLanguage } from "./schema.ts";
import { SchemaError, ToolSchemaError } from "./schema_error.ts";
import type { Steps } from "../turns.ts";

/** How calls of tools are written: `marker`, `first`, a call, `between`, another call ..., `end`. */
export interface CallForm {
  /** Tells calls from what is said before them; not empty. */
  readonly marker: string;
  /** Stands between the marker and the first call. */
  readonly first: string;
  /** Not there where an answer may have one call alone. */
  readonly between?: string;
  /** Stands after the last call. */
  readonly end: string;
  /** Stands before a call's name. */
  readonly beforeName: string;
  /** Stands between a call's name and its arguments. */
  readonly afterName: string;
  /** Stands after a call's arguments. */
  readonly afterArguments: string;
  /** Whether nothing can be said before calls: the marker counts at the beginning alone. */
  readonly standsAlone?: boolean;
}

/** A tool that may be called. */
export interface CallableTool {
  /** Of letters, digits, underscores and dashes. */
  readonly name: string;
  /** Of its arguments. */
  readonly parameters: Record<string, unknown>;
  /**
   * Whether a schema that cannot be held to is refused; the arguments are else any object.
   */
  readonly strict: boolean;
}

/** Calls that an answer may have. */
export interface CallsShape {
  /** How they are written. */
  readonly form: CallForm;
  /** What may be called. */
  readonly tools: readonly CallableTool[];
  /** Whether there must be one. */
  readonly required: boolean;
  /** Whether there may be several. */
  readonly several: boolean;
}

/** What an answer may be; any text where nothing is said. */
export interface AnswerShape {
  /** What it must be valid by, where it has no calls. */
  readonly schema?: Record<string, unknown>;
  /** The calls that it may have. */
  readonly calls?: CallsShape;
  /** Whether it begins with thoughts: it may, or they were begun by the prompt. */
  readonly thinking?: "maybe" | "begun";
}

/** Around an answer's thoughts. */
export const THOUGHTS = { begin: "<think>", end: "</think>" } as const;

/** Calls in one answer. */
const MAX_CALLS = 16;

/** Makes the language of an answer. Its steps throw a {@linkcode SchemaError}. */
export function* compileAnswer({ schema, calls, thinking }: AnswerShape): Steps<CompiledSchema> {
  const languages = new Languages();
  const said = schema && (yield* schemaLanguage(schema, { languages, name: "" }));
  const called = calls && (yield* callsLanguage(calls, languages));
  const answer = answerOf({ said, called, calls }, languages);
  if (thinking === undefined) return { languages, start: answer };
  const gap = languages.repeat(languages.text("\n"), { min: 0, max: 2 });
  const thoughts = freeText(languages, {
    marker: THOUGHTS.end,
    then: languages.sequence(gap, answer),
    mayEnd: false,
  });
  if (thinking === "begun") return { languages, start: thoughts };
  const start = languages.either(
    answer,
    languages.sequence(languages.text(THOUGHTS.begin), thoughts),
  );
  return { languages, start };
}

function answerOf(
  { said, called, calls }: {
    said: Language | undefined;
    called: Language | undefined;
    calls: CallsShape | undefined;
  },
  languages: Languages,
): Language {
  if (!calls || !called) {
    return said ?? languages.repeat(languages.byte([0, 255]), { min: 0, max: Infinity });
  }
  const { form: { marker, standsAlone = false }, required } = calls;
  const whole = languages.sequence(languages.text(marker), called);
  if (required) return whole;
  if (said) return languages.either(said, whole);
  return freeText(languages, { marker, then: called, mayEnd: true, atStart: standsAlone });
}

/** Calls, after their marker. */
function* callsLanguage(
  { form, tools, several }: CallsShape,
  languages: Languages,
): Steps<Language> {
  const options: Language[] = [];
  for (const [index, tool] of tools.entries()) {
    options.push(languages.sequence(
      languages.text(`${form.beforeName}${tool.name}${form.afterName}`),
      yield* argumentsOf(tool, { index, languages }),
      languages.text(form.afterArguments),
    ));
  }
  const call = languages.either(...options);
  const more = several && form.between !== undefined
    ? languages.repeat(languages.sequence(languages.text(form.between), call), {
      min: 0,
      max: MAX_CALLS - 1,
    })
    : languages.empty;
  return languages.sequence(languages.text(form.first), call, more, languages.text(form.end));
}

function* argumentsOf(
  { parameters, strict }: CallableTool,
  { index, languages }: { index: number; languages: Languages },
): Steps<Language> {
  const name = `tool ${index} `;
  try {
    // Arguments are an object, whatever else the schema allows.
    const own = parameters.type === undefined ? { type: "object", ...parameters } : parameters;
    if (own.type !== "object") throw new SchemaError('#: type must be "object"');
    return yield* schemaLanguage(own, { languages, name });
  } catch (cause) {
    // A schema may combine so much that its automaton has no place on the stack.
    if (!(cause instanceof SchemaError || cause instanceof RangeError)) throw cause;
    if (strict) throw new ToolSchemaError(index, cause);
    return yield* schemaLanguage({ type: "object" }, { languages, name: `${name}any ` });
  }
}
