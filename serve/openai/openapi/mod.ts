/**
 * The API's description in OpenAPI 3.1, made of the same zod schemas that read the requests.
 *
 * @module
 */
import { z } from "zod";
import { CHAT_BODY } from "../chat/mod.ts";
import { COMPLETION_BODY } from "../completion_request.ts";
import { EMBEDDINGS_BODY } from "../embeddings.ts";
import { DETOKENIZE_BODY, TOKENIZE_BODY } from "../tokenize_routes.ts";
import { ANSWERS } from "./answers.ts";
import project from "../../../deno.json" with { type: "json" };

/** A route as the description has it. */
interface Operation {
  readonly method: "get" | "post";
  readonly path: string;
  readonly id: string;
  readonly summary: string;
  /** Schema of the request's body. */
  readonly body?: string;
  /** By content type: a schema, or in words what comes. */
  readonly answer: Readonly<Record<string, { readonly schema: string } | string>>;
  /** Refusals beside those that every route has. */
  readonly refusals: readonly number[];
  /** Whether it takes no key where others do. */
  readonly isOpen?: true;
}

const BODIES: Readonly<Record<string, z.ZodType>> = {
  CompletionRequest: COMPLETION_BODY,
  ChatCompletionRequest: CHAT_BODY,
  EmbeddingRequest: EMBEDDINGS_BODY,
  TokenizeRequest: TOKENIZE_BODY,
  DetokenizeRequest: DETOKENIZE_BODY,
};

const REFUSALS: Readonly<Record<number, string>> = {
  400: "A field is wrong, or the body is no JSON",
  401: "There is no API key, or one that is not known",
  404: "There is no such model",
  413: "The body is too long",
  415: "The body is not called application/json",
  429: "Too many requests wait, or too many of this client: see retry-after",
  500: "The server failed",
  503: "There is no model yet, or the server is about to stop: see retry-after",
  504: "It took too long",
};
const GENERATING = [400, 404, 413, 415, 429, 500, 503, 504];

const OPERATIONS: readonly Operation[] = [
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

/**
 * The document; where `needsKey`, every route but the open ones asks for a bearer key.
 *
 * @example
 * ```ts
 * import { assert, assertEquals } from "@std/assert";
 * import { openApiDocument } from "./mod.ts";
 * const { openapi, paths } = openApiDocument({ needsKey: false });
 * assertEquals(openapi, "3.1.0");
 * assert("/v1/completions" in paths);
 * ```
 */
export function openApiDocument({ needsKey }: { needsKey: boolean }): {
  readonly openapi: "3.1.0";
  readonly paths: Readonly<Record<string, object>>;
} & Readonly<Record<string, unknown>> {
  const paths: Record<string, Record<string, object>> = {};
  for (const operation of OPERATIONS) {
    paths[operation.path] = {
      ...paths[operation.path],
      [operation.method]: describeOperation(operation, needsKey),
    };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "cllm",
      description: "A model of your own corpus behind OpenAI's protocol",
      version: project.version,
      license: { name: project.license, identifier: project.license },
    },
    servers: [{ url: "/" }],
    paths,
    components: {
      schemas: {
        ...describeSchemas(BODIES, "input"),
        ...describeSchemas(ANSWERS, "output"),
      },
      securitySchemes: { key: { type: "http", scheme: "bearer" } },
    },
  };
}

function describeOperation(operation: Operation, needsKey: boolean): object {
  const { id, summary, path, body, answer, refusals, isOpen } = operation;
  const isLocked = needsKey && !isOpen;
  const codes = [...refusals, ...isLocked ? [401] : []].sort();
  return {
    operationId: id,
    summary,
    security: isLocked ? [{ key: [] }] : [],
    ...path.includes("{id}") && {
      parameters: [{ name: "id", in: "path", required: true, schema: { type: "string" } }],
    },
    ...body !== undefined && {
      requestBody: { required: true, content: { "application/json": { schema: ref(body) } } },
    },
    responses: {
      200: {
        description: "The answer",
        headers: { "x-request-id": { schema: { type: "string" } } },
        content: Object.fromEntries(
          Object.entries(answer).map(([type, what]) => [type, { schema: contentSchema(what) }]),
        ),
      },
      ...Object.fromEntries(codes.map((code) => [code, {
        description: REFUSALS[code],
        content: { "application/json": { schema: ref("Error") } },
      }])),
    },
  };
}

function contentSchema(what: Operation["answer"][string]): object {
  return typeof what === "string" ? { description: what } : ref(what.schema);
}

function ref(name: string): object {
  return { $ref: `#/components/schemas/${name}` };
}

function describeSchemas(
  schemas: Readonly<Record<string, z.ZodType>>,
  io: "input" | "output",
): Record<string, object> {
  return Object.fromEntries(
    Object.entries(schemas).map(([name, schema]) => {
      const { $schema: _version, ...described } = z.toJSONSchema(schema, { io });
      return [name, described];
    }),
  );
}
