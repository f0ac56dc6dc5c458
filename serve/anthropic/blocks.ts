/**
 * The content of a message as it grows, and the events that tell of it.
 *
 * @module
 */
import type { AnswerPart } from "../../engine/mod.ts";

/** An event of a stream. */
export interface BlockEvent {
  readonly type: "content_block_start" | "content_block_delta" | "content_block_stop";
  readonly [field: string]: unknown;
}

type Block =
  | { readonly type: "text"; text: string }
  | { readonly type: "thinking"; text: string }
  | { readonly type: "tool_use"; readonly id: string; readonly name: string; text: string };

/** Takes the parts of an answer. */
export class MessageBlocks {
  readonly #blocks: Block[] = [];
  readonly #callId: () => string;
  #open: Block | undefined;

  constructor(callId: () => string) {
    this.#callId = callId;
  }

  /** The events of a part. */
  add(part: AnswerPart): BlockEvent[] {
    switch (part.kind) {
      case "text":
        return this.#say("text", part.text);
      case "reasoning":
        return this.#say("thinking", part.text);
      case "call": {
        const id = this.#callId().replace(/^call_/, "toolu_");
        return this.#begin({ type: "tool_use", id, name: part.name, text: "" });
      }
      case "arguments":
        return this.#more(part.text);
      case "called":
        return this.end();
    }
  }

  /** The event of the end of what is open. */
  end(): BlockEvent[] {
    if (!this.#open) return [];
    this.#open = undefined;
    return [{ type: "content_block_stop", index: this.#blocks.length - 1 }];
  }

  /** All of it; a call that was cut off is left out. */
  content(): unknown[] {
    return this.#blocks.filter((block) => block.type !== "tool_use" || block !== this.#open)
      .map((block) =>
        block.type === "tool_use"
          ? { ...empty(block), input: JSON.parse(block.text) }
          : { ...empty(block), [block.type]: block.text }
      );
  }

  #say(type: "text" | "thinking", text: string): BlockEvent[] {
    if (this.#open?.type === type) return this.#more(text);
    // Space between calls says nothing.
    if (type === "text" && this.#blocks.length > 0 && text.trim() === "") return [];
    return [...this.#begin({ type, text: "" }), ...this.#more(text)];
  }

  #begin(block: Block): BlockEvent[] {
    const before = this.end();
    this.#open = block;
    const index = this.#blocks.push(block) - 1;
    return [...before, { type: "content_block_start", index, content_block: empty(block) }];
  }

  #more(text: string): BlockEvent[] {
    const block = this.#open;
    if (!block) return [];
    block.text += text;
    const delta = {
      text: { type: "text_delta", text },
      thinking: { type: "thinking_delta", thinking: text },
      tool_use: { type: "input_json_delta", partial_json: text },
    }[block.type];
    return [{ type: "content_block_delta", index: this.#blocks.length - 1, delta }];
  }
}

/** Calls come from the model itself, not from a tool. */
const DIRECT = { type: "direct" };

/** A block as it begins. */
function empty(block: Block) {
  switch (block.type) {
    case "text":
      return { type: "text", text: "", citations: null };
    case "thinking":
      return { type: "thinking", thinking: "", signature: "" };
    case "tool_use":
      return { type: "tool_use", id: block.id, name: block.name, input: {}, caller: DIRECT };
  }
}
