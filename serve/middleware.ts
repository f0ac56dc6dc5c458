/**
 * Middleware for Hono, in types that say how little of its context it reads.
 *
 * @module
 */

/** What middleware reads of a request; Hono's `Context` has it. */
export interface RequestContext {
  /** The request: its path, its whole URL, and one of its headers by name, in any case. */
  readonly req: {
    readonly path: string;
    readonly url: string;
    header(name: string): string | undefined;
  };
}

/** What Hono's `use` takes: answers a request, or lets it pass to `next`. */
export type Middleware<C extends RequestContext = RequestContext> = (
  context: C,
  next: () => Promise<void>,
) => Promise<Response | void>;
