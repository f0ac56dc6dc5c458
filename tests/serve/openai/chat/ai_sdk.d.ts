/**
 * What the test of the AI SDK uses of it: Deno's type checker cannot take the package's own types
 * (it ends with a recursion limit on importing them).
 */
interface Call {
  readonly model: unknown;
  readonly prompt: string;
  readonly maxRetries?: number;
  readonly temperature?: number;
  readonly tools?: Record<string, unknown>;
  readonly stopWhen?: unknown;
  readonly abortSignal?: AbortSignal;
}

interface Step {
  readonly finishReason: string;
  readonly toolCalls: readonly { readonly input: unknown }[];
  readonly toolResults: readonly { readonly output: unknown }[];
}

interface Answer extends Step {
  readonly text: string;
  readonly usage: { readonly totalTokens?: number };
  readonly steps: readonly Step[];
}

interface Streamed {
  readonly textStream: AsyncIterable<string>;
  readonly finishReason: Promise<string>;
  readonly usage: Promise<Answer["usage"]>;
  readonly steps: Promise<readonly Step[]>;
}

export class APICallError extends Error {
  readonly statusCode?: number;
}

export function generateText(call: Call): Promise<Answer>;
export function streamText(call: Call): Streamed;
export function jsonSchema<T>(schema: Record<string, unknown>): { readonly type?: T };
export function stepCountIs(count: number): unknown;
export function tool<T>(tool: {
  readonly description: string;
  readonly inputSchema: { readonly type?: T };
  readonly execute: (input: T) => unknown;
}): unknown;
