/**
 * Answers `POST /v1/completions`.
 *
 * @module
 */
import { answer, type AnswerContext, type AnswerForm } from "./answer.ts";
import { checkIds } from "./answer_checks.ts";
import { completionLogprobs } from "./completion_logprobs.ts";
import type { CompletionRequest } from "./completion_request.ts";
import {
  charactersOf,
  decodeSteps,
  encodeSteps,
  type PlacedToken,
  type PromptToken,
  type Steps,
  type TextCodec,
} from "../../engine/mod.ts";

/**
 * Generates the answer to `request`.
 *
 * @throws {ApiError} as {@linkcode answer} does
 */
export async function complete(
  request: CompletionRequest,
  context: AnswerContext,
): Promise<Response> {
  const { turns, client, signal } = context;
  const { prompts, prefixes } = await turns.run(readPrompts(request, context), { client, signal });
  const scoresPrompt = request.echo && request.topLogprobs !== undefined;
  const { jsonSchema: schema } = request;
  return await answer({ ...request, prompts, scoresPrompt, ...(schema && { shape: { schema } }) }, {
    form: completionForm(request, { codec: context.codec, prefixes }),
    context,
    named: { prompt: "prompt", format: "response_format", tool: () => "response_format" },
  });
}

/** The ids of prompts, and the texts that precede the answers. */
function* readPrompts(
  { prompts, echo }: CompletionRequest,
  { codec, scheduler }: AnswerContext,
): Steps<{ prompts: readonly (readonly number[])[]; prefixes: string[] }> {
  const ids: (readonly number[])[] = [], prefixes: string[] = [];
  for (const prompt of prompts) {
    const own = typeof prompt === "string"
      ? yield* encodeSteps(codec, prompt, { addPrefix: true })
      : prompt;
    checkIds(own, { scheduler, promptField: "prompt" });
    ids.push(own);
    if (!echo) prefixes.push("");
    else prefixes.push(typeof prompt === "string" ? prompt : yield* decodeSteps(codec, prompt));
  }
  return { prompts: ids, prefixes };
}

/** The form of OpenAI's completions: chunks look like whole answers. */
function completionForm(
  request: CompletionRequest,
  { codec, prefixes }: { codec: TextCodec; prefixes: readonly string[] },
): AnswerForm {
  const { n, topLogprobs } = request;
  const prefixOf = (index: number) => prefixes[Math.floor(index / n)] ?? "";
  /** The tokens of a prompt's own text, without what stands before it. */
  const echoedTokens = (prompt: readonly PromptToken[], index: number) => {
    if (typeof request.prompts[Math.floor(index / n)] !== "string") return prompt;
    const own = prompt.slice(codec.prefixIds?.length ?? 0);
    const begin = own[0]?.start ?? 0;
    return own.map((token) => ({ ...token, start: token.start - begin }));
  };
  const logprobs = (
    scored: readonly PlacedToken[],
    { index, prompt = [] }: { index: number; prompt?: readonly PromptToken[] },
  ) => {
    if (topLogprobs === undefined) return null;
    const length = charactersOf(prefixOf(index));
    const after = scored.map((token) => ({ ...token, start: length + token.start }));
    return completionLogprobs([...echoedTokens(prompt, index), ...after], codec);
  };
  const echoed = new Set<number>();
  return {
    idPrefix: "cmpl-",
    object: "text_completion",
    chunkObject: "text_completion",
    whole: ({ text, scored, finishReason, ...choice }) => ({
      text: prefixOf(choice.index) + text,
      index: choice.index,
      logprobs: logprobs(scored, choice),
      finish_reason: finishReason,
    }),
    chunks({ choice: index, text, scored, finishReason = null, ...piece }) {
      const before = echoed.has(index) ? "" : prefixOf(index);
      echoed.add(index);
      return [{
        text: before + text,
        index,
        logprobs: logprobs(scored, { index, ...piece }),
        finish_reason: finishReason,
      }];
    },
  };
}
