/**
 * Several answers to one prompt, generated side by side.
 *
 * @module
 */
import { setImmediate } from "node:timers/promises";
import { generate, type GenerateOptions, type Piece, type TokenConstraint } from "./generate.ts";

/** A piece and the answer that it belongs to. */
export interface ChoicePiece extends Piece {
  readonly choice: number;
}

/** What to generate. */
export interface ChoicesOptions extends Omit<GenerateOptions, "choice" | "constraint"> {
  readonly count: number;
  /** Makes what keeps one answer within a grammar. */
  readonly constrain?: () => TokenConstraint;
}

/**
 * The pieces of `count` answers as they come, each drawn with random numbers of its own. The first
 * answer reads the prompt; the others begin when it has, and so with the pages it has filled. All
 * are made as they are read. When the iteration ends, or one of them fails, all end.
 *
 * @throws what {@linkcode generate} throws; refusals come before the first piece
 * @example
 * ```ts
 * import { type ChoicesOptions, generateChoices } from "./choices.ts";
 * async function texts(options: ChoicesOptions): Promise<string[]> {
 *   const texts = new Array<string>(options.count).fill("");
 *   for await (const { choice, text } of generateChoices(options)) texts[choice] += text;
 *   return texts;
 * }
 * ```
 */
export async function* generateChoices(
  { count, constrain, signal, ...options }: ChoicesOptions,
): AsyncGenerator<ChoicePiece, void> {
  const leaving = new AbortController();
  const either = signal ? AbortSignal.any([signal, leaving.signal]) : leaving.signal;
  const answers = Array.from({ length: count }, (_, choice) =>
    generate({
      ...options,
      choice,
      signal: either,
      ...(constrain && { constraint: constrain() }),
    }));
  const race = createRace(answers);
  try {
    race.start(0);
    const first = await race.next();
    for (let choice = 1; choice < count; choice++) race.start(choice);
    // Refusals come at once; what waits for its place comes later.
    if (count > 1) await setImmediate();
    race.throwIfFailed();
    yield first;
    if (first.finishReason === undefined) race.start(0);
    let left = first.finishReason === undefined ? count : count - 1;
    while (left > 0) {
      const piece = await race.next();
      yield piece;
      if (piece.finishReason === undefined) race.start(piece.choice);
      else left--;
    }
  } finally {
    leaving.abort(new Error("Cannot go on: the other answers have ended"));
    await race.settled();
  }
}

/** Lets generators run at the same time, each for one piece whenever it is started. */
function createRace(answers: readonly AsyncGenerator<Piece, void>[]) {
  const ready: ChoicePiece[] = [];
  const running = new Set<Promise<void>>();
  let failure: { reason: unknown } | undefined;
  const step = async (choice: number) => {
    try {
      const { value } = await answers[choice]?.next() ?? {};
      if (!value) throw new Error("Cannot go on: generation ended without a last piece");
      // Frees the place before the last piece is read.
      if (value.finishReason !== undefined) await answers[choice]?.return();
      ready.push({ ...value, choice });
    } catch (reason) {
      failure ??= { reason };
    }
  };
  const throwIfFailed = () => {
    if (failure) throw failure.reason;
  };
  return {
    start(choice: number): void {
      const run = step(choice).finally(() => running.delete(run));
      running.add(run);
    },
    throwIfFailed,
    /** The next piece of any of them. */
    async next(): Promise<ChoicePiece> {
      while (ready.length === 0) {
        throwIfFailed();
        await Promise.race(running);
      }
      const piece = ready.shift();
      if (!piece) throw new Error("Cannot go on: no answer is under way");
      return piece;
    },
    /** Ends what waits at a piece, and waits for what runs. */
    async settled(): Promise<void> {
      await Promise.all(running);
      await Promise.all(answers.map((answer) => answer.return()));
    },
  };
}
