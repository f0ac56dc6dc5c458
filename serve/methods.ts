/**
 * What is said to requests that no route takes.
 *
 * @module
 */
import type { Context, Hono } from "hono";
import { ApiError, errorResponse } from "./api_error.ts";

/** Methods that routes here may have. */
const METHODS = ["GET", "POST"];

/**
 * 405 and the methods that would do where the path has some, 404 where it has none.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Hono } from "hono";
 * import { refuseRoute } from "./methods.ts";
 * const app = new Hono().post("/echo", (context) => context.text("hello"));
 * app.notFound((context) => refuseRoute(app, context));
 * const { status, headers } = await app.request("/echo");
 * assertEquals([status, headers.get("allow")], [405, "POST"]);
 * ```
 */
export function refuseRoute(app: Hono, { req: { method, path } }: Context): Response {
  const allowed = METHODS.filter((each) => {
    // What is registered by `use` matches every method.
    const [handlers] = app.router.match(each, path);
    return handlers.some(([[, route]]) => route.method === each);
  });
  if (allowed.length === 0) {
    return errorResponse(new ApiError(`There is no ${method} ${path}`, { status: 404 }));
  }
  return errorResponse(
    new ApiError(`${path} takes ${allowed.join(" and ")} requests, not ${method}`, {
      status: 405,
      code: "method_not_allowed",
      headers: { allow: allowed.join(", ") },
    }),
  );
}
