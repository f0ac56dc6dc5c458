// Until its last importers name model/durable.ts themselves.
export { syncFolder } from "../durable.ts";
