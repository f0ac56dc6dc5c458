/**
 * What a server answers before it has a model.
 *
 * @module
 */
import { Hono } from "hono";
import type { App } from "./app.ts";
import { SAMPLING_DEFAULTS } from "../model/checkpoint/mod.ts";
import { ApiError, errorResponse } from "./api_error.ts";
import { requireHostName } from "./host_names.ts";
import { addPage } from "./playground/mod.ts";

/** What clients and health checks are told to wait, in seconds. */
const RETRY_AFTER = { "retry-after": "1" };

/**
 * The application until the model is there: 503 for every request, but for the page, which says that
 * the model is loading; by the names of this machine alone.
 */
export function createLoadingApp(): App {
  const app = new Hono();
  // It listens for this machine alone.
  app.use(requireHostName([]));
  app.get("/health", (context) => context.json({ status: "loading" }, 503, RETRY_AFTER));
  addPage(app, { hasDashboard: false, needsKey: false, sampling: SAMPLING_DEFAULTS });
  app.notFound(() =>
    errorResponse(
      new ApiError("There is no model to serve yet; try again later", {
        status: 503,
        code: "model_loading",
        headers: RETRY_AFTER,
      }),
    )
  );
  return app;
}
