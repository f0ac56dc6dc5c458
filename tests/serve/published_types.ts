/**
 * Answers as the clients' packages type them, and what of it is otherwise, on purpose or because the
 * type tells what the client makes of it and not what is sent.
 *
 * @module
 */
import type OpenAI from "openai";
import type { PageResponse } from "openai/core/pagination";
import type Anthropic from "@anthropic-ai/sdk";
import type * as Ollama from "ollama";

type Choice = OpenAI.CompletionChoice;
type Without<T, K extends keyof T, With> = Omit<T, K> & With;

/** OpenAI's service, too, has no probability for the first token of an echoed prompt. */
interface Logprobs {
  tokens: string[];
  text_offset: number[];
  token_logprobs: (number | null)[];
  top_logprobs: (Record<string, number> | null)[];
}
type Answered<Reason> = Without<OpenAI.Completion, "choices" | "usage", {
  choices: Without<Choice, "finish_reason" | "logprobs", {
    finish_reason: Reason;
    logprobs: Logprobs | null;
  }>[];
  usage?: OpenAI.CompletionUsage | null;
}>;
export type Completion = Answered<Choice["finish_reason"]>;
/** OpenAI's service, too, sends null until there is a reason. */
export type CompletionChunk = Answered<Choice["finish_reason"] | null>;

/** DeepSeek's and vLLM's name for thoughts. */
interface Thoughts {
  reasoning_content?: string;
}
type ChatChoice = OpenAI.Chat.ChatCompletion.Choice;
export type ChatCompletion = Without<OpenAI.Chat.ChatCompletion, "choices", {
  choices: Without<ChatChoice, "message", { message: ChatChoice["message"] & Thoughts }>[];
}>;
type ChunkChoice = OpenAI.Chat.ChatCompletionChunk.Choice;
export type ChatCompletionChunk = Without<OpenAI.Chat.ChatCompletionChunk, "choices", {
  choices: Without<ChunkChoice, "delta", { delta: ChunkChoice["delta"] & Thoughts }>[];
}>;

/** The client adds the text; OpenAI's service, too, says whether it keeps the response. */
export type Response = Without<OpenAI.Responses.Response, "output_text", { store: boolean }>;
type OnWire<Event> = Event extends { response: OpenAI.Responses.Response }
  ? Without<Event, "response", { response: Response }>
  : Event;
export type ResponseEvent = OnWire<OpenAI.Responses.ResponseStreamEvent>;

export type Embeddings = OpenAI.CreateEmbeddingResponse;
/** vLLM's addition, which clients look for; and ours, where there are several models. */
export type Model = OpenAI.Model & { max_model_len?: number; loaded?: boolean };
export type Models = PageResponse<Model>;
export type Failure = { error: OpenAI.ErrorObject };

export type Message = Anthropic.Message;
export type MessageEvent = Anthropic.RawMessageStreamEvent;
export type MessageCount = Anthropic.MessageTokensCount;
/** Anthropic's documentation has one type more than the package. */
export type MessageFailure =
  | Anthropic.ErrorResponse
  | Without<Anthropic.ErrorResponse, "error", {
    error: { type: "request_too_large"; message: string };
  }>;

/** Dates are texts on the wire, and what only the last piece has is typed as always there. */
type Timed<T, Early extends keyof T> = Pick<T, Early> & Partial<Omit<T, "created_at">> & {
  created_at: string;
};
/** Ollama's own server, too, gives calls an id. */
type Call = Ollama.ToolCall & { id: string };
export type OllamaTurn = Timed<
  Without<Ollama.ChatResponse, "message", {
    message: Without<Ollama.Message, "tool_calls", { tool_calls?: Call[] }>;
  }>,
  "model" | "message" | "done"
>;
export type OllamaGenerated = Timed<Ollama.GenerateResponse, "model" | "response" | "done">;
export type OllamaEmbeddings = Ollama.EmbedResponse;
/** The rest is what `ollama ps` lists. */
type Listed = Without<Ollama.ModelResponse, "modified_at" | "expires_at" | "size_vram", {
  modified_at: string;
}>;
export interface OllamaModels {
  models: Listed[];
}
export interface OllamaRunning {
  models: (Listed & { expires_at: string; size_vram: number })[];
}
export type OllamaEmbedding = Ollama.EmbeddingsResponse;
/** Ollama's own server, too, leaves out what is empty. */
export type OllamaModel =
  & Pick<Ollama.ShowResponse, "details" | "capabilities">
  & Partial<Omit<Ollama.ShowResponse, "modified_at" | "model_info">>
  & { modified_at: string; model_info: Record<string, unknown> };
export type OllamaVersion = Ollama.VersionResponse;
export type OllamaFailure = Ollama.ErrorResponse;
