/**
 * The routes of other protocols, for the API's description.
 *
 * @module
 */
import { GENERATING, type Operation } from "./operations.ts";

const messages = { method: "post", error: "MessageError" } as const;
const ollama = { method: "post", error: "OllamaError" } as const;

/** Routes of OpenAI's responses, of Anthropic and of Ollama. */
export const DIALECT_OPERATIONS: readonly Operation[] = [
  {
    method: "post",
    path: "/v1/responses",
    id: "createResponse",
    summary: "Makes the next turn of a conversation, which later ones may go on with",
    body: "ResponseRequest",
    answer: {
      "application/json": { schema: "Response" },
      "text/event-stream": "With stream: named events, `response.completed` last",
    },
    refusals: GENERATING,
  },
  {
    method: "get",
    path: "/v1/responses/{id}",
    id: "retrieveResponse",
    summary: "A response that is kept",
    answer: { "application/json": { schema: "Response" } },
    refusals: [404],
  },
  {
    method: "delete",
    path: "/v1/responses/{id}",
    id: "deleteResponse",
    summary: "Forgets a response",
    answer: { "application/json": { schema: "ResponseDeleted" } },
    refusals: [404],
  },
  {
    ...messages,
    path: "/v1/messages",
    id: "createMessage",
    summary: "The same in the form of Anthropic's API",
    body: "MessageRequest",
    answer: {
      "application/json": { schema: "Message" },
      "text/event-stream": "With stream: named events, `message_stop` last",
    },
    refusals: GENERATING,
  },
  {
    ...messages,
    path: "/v1/messages/count_tokens",
    id: "countMessageTokens",
    summary: "Counts the tokens of a conversation",
    body: "MessageCountRequest",
    answer: { "application/json": { schema: "MessageCount" } },
    refusals: [400, 404, 413, 415],
  },
  {
    ...ollama,
    path: "/api/generate",
    id: "ollamaGenerate",
    summary: "Continues a prompt in the form of Ollama's API",
    body: "OllamaGenerateRequest",
    answer: {
      "application/json": { schema: "OllamaGenerated" },
      "application/x-ndjson": "Unless stream is false: such an object a line",
    },
    refusals: GENERATING,
  },
  {
    ...ollama,
    path: "/api/chat",
    id: "ollamaChat",
    summary: "Makes the next turn of a conversation in the form of Ollama's API",
    body: "OllamaChatRequest",
    answer: {
      "application/json": { schema: "OllamaTurn" },
      "application/x-ndjson": "Unless stream is false: such an object a line",
    },
    refusals: GENERATING,
  },
  {
    ...ollama,
    path: "/api/embed",
    id: "ollamaEmbed",
    summary: "Turns texts into vectors in the form of Ollama's API",
    body: "OllamaEmbedRequest",
    answer: { "application/json": { schema: "OllamaEmbeddings" } },
    refusals: GENERATING,
  },
  {
    ...ollama,
    path: "/api/embeddings",
    id: "ollamaEmbedPrompt",
    summary: "Turns a text into a vector in the older form of Ollama's API",
    body: "OllamaEmbedPromptRequest",
    answer: { "application/json": { schema: "OllamaEmbedding" } },
    refusals: GENERATING,
  },
  {
    ...ollama,
    path: "/api/show",
    id: "ollamaShow",
    summary: "Describes the model in the form of Ollama's API",
    body: "OllamaShowRequest",
    answer: { "application/json": { schema: "OllamaModel" } },
    refusals: [400, 404, 413, 415],
  },
  {
    ...ollama,
    method: "get",
    path: "/api/tags",
    id: "ollamaTags",
    summary: "The model that is served, in the form of Ollama's API",
    answer: { "application/json": { schema: "OllamaModels" } },
    refusals: [],
  },
  {
    ...ollama,
    method: "get",
    path: "/api/ps",
    id: "ollamaRunning",
    summary: "Models in memory, in the form of Ollama's API",
    answer: { "application/json": { schema: "OllamaModels" } },
    refusals: [],
  },
  {
    ...ollama,
    method: "get",
    path: "/api/version",
    id: "ollamaVersion",
    summary: "The version of this program",
    answer: { "application/json": { schema: "OllamaVersion" } },
    refusals: [],
  },
];
