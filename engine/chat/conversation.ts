/**
 * What is written down, and what a thread that does it is told.
 *
 * @module
 */

/** A tool's call in an earlier answer, as templates read it. */
export interface MessageCall {
  /** What its result refers to. */
  readonly id: string;
  /** There are no others. */
  readonly type: "function";
  /** What is called, with what. */
  readonly function: { readonly name: string; readonly arguments: Record<string, unknown> };
}

/** One turn of a conversation, with the names of fields that templates read. */
export interface Message {
  /** Who speaks, such as `system`, `user`, `assistant` or `tool`: what the template knows. */
  readonly role: string;
  /** What is said, as plain text. */
  readonly content: string;
  /** The assistant's thoughts before it. */
  readonly reasoning_content?: string;
  /** Tools that the assistant calls after it. */
  readonly tool_calls?: readonly MessageCall[];
  /** The call whose result this is. */
  readonly tool_call_id?: string;
  /** The tool whose result this is. */
  readonly name?: string;
}

/** A tool that the model is told of, as templates read it. */
export interface ToolDescription {
  /** There are no others. */
  readonly type: "function";
  /** Its name, what it is for, and a JSON schema of its arguments. */
  readonly function: {
    readonly name: string;
    readonly description?: string;
    readonly parameters: Record<string, unknown>;
  };
}

/** How a conversation is to end, and what it is about. */
export interface RenderOptions {
  /** An answer is to continue the last message, not to follow it. */
  readonly continues?: boolean;
  /** Nothing is to follow the last message: no answer is asked for. */
  readonly isComplete?: boolean;
  /** Tools that an answer may call. */
  readonly tools?: readonly ToolDescription[];
}

/** Texts that templates refer to, such as `bos_token`. */
export type TemplateTokens = Readonly<Record<string, string>>;

/** What a template is made of. */
export interface TemplateSource {
  /** In Jinja. */
  readonly source: string;
  /** What errors call it. */
  readonly name: string;
  /** Texts that it refers to. */
  readonly tokens: TemplateTokens;
}

/** What the thread is told: first the template, then conversations. */
export type ThreadRequest =
  | { readonly kind: "open"; readonly template: TemplateSource }
  | {
    readonly kind: "render";
    readonly messages: readonly Message[];
    readonly options: RenderOptions;
  };

/** What it answers: that it is there, then to each conversation its text, or why it has none. */
export type ThreadAnswer =
  | { readonly isReady: true }
  | { readonly text: string }
  | { readonly reason: string };
