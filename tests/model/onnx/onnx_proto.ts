/**
 * The message types of onnx.proto3: those of a library, to hold ours against.
 *
 * @module
 */
// A CommonJS package whose names Node's rules cannot see: only the default import carries them.
import protobuf from "onnx-proto";

// deno-lint-ignore no-unused-vars -- exported in the same statement, which the rule does not see
export import onnx = protobuf.onnx;
