/**
 * The routes of the API, for its description.
 *
 * @module
 */

/** A route as the description has it. */
export interface Operation {
  readonly method: "get" | "post" | "delete";
  readonly path: string;
  readonly id: string;
  readonly summary: string;
  /** Schema of the request's body. */
  readonly body?: string;
  /** By content type: a schema, or in words what comes. */
  readonly answer: Readonly<Record<string, { readonly schema: string } | string>>;
  /** Refusals beside those that every route has. */
  readonly refusals: readonly number[];
  /** Schema of its errors, where that is another one. */
  readonly error?: string;
  /** Whether it takes no key where others do. */
  readonly isOpen?: true;
}

/** Refusals of routes that generate. */
export const GENERATING: readonly number[] = [400, 404, 413, 415, 429, 500, 503, 504];

/** OpenAI's routes and this server's own. */
export const OPERATIONS: readonly Operation[] = [
  {
    method: "post",
    path: "/v1/completions",
    id: "createCompletion",
    summary: "Continues a prompt",
    body: "CompletionRequest",
    answer: {
      "application/json": { schema: "Completion" },
      "text/event-stream": "With stream: CompletionChunk in `data:` events, then `data: [DONE]`",
    },
    refusals: GENERATING,
  },
  {
    method: "post",
    path: "/v1/chat/completions",
    id: "createChatCompletion",
    summary: "Makes the next turn of a conversation",
    body: "ChatCompletionRequest",
    answer: {
      "application/json": { schema: "ChatCompletion" },
      "text/event-stream":
        "With stream: ChatCompletionChunk in `data:` events, then `data: [DONE]`",
    },
    refusals: GENERATING,
  },
  {
    method: "post",
    path: "/v1/embeddings",
    id: "createEmbedding",
    summary: "Turns texts into vectors",
    body: "EmbeddingRequest",
    answer: { "application/json": { schema: "Embeddings" } },
    refusals: GENERATING,
  },
  {
    method: "post",
    path: "/tokenize",
    id: "tokenize",
    summary: "Turns text into tokens",
    body: "TokenizeRequest",
    answer: { "application/json": { schema: "Tokens" } },
    refusals: [400, 413, 415],
  },
  {
    method: "post",
    path: "/detokenize",
    id: "detokenize",
    summary: "Turns tokens into text",
    body: "DetokenizeRequest",
    answer: { "application/json": { schema: "Text" } },
    refusals: [400, 413, 415],
  },
  {
    method: "get",
    path: "/prompts.json",
    id: "prompts",
    summary: "Beginnings of documents to try the model on",
    answer: { "application/json": { schema: "Prompts" } },
    refusals: [],
  },
  {
    method: "get",
    path: "/v1/models",
    id: "listModels",
    summary: "The model that is served",
    answer: { "application/json": { schema: "Models" } },
    refusals: [],
  },
  {
    method: "get",
    path: "/v1/models/{id}",
    id: "retrieveModel",
    summary: "A model by its name",
    answer: { "application/json": { schema: "Model" } },
    refusals: [404],
  },
  {
    method: "get",
    path: "/health",
    id: "health",
    isOpen: true,
    summary: "Whether requests can be answered, and by which weights",
    answer: { "application/json": { schema: "Health" } },
    refusals: [503],
  },
  {
    method: "get",
    path: "/metrics",
    id: "metrics",
    summary: "The server's figures",
    answer: { "text/plain": "Prometheus' exposition format" },
    refusals: [],
  },
  {
    method: "get",
    path: "/openapi.json",
    id: "openapi",
    isOpen: true,
    summary: "This description",
    answer: { "application/json": "An OpenAPI 3.1 document" },
    refusals: [],
  },
  {
    method: "get",
    path: "/",
    id: "playground",
    isOpen: true,
    summary: "A page on which to try the model",
    answer: { "text/html": "The page" },
    refusals: [],
  },
];
