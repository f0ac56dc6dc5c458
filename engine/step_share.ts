/**
 * Shares steps of an engine among clients, so that nobody's texts, however many or long they are, hold
 * up those of the others.
 *
 * @module
 */

/** What may be in a step. */
export interface Stepped {
  /** Whose it is. */
  readonly client: string;
  /** Whether it has a long prompt that is not read to its end. */
  readonly isReading: boolean;
  /** Tokens that it has been given. */
  readonly tokens: number;
}

/** A prompt of more tokens is long; so many of one are read in a step beside the texts of others. */
export const PROMPT_TOKENS = 16;
/** Or for each text in the step so many, which is a small part of its time. */
const PROMPT_TOKENS_PER_TEXT = 4;
/** A text of more tokens lets shorter ones go first every other step. */
const LONG_TOKENS = 16;
/** Texts and drafts of a client that is alone: as many rows go through the model at once. */
const DRAFT_ROWS = 16;
/** Texts of one client in a step while another one pauses. */
const BESIDE_PAUSE = 2;
/** A client that asks for one text after the other pauses for no longer. */
const PAUSE_MS = 50;

/** Who is in a step. */
export interface ChosenStep<Place> {
  readonly places: Place[];
  /** Tokens of prompts that are read at most; as many as the engine likes unless given. */
  readonly promptTokens?: number;
  /** Tokens of drafts that are read at most: their time must not be others'. */
  readonly draftTokens: number;
}

/**
 * Chooses who is in each step. While there is one client, all are. Among several, each has as many
 * texts in a step as the one with fewest, long texts sit out every other step that short ones want,
 * and long prompts are read piece by piece, by turns of the clients, for a third of the time at most.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { StepShare } from "./step_share.ts";
 * const text = (client: string) => ({ client, isReading: false, tokens: 0 });
 * const share = new StepShare();
 * assertEquals(share.choose([text("a"), text("a")]).places.length, 2);
 * const { places } = share.choose([text("a"), text("a"), text("b")]);
 * assertEquals(places.map(({ client }) => client), ["a", "b"]);
 * ```
 */
export class StepShare<Place extends Stepped> {
  readonly #now: () => number;
  /** When each client wanted a step last. */
  readonly #wanted = new Map<string, number>();
  /** In which step each client that reads a prompt read last. */
  #readIn = new Map<string, number>();
  #steps = 0;
  #began = 0;
  #isReading = false;
  #readAfter = -Infinity;

  /** `now` tells the time in milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Who of `wanting`, longest waiting first, is in the next step. */
  choose(wanting: readonly Place[]): ChosenStep<Place> {
    this.#began = this.#now();
    this.#steps++;
    this.#isReading = false;
    for (const { client } of wanting) this.#wanted.set(client, this.#began);
    for (const [client, at] of this.#wanted) {
      if (this.#began - at > PAUSE_MS) this.#wanted.delete(client);
    }
    if (this.#wanted.size < 2) {
      return { places: [...wanting], draftTokens: Math.max(0, DRAFT_ROWS - wanting.length) };
    }
    const texts = this.#texts(wanting.filter(({ isReading }) => !isReading));
    const reader = this.#reader(wanting, texts.length > 0);
    this.#isReading = reader !== undefined && texts.length > 0;
    return {
      places: reader ? [...texts, reader] : texts,
      promptTokens: Math.max(PROMPT_TOKENS, PROMPT_TOKENS_PER_TEXT * texts.length),
      draftTokens: 0,
    };
  }

  /** Takes note that the step is over. */
  ended(): void {
    const now = this.#now();
    if (this.#isReading) this.#readAfter = 3 * now - 2 * this.#began;
  }

  #texts(wanting: readonly Place[]): Place[] {
    const short = wanting.filter(({ tokens }) => tokens < LONG_TOKENS);
    const texts = short.length > 0 && this.#steps % 2 === 0 ? short : wanting;
    const byClient = Map.groupBy(texts, ({ client }) => client);
    const most = byClient.size < this.#wanted.size ? BESIDE_PAUSE : Infinity;
    const fewest = Math.min(most, ...byClient.values().map(({ length }) => length));
    return byClient.values().flatMap((places) => places.slice(0, fewest)).toArray();
  }

  /** The one whose client has not read for longest. */
  #reader(wanting: readonly Place[], hasTexts: boolean): Place | undefined {
    if (hasTexts && this.#began < this.#readAfter) return undefined;
    const readers = wanting.filter(({ isReading }) => isReading);
    const since = ({ client }: Place) => this.#readIn.get(client) ?? 0;
    this.#readIn = new Map(readers.map((reader) => [reader.client, since(reader)]));
    const reader = readers.toSorted((a, b) => since(a) - since(b))[0];
    if (reader) this.#readIn.set(reader.client, this.#steps);
    return reader;
  }
}
