/**
 * The output of a response as it grows, and the events that tell of it.
 *
 * @module
 */
import type { AnswerPart, Message } from "../../../engine/mod.ts";
import { randomId } from "../generation.ts";

/** An event, but for its number. */
export interface ResponseEvent {
  readonly type: string;
  readonly [field: string]: unknown;
}

type Status = "in_progress" | "completed" | "incomplete";

/** A text of an item: what is said, or a thought. */
interface TextItem {
  readonly type: "message" | "reasoning";
  readonly id: string;
  text: string;
}

interface CallItem {
  readonly type: "function_call";
  readonly id: string;
  readonly callId: string;
  readonly name: string;
  text: string;
}

type Item = TextItem | CallItem;

/** Takes the parts of an answer. */
export class ResponseOutput {
  readonly #items: Item[] = [];
  readonly #callId: () => string;
  #open: Item | undefined;

  constructor(callId: () => string) {
    this.#callId = callId;
  }

  /** The events of a part. */
  *add(part: AnswerPart): Generator<ResponseEvent> {
    switch (part.kind) {
      case "text":
        return yield* this.#say("message", part.text);
      case "reasoning":
        return yield* this.#say("reasoning", part.text);
      case "call": {
        const id = `fc_${randomId()}`;
        const { name } = part;
        return yield* this.#begin({
          type: "function_call",
          id,
          callId: this.#callId(),
          name,
          text: "",
        });
      }
      case "arguments":
        return yield* this.#more(part.text);
      case "called":
        return yield* this.end("completed");
    }
  }

  /** The events of the end of what is open. */
  *end(status: Status): Generator<ResponseEvent> {
    const item = this.#open;
    if (!item) return;
    this.#open = undefined;
    const at = this.#placeOf(item);
    if (item.type === "function_call") {
      yield { type: "response.function_call_arguments.done", ...at, arguments: item.text };
    } else {
      const place = { ...at, content_index: 0 };
      const said = item.type === "message"
        ? { type: "response.output_text.done", ...place, text: item.text, logprobs: [] }
        : { type: "response.reasoning_text.done", ...place, text: item.text };
      yield said;
      yield { type: "response.content_part.done", ...place, part: partOf(item) };
    }
    const { output_index } = at;
    yield { type: "response.output_item.done", output_index, item: itemOf(item, status) };
  }

  /** All items; the last one may have been cut off. */
  items(last: Status): unknown[] {
    return this.#items.map((item, at) =>
      itemOf(item, at === this.#items.length - 1 ? last : "completed")
    );
  }

  /** The message that they are in the conversation. */
  get message(): Message {
    const textOf = (type: Item["type"]) =>
      this.#items.filter((item) => item.type === type).map(({ text }) => text).join("");
    const calls = this.#items.filter((item) => item.type === "function_call")
      .filter(({ text }) => isWhole(text));
    const reasoning = textOf("reasoning");
    return {
      role: "assistant",
      content: textOf("message"),
      ...(reasoning && { reasoning_content: reasoning }),
      ...(calls.length > 0 && {
        tool_calls: calls.map(({ callId, name, text }) => ({
          id: callId,
          type: "function" as const,
          function: { name, arguments: JSON.parse(text) },
        })),
      }),
    };
  }

  *#say(type: TextItem["type"], text: string): Generator<ResponseEvent> {
    if (this.#open?.type !== type) {
      // Space between calls says nothing.
      if (type === "message" && this.#items.length > 0 && text.trim() === "") return;
      const prefix = type === "message" ? "msg" : "rs";
      yield* this.#begin({ type, id: `${prefix}_${randomId()}`, text: "" });
    }
    yield* this.#more(text);
  }

  *#begin(item: Item): Generator<ResponseEvent> {
    yield* this.end("completed");
    this.#items.push(item);
    this.#open = item;
    const { output_index, ...at } = this.#placeOf(item);
    yield {
      type: "response.output_item.added",
      output_index,
      item: itemOf(item, "in_progress"),
    };
    if (item.type === "function_call") return;
    const part = partOf(item);
    yield { type: "response.content_part.added", ...at, output_index, content_index: 0, part };
  }

  *#more(delta: string): Generator<ResponseEvent> {
    const item = this.#open;
    if (!item) return;
    item.text += delta;
    const at = this.#placeOf(item);
    if (item.type === "function_call") {
      yield { type: "response.function_call_arguments.delta", ...at, delta };
    } else if (item.type === "message") {
      const place = { ...at, content_index: 0 };
      yield { type: "response.output_text.delta", ...place, delta, logprobs: [] };
    } else yield { type: "response.reasoning_text.delta", ...at, content_index: 0, delta };
  }

  #placeOf(item: Item) {
    return { item_id: item.id, output_index: this.#items.indexOf(item) };
  }
}

function partOf({ type, text }: TextItem) {
  return type === "message"
    ? { type: "output_text", text, annotations: [], logprobs: [] }
    : { type: "reasoning_text", text };
}

/** An item as responses have it; what has just begun has no content yet. */
function itemOf(item: Item, status: Status) {
  const { type, id } = item;
  if (item.type === "function_call") {
    const { callId: call_id, name, text } = item;
    return { type, id, call_id, name, arguments: text, status };
  }
  const content = status === "in_progress" ? [] : [partOf(item)];
  return item.type === "message"
    ? { type, id, role: "assistant", content, status }
    : { type, id, summary: [], content, status };
}

function isWhole(json: string): boolean {
  try {
    JSON.parse(json);
    return true;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return false;
  }
}
