/**
 * Runs a chat template with a bound on its work. A template may come with somebody else's model, and
 * loops over ranges or strings that double would hold up every request: what it does is counted, not
 * timed, so that the same messages always fit or never do.
 *
 * @module
 */
import { Environment, Interpreter, type Template } from "@huggingface/jinja";
import { shownIn, type Statement } from "./shown.ts";

/** Most steps, and characters or entries read at so many a step: about a second. */
export const MAX_STEPS = 400_000;
const CHARS_PER_STEP = 64;
const ENTRIES_PER_STEP = 8;

/** Characters of any text that comes up, the prompt included. */
const MAX_CHARS = 4 << 20;

/** Thrown where a template takes more steps than it may. */
export class StepsError extends RangeError {
  override name = "StepsError";
}

type Parsed = Template["parsed"];
type Value = ReturnType<Interpreter["evaluate"]>;

interface StepsBound {
  readonly maxSteps: number;
}

/** An interpreter that counts, and writes values as Python does. */
class CountingInterpreter extends Interpreter {
  readonly #shown: ReadonlySet<Statement>;
  readonly #maxSteps: number;
  #steps = 0;
  /** Characters that lists and objects take when they are written. */
  readonly #written = new WeakMap<Value, number>();

  constructor(environment: Environment, template: Parsed, { maxSteps }: StepsBound) {
    super(environment);
    this.#maxSteps = maxSteps;
    this.#shown = shownIn(template);
  }

  override evaluate(
    statement: Statement | undefined,
    environment: Environment,
  ): Value {
    const found = statement && isJoin(statement)
      ? this.#text(
        written(this.evaluate(statement.left, environment)) +
          written(this.evaluate(statement.right, environment)),
        environment,
      )
      : super.evaluate(statement, environment);
    const isNone = found.type === "NullValue" && statement && this.#shown.has(statement);
    const result = isNone ? this.#text("None", environment) : found;
    if (result.type === "BooleanValue") result.toString = () => written(result);
    this.#steps += 1 + stepsFor(result.value);
    if (this.#steps > this.#maxSteps) {
      throw new StepsError(`it takes more than ${this.#maxSteps} steps`);
    }
    if (this.#writtenSize(result) > MAX_CHARS) {
      throw new RangeError(`it makes more than ${MAX_CHARS} characters`);
    }
    return result;
  }

  /** How long a value is when it is written; lists within one another can be far longer than large. */
  #writtenSize(result: Value): number {
    const { value } = result;
    if (typeof value === "string") return value.length;
    if (!(Array.isArray(value) || value instanceof Map)) return 1;
    const known = this.#written.get(result);
    if (known !== undefined) return known;
    // Should it hold itself, writing it fails for want of room on the stack.
    this.#written.set(result, 0);
    let size = 2;
    for (const [key, entry] of value.entries()) {
      if (typeof key === "string") size += key.length;
      size += 1 + this.#writtenSize(entry);
    }
    // What a namespace holds changes.
    if (result.type === "NamespaceValue") this.#written.delete(result);
    else this.#written.set(result, size);
    return size;
  }

  #text(value: string, environment: Environment): Value {
    return super.evaluate({ type: "StringLiteral", value } as Statement, environment);
  }
}

/** `left ~ right`: one text of two values. */
interface Join extends Statement {
  readonly left: Statement;
  readonly right: Statement;
}

function isJoin(statement: Statement): statement is Join {
  const { type, operator } = statement as Statement & { readonly operator?: { value: unknown } };
  return type === "BinaryExpression" && operator?.value === "~";
}

/** A value as Python writes it. */
function written(value: Value): string {
  if (value.type === "BooleanValue") return value.value ? "True" : "False";
  if (value.type === "NullValue") return "None";
  return value.type === "UndefinedValue" ? "" : value.toString();
}

/**
 * What `template` makes of `variables`.
 *
 * @throws {Error} when the template raises or breaks, or takes too much work
 */
export function renderWithin(
  template: Parsed,
  variables: Record<string, unknown>,
  bound: StepsBound,
): string {
  const environment = new Environment();
  const functions = { range, raise_exception, strftime_now };
  const constants = { true: true, false: false, none: null, True: true, False: false, None: null };
  for (
    const [name, value] of Object.entries({ ...constants, ...variables, ...functions })
  ) {
    environment.set(name, value);
  }
  const { value } = new CountingInterpreter(environment, template, bound).run(template);
  if (typeof value !== "string") throw new TypeError("it makes no text");
  return value;
}

/** Python's range, as far as one step may reach. */
function range(start: number, stop?: number, step = 1): number[] {
  const [from, to] = stop === undefined ? [0, start] : [start, stop];
  if (step === 0) throw new RangeError("range() has a step of 0");
  const length = Math.max(0, Math.ceil((to - from) / step));
  if (!(length <= MAX_STEPS)) throw new RangeError(`range() has more than ${MAX_STEPS} entries`);
  return Array.from({ length }, (_, i) => from + i * step);
}

/** How a template refuses messages. */
function raise_exception(message: unknown): never {
  throw new Error(String(message));
}

/** The day and time as a template writes it, by the conversions of strftime that templates use. */
function strftime_now(format: unknown): string {
  const now = new Date();
  const two = (value: number) => String(value).padStart(2, "0");
  const named = (options: Intl.DateTimeFormatOptions) => now.toLocaleString("en-US", options);
  const parts: Readonly<Record<string, () => string>> = {
    Y: () => String(now.getFullYear()),
    y: () => two(now.getFullYear() % 100),
    m: () => two(now.getMonth() + 1),
    d: () => two(now.getDate()),
    H: () => two(now.getHours()),
    I: () => two(now.getHours() % 12 || 12),
    M: () => two(now.getMinutes()),
    S: () => two(now.getSeconds()),
    p: () => now.getHours() < 12 ? "AM" : "PM",
    B: () => named({ month: "long" }),
    b: () => named({ month: "short" }),
    A: () => named({ weekday: "long" }),
    a: () => named({ weekday: "short" }),
    "%": () => "%",
  };
  return String(format).replace(/%(-?)(.)/gs, (_, flag: string, letter: string) => {
    const part = parts[letter]?.();
    if (part === undefined) throw new Error(`strftime_now() does not know %${letter}`);
    return flag === "-" ? part.replace(/^0(?=.)/, "") : part;
  });
}

/** What looking at all of a value takes. */
function stepsFor(value: unknown): number {
  if (typeof value === "string") return value.length / CHARS_PER_STEP;
  if (Array.isArray(value)) return value.length / ENTRIES_PER_STEP;
  return value instanceof Map ? value.size / ENTRIES_PER_STEP : 0;
}
