/**
 * Turns a conversation into what is generated, and tells how to read what comes of it. Every dialect
 * of chat begins here.
 *
 * @module
 */
import { ApiError } from "../../api_error.ts";
import {
  type AnswerReader,
  type AnswerShape,
  type ChatTemplate,
  ChatTemplateError,
  createAnswerReader,
  createPromptEncoder,
  DEFAULT_TEMPLATE,
  type Steps,
  type TextCodec,
  type ToolDescription,
} from "../../../engine/mod.ts";
import type { FieldNames } from "../answer_checks.ts";
import { type AdapterModel, type AnswerContext, type AnswerTask, randomId } from "../generation.ts";
import { invalid } from "../request_fields.ts";
import type { ChatRequest } from "./request.ts";

/** A conversation ready to be answered. */
export interface ChatTurn {
  readonly task: AnswerTask;
  /** Reads one of the answers. */
  readonly createReader: () => AnswerReader;
  /** Makes the id of a call. */
  readonly callId: () => string;
}

/** What serves conversations. */
export interface ChatContext extends AnswerContext {
  /** Turns them into what is generated. */
  readonly prepare: PrepareTurn;
  /** The model's own template, where it has one. */
  readonly chatTemplate?: ChatTemplate | undefined;
  /** When the model began to be served. */
  readonly since: Date;
}

/** Prepares a conversation; refusals name the fields that `named` says. */
export type PrepareTurn = (
  request: ChatRequest,
  options: { context: AnswerContext; named: FieldNames },
) => Promise<ChatTurn>;

/**
 * Turns over the model whose tokenizer is `codec`, and its adapters by their names. What it returns throws an {@linkcode ApiError},
 * 400 where the template makes no text of the messages.
 */
export function createTurns(
  codec: TextCodec,
  modelTemplate = DEFAULT_TEMPLATE,
  adapters: ReadonlyMap<string, AdapterModel> = new Map(),
): PrepareTurn {
  const encoders = new Map<ChatTemplate, ReturnType<typeof createPromptEncoder>>();
  const encoderOf = (chosen: ChatTemplate) => {
    const encode = encoders.get(chosen) ?? createPromptEncoder(codec, chosen);
    encoders.set(chosen, encode);
    return encode;
  };
  return async (request, { context, named }) => {
    const { toolChoice, continues, jsonSchema: schema } = request;
    const template = adapters.get(request.model ?? "")?.chatTemplate ?? modelTemplate;
    const tools = toolChoice.choice === "none" ? [] : toolChoice.tools;
    const chosen = tools.length > 0 ? template.forTools ?? template : template;
    if (tools.length > 0 && continues) {
      const message =
        `${named.prompt} must not end with the answer's beginning where tools are given`;
      throw invalid(message, named.prompt);
    }
    const run = <T>(work: Steps<T>) => context.turns.run(work, context);
    const { ids, thinking } = await refusing(named, () =>
      encoderOf(chosen)(request.messages, {
        continues,
        ...(tools.length > 0 && { tools: tools.map(described) }),
        run,
      }));
    const form = tools.length > 0 ? chosen.toolForm : undefined;
    const shape = shapeOf({ request, form, thinking });
    if (form?.standsAlone && schema && toolChoice.choice === "auto") {
      const message = `${named.format} beside tools is not supported by this model's form of calls`;
      throw invalid(message, named.format);
    }
    const reading = { ...(form && { form }), ...(thinking && { thinking }) };
    return {
      task: {
        ...request,
        stop: [...request.stop, ...chosen.stops],
        prompts: [ids],
        ...(shape && { shape }),
      },
      createReader: () => createAnswerReader(reading),
      callId: () => form?.idLength ? randomId().slice(0, form.idLength) : `call_${randomId()}`,
    };
  };
}

function described({ type, function: named }: ToolDescription): ToolDescription {
  return { type, function: named };
}

/** What the answer must keep to; nothing where it is any text. */
function shapeOf(
  { request, form, thinking }: {
    request: ChatRequest;
    form: ChatTemplate["toolForm"] | undefined;
    thinking: AnswerShape["thinking"];
  },
): AnswerShape | undefined {
  const { jsonSchema: schema, toolChoice: { tools, choice, several, allowed } } = request;
  if (!form && !schema) return undefined;
  const names = typeof choice === "string" ? allowed : [choice.name];
  const callable = tools.filter(({ function: { name } }) => names?.includes(name) ?? true);
  return {
    ...(schema && { schema }),
    ...(form && {
      calls: {
        form,
        tools: callable.map(({ strict, function: { name, parameters } }) => ({
          name,
          parameters,
          strict,
        })),
        required: choice !== "auto",
        // Who asks for one function wants it called once.
        several: several && typeof choice === "string",
      },
    }),
    ...(thinking && { thinking }),
  };
}

async function refusing<T>({ prompt }: FieldNames, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (cause) {
    if (!(cause instanceof ChatTemplateError)) throw cause;
    throw new ApiError(cause.message, {
      status: 400,
      param: prompt,
      code: "chat_template_error",
      cause,
    });
  }
}
