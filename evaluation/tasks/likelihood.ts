/**
 * How likely a model finds continuations of texts, as it would be served.
 *
 * @module
 */
import { type Engine, NoRoomError, type Sequence } from "../../engine/mod.ts";

/** Token ids of a text and of what follows it. */
export interface Continuation {
  /** At least one. */
  readonly context: readonly number[];
  /** At least one. */
  readonly ids: readonly number[];
}

/** How likely a continuation is. */
export interface Likelihood {
  /** Sum of the log-probabilities of its tokens. */
  readonly logprob: number;
  /** Whether each of them is the likeliest in its place. */
  readonly isGreedy: boolean;
  /** Whether the text is longer than the model's context, so that its beginning was left out. */
  readonly isCut: boolean;
}

/** Sequences at once. */
const MOST = 16;

interface Active {
  readonly index: number;
  readonly sequence: Sequence;
  readonly ids: readonly number[];
  readonly isCut: boolean;
  done: number;
  logprob: number;
  isGreedy: boolean;
}

/** The likelihood of each continuation, in order; several go through the engine together. */
export async function likelihoods(
  engine: Engine,
  continuations: readonly Continuation[],
  onDone: () => void = () => {},
): Promise<Likelihood[]> {
  const results: Likelihood[] = [];
  const active = new Set<Active>();
  let next = 0;
  const begin = (): boolean => {
    const index = next;
    const continuation = continuations[index];
    if (continuation === undefined) return false;
    const { context, ids, isCut } = fitted(continuation, engine.config.max_position_embeddings);
    try {
      const sequence = engine.createSequence(context, { maxTokens: ids.length });
      active.add({ index, sequence, ids, isCut, done: 0, logprob: 0, isGreedy: true });
    } catch (error) {
      if (error instanceof NoRoomError && active.size > 0) return false;
      throw error;
    }
    next++;
    return true;
  };
  try {
    for (;;) {
      while (active.size < MOST && begin());
      if (active.size === 0) return results;
      const stepped = [...active];
      const all = await engine.step(stepped.map(({ sequence }) => sequence));
      for (const [at, one] of stepped.entries()) {
        const logits = all[at];
        if (!logits) continue;
        const id = one.ids[one.done++] as number;
        const { logprob, isLikeliest } = score(logits, id);
        one.logprob += logprob;
        one.isGreedy &&= isLikeliest;
        if (one.done < one.ids.length) {
          one.sequence.append(id);
          continue;
        }
        const { logprob: sum, isGreedy, isCut } = one;
        results[one.index] = { logprob: sum, isGreedy, isCut };
        active.delete(one);
        one.sequence[Symbol.dispose]();
        onDone();
      }
    }
  } finally {
    for (const { sequence } of active) sequence[Symbol.dispose]();
  }
}

/** The end of what is too long for the model, with as much context as fits. */
function fitted(
  { context, ids }: Continuation,
  longest: number,
): Continuation & { readonly isCut: boolean } {
  const kept = ids.slice(-(longest - 1));
  const isCut = context.length + ids.length > longest;
  return { context: context.slice(-(longest - kept.length)), ids: kept, isCut };
}

function score(logits: Float32Array, id: number): { logprob: number; isLikeliest: boolean } {
  let [most, likeliest] = [-Infinity, 0];
  for (const [at, logit] of logits.entries()) if (logit > most) [most, likeliest] = [logit, at];
  let sum = 0;
  for (const logit of logits) sum += Math.exp(logit - most);
  return { logprob: (logits[id] as number) - most - Math.log(sum), isLikeliest: likeliest === id };
}
