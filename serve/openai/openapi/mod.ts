/**
 * The API's description in OpenAPI 3.1, made of the same zod schemas that read the requests.
 *
 * @module
 */
import { z } from "zod";
import { CHAT_BODY } from "../chat/mod.ts";
import { COMPLETION_BODY } from "../completion_request.ts";
import { COUNT_BODY, MESSAGES_BODY } from "../../anthropic/mod.ts";
import {
  EMBED_BODY,
  EMBED_PROMPT_BODY,
  GENERATE_BODY,
  OLLAMA_CHAT_BODY,
  SHOW_BODY,
} from "../../ollama/mod.ts";
import { RESPONSES_BODY } from "../responses/mod.ts";
import { EMBEDDINGS_BODY } from "../embeddings.ts";
import { DETOKENIZE_BODY, TOKENIZE_BODY } from "../tokenize_routes.ts";
import { ANSWERS } from "./answers.ts";
import { DIALECT_ANSWERS } from "./dialect_answers.ts";
import { DIALECT_OPERATIONS } from "./dialect_operations.ts";
import { type Operation, OPERATIONS } from "./operations.ts";
import project from "../../../deno.json" with { type: "json" };

const BODIES: Readonly<Record<string, z.ZodType>> = {
  CompletionRequest: COMPLETION_BODY,
  ChatCompletionRequest: CHAT_BODY,
  EmbeddingRequest: EMBEDDINGS_BODY,
  ResponseRequest: RESPONSES_BODY,
  MessageRequest: MESSAGES_BODY,
  MessageCountRequest: COUNT_BODY,
  OllamaGenerateRequest: GENERATE_BODY,
  OllamaChatRequest: OLLAMA_CHAT_BODY,
  OllamaEmbedRequest: EMBED_BODY,
  OllamaEmbedPromptRequest: EMBED_PROMPT_BODY,
  OllamaShowRequest: SHOW_BODY,
  TokenizeRequest: TOKENIZE_BODY,
  DetokenizeRequest: DETOKENIZE_BODY,
};

const REFUSALS: Readonly<Record<number, string>> = {
  400: "A field is wrong, or the body is no JSON",
  401: "There is no API key, or one that is not known",
  403: "The API key lacks the scope",
  404: "There is no such model or response",
  413: "The body is too long",
  415: "The body is not called application/json",
  429: "Too many requests wait, or too many of this client: see retry-after",
  500: "The server failed",
  503: "There is no model yet, or the server is about to stop: see retry-after",
  504: "It took too long",
};

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
  for (const operation of [...OPERATIONS, ...DIALECT_OPERATIONS]) {
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
        ...describeSchemas({ ...ANSWERS, ...DIALECT_ANSWERS }, "output"),
      },
      securitySchemes: { key: { type: "http", scheme: "bearer" } },
    },
  };
}

function describeOperation(operation: Operation, needsKey: boolean): object {
  const { id, summary, path, body, answer, refusals, isOpen, error = "Error" } = operation;
  const isLocked = needsKey && !isOpen;
  const ofKeys = [401, 403, ...body === undefined ? [] : [429]];
  const codes = [...new Set([...refusals, ...isLocked ? ofKeys : []])].sort();
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
        content: { "application/json": { schema: ref(error) } },
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
