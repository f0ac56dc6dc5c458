/**
 * Why an item cannot be read.
 *
 * @module
 */
import type { DropReason } from "../meter.ts";

/** Thrown inside the read stage only; what meets it drops the item by this reason. */
export class ReadFailure extends Error {
  constructor(readonly reason: DropReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "ReadFailure";
  }
}
