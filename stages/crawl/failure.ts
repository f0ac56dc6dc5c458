/**
 * The one error that the fetching parts of the crawl throw for a page they give up.
 *
 * @module
 */
import type { DropReason } from "../meter.ts";

/** A page that could not be fetched: the reason that is counted and one plain sentence. */
export class FetchFailure extends Error {
  override name = "FetchFailure";
  readonly reason: DropReason;

  constructor(reason: DropReason, detail: string, options?: ErrorOptions) {
    super(detail, options);
    this.reason = reason;
  }
}
