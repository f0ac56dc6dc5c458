/** The extract stage's worker with faults, which hear of a page before it does. */
import "./extract_faults.ts";
import "../../../stages/extract/extract_worker.ts";
