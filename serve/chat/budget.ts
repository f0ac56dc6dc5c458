/**
 * Runs a chat template with a bound on its work. A template may come with somebody else's model, and
 * loops over ranges or strings that double would hold up every request: what it does is counted, not
 * timed, so that the same messages always fit or never do.
 *
 * @module
 */
import { Environment, Interpreter, type Template } from "@huggingface/jinja";

/** Steps, and characters or entries read at 64 a step. */
const MAX_STEPS = 1_000_000;

/** Characters of any text that comes up, the prompt included. */
const MAX_CHARS = 4 << 20;

const PER_STEP = 64;

type Parsed = Template["parsed"];
type Statement = Parameters<Interpreter["evaluate"]>[0];

/** An interpreter that counts. */
class CountingInterpreter extends Interpreter {
  #steps = 0;

  override evaluate(
    statement: Statement,
    environment: Environment,
  ): ReturnType<Interpreter["evaluate"]> {
    const result = super.evaluate(statement, environment);
    const size = sizeOf(result.value);
    this.#steps += 1 + size / PER_STEP;
    if (this.#steps > MAX_STEPS) throw new RangeError(`it takes more than ${MAX_STEPS} steps`);
    if (size > MAX_CHARS) throw new RangeError(`it makes more than ${MAX_CHARS} characters`);
    return result;
  }
}

/**
 * What `template` makes of `variables`.
 *
 * @throws {Error} when the template raises or breaks, or takes too much work
 */
export function renderWithin(template: Parsed, variables: Record<string, unknown>): string {
  const environment = new Environment();
  const constants = { true: true, false: false, none: null, True: true, False: false, None: null };
  for (
    const [name, value] of Object.entries({ ...constants, ...variables, range, raise_exception })
  ) {
    environment.set(name, value);
  }
  const { value } = new CountingInterpreter(environment).run(template);
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

function sizeOf(value: unknown): number {
  if (typeof value === "string" || Array.isArray(value)) return value.length;
  return value instanceof Map ? value.size : 0;
}
