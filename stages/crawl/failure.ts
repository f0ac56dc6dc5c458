/**
 * The error that fetching throws for a page that is given up.
 *
 * @module
 */
import type { DropReason } from "../meter.ts";

/** A page that could not be fetched: the drop reason and one plain sentence. */
export class FetchFailure extends Error {
  override name = "FetchFailure";
  readonly reason: DropReason;

  constructor(reason: DropReason, detail: string, options?: ErrorOptions) {
    super(detail, options);
    this.reason = reason;
  }
}
