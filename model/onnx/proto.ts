/**
 * The messages of onnx.proto3 (onnx/onnx, Apache-2.0) that an exported model is made of.
 *
 * @module
 */
import protobuf from "protobufjs";

/** TensorProto.DataType. */
export const DataType = { FLOAT: 1, INT8: 3, INT64: 7, BOOL: 9 } as const;

/** AttributeProto.AttributeType. */
export const AttributeType = { INT: 2, INTS: 7 } as const;

/** Version.IR_VERSION of the operators that are used. */
export const IR_VERSION = 8;

const { root } = protobuf.parse(`syntax = "proto3";
message Model { int64 ir_version = 1; string producer_name = 2; string producer_version = 3;
  repeated OperatorSet opset_import = 8; repeated Entry metadata_props = 14; }
message OperatorSet { string domain = 1; int64 version = 2; }
message Entry { string key = 1; string value = 2; }
message Graph { repeated Node node = 1; string name = 2; repeated Tensor initializer = 5;
  repeated ValueInfo input = 11; repeated ValueInfo output = 12; }
message Node { repeated string input = 1; repeated string output = 2; string name = 3;
  string op_type = 4; repeated Attribute attribute = 5; }
message Attribute { string name = 1; int64 i = 3; repeated int64 ints = 8; int32 type = 20; }
message Tensor { repeated int64 dims = 1; int32 data_type = 2; repeated float float_data = 4;
  repeated int64 int64_data = 7; string name = 8; }
message ValueInfo { string name = 1; Type type = 2; }
message Type { TensorType tensor_type = 1; }
message TensorType { int32 elem_type = 1; Shape shape = 2; }
message Shape { repeated Dimension dim = 1; }
message Dimension { int64 dim_value = 1; string dim_param = 2; }`);
root.resolveAll();

/** The bytes of a message; its fields are named in camel case. */
export function encodeMessage(
  type: "Model" | "Graph" | "Tensor",
  fields: Readonly<Record<string, unknown>>,
): Uint8Array {
  return root.lookupType(type).encode(fields).finish();
}
