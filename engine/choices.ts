/**
 * Several answers to one prompt or to several, generated side by side.
 *
 * @module
 */
import { setImmediate } from "node:timers/promises";
import { generate, type GenerateOptions, type Piece, type TokenConstraint } from "./generate.ts";

/** A piece and the answer that it belongs to: those to the first prompt come first. */
export interface ChoicePiece extends Piece {
  /**
   * 0-based, below `prompts.length * count`: the prompt's place times `count`, plus the answer's
   * own.
   */
  readonly choice: number;
}

/** What to generate. */
export interface ChoicesOptions
  extends Omit<GenerateOptions, "choice" | "constraint" | "promptIds"> {
  /** Token ids of each prompt. */
  readonly prompts: readonly ArrayLike<number>[];
  /** Answers to each prompt. */
  readonly count: number;
  /** Makes what keeps one answer within a grammar. */
  readonly constrain?: () => TokenConstraint;
}

/**
 * The pieces of `count` answers to each prompt as they come, each drawn with random numbers of its
 * own. The first answer reads the prompt; the others begin when it has, and so with the pages it has
 * filled. All are made as they are read. When the iteration ends, or one of them fails, all end.
 *
 * @throws what {@linkcode generate} throws; refusals come before the first piece
 * @example
 * ```ts
 * import { type ChoicesOptions, generateChoices } from "./choices.ts";
 * async function texts(options: ChoicesOptions): Promise<string[]> {
 *   const texts = new Array<string>(options.prompts.length * options.count).fill("");
 *   for await (const { choice, text } of generateChoices(options)) texts[choice] += text;
 *   return texts;
 * }
 * ```
 */
export async function* generateChoices(
  { prompts, count, constrain, signal, ...options }: ChoicesOptions,
): AsyncGenerator<ChoicePiece, void> {
  const leaving = new AbortController();
  const either = signal ? AbortSignal.any([signal, leaving.signal]) : leaving.signal;
  const answers = prompts.flatMap((promptIds) =>
    Array.from({ length: count }, (_, choice) =>
      generate({
        ...options,
        promptIds,
        choice,
        signal: either,
        scoresPrompt: choice === 0 && options.scoresPrompt === true,
        ...(constrain && { constraint: constrain() }),
      }))
  );
  const race = createRace(answers);
  /** The first piece of the first answer to each prompt. */
  const firsts = new Map<number, ChoicePiece>();
  const begun = new Set<number>();
  /** `piece`, with the prompt's scores where it is an answer's first one. */
  const opened = (piece: ChoicePiece): ChoicePiece => {
    const prompt = Math.floor(piece.choice / count);
    const first = firsts.get(prompt) ?? piece;
    if (!firsts.has(prompt)) {
      firsts.set(prompt, piece);
      for (let other = 1; other < count; other++) race.start(piece.choice + other);
    }
    if (begun.has(piece.choice)) return piece;
    begun.add(piece.choice);
    return { ...piece, ...(first.prompt && { prompt: first.prompt }) };
  };
  try {
    for (const prompt of prompts.keys()) race.start(prompt * count);
    let piece = opened(await race.next());
    // Refusals come at once; what waits for its place comes later.
    if (answers.length > 1) await setImmediate();
    race.throwIfFailed();
    for (let left = answers.length;;) {
      yield piece;
      if (piece.finishReason === undefined) race.start(piece.choice);
      else if (--left === 0) return;
      piece = opened(await race.next());
    }
  } finally {
    leaving.abort(new Error("Cannot go on: the other answers have ended"));
    await race.close();
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
    /** Waits for the running steps, then ends every generator. */
    async close(): Promise<void> {
      await Promise.all(running);
      await Promise.all(answers.map((answer) => answer.return()));
    },
  };
}
