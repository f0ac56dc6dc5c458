/**
 * Answers `POST /v1/completions`.
 *
 * @module
 */
import { answer, type AnswerContext, type AnswerForm } from "./answer.ts";
import { completionLogprobs } from "./completion_logprobs.ts";
import type { CompletionRequest } from "./completion_request.ts";
import type { PlacedToken } from "./generate.ts";
import { decodeIds, type TextCodec } from "./text_codec.ts";

/**
 * Generates the answer to `request`.
 *
 * @throws {ApiError} as {@linkcode answer} does
 */
export async function complete(
  request: CompletionRequest,
  context: AnswerContext,
): Promise<Response> {
  const { codec } = context;
  const { prompt } = request;
  const promptIds = typeof prompt === "string" ? codec.encode(prompt) : prompt;
  return await answer({ ...request, promptIds }, {
    form: completionForm(request, codec),
    context,
    promptField: "prompt",
  });
}

/** The form of OpenAI's completions: chunks look like whole answers. */
function completionForm(request: CompletionRequest, codec: TextCodec): AnswerForm {
  const { prompt } = request;
  const logprobs = (scored: readonly PlacedToken[]) =>
    request.topLogprobs === undefined ? null : completionLogprobs(scored, codec);
  const promptText = () => typeof prompt === "string" ? prompt : decodeIds(codec, prompt);
  const prefix = request.echo ? promptText() : "";
  const echoed = new Set<number>();
  return {
    idPrefix: "cmpl-",
    object: "text_completion",
    chunkObject: "text_completion",
    whole: ({ index, text, scored, finishReason }) => ({
      ...{ text: prefix + text, index, logprobs: logprobs(scored) },
      finish_reason: finishReason,
    }),
    chunks({ choice: index, text, scored, finishReason = null }) {
      const before = echoed.has(index) ? "" : prefix;
      echoed.add(index);
      return [{
        ...{ text: before + text, index, logprobs: logprobs(scored) },
        finish_reason: finishReason,
      }];
    },
  };
}
