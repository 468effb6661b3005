import Engine
import Tabular
import WorkerContract

// The Open Inference Protocol. Its tensors relate shapes, lengths and names to each other, which a schema cannot say: a request that
// fits the schema may still be answered with 400.

extension OpenAPIDocument {
  private var text: JSONDocument { ["type": "string"] }
  private var flag: JSONDocument { ["type": "boolean"] }
  private var datatype: JSONDocument { Self.choice(TensorDatatype.allCases.map(\.rawValue)) }
  private var outputNames: JSONDocument { Self.choice(InferenceOutput.allCases.map(\.rawValue)) }

  private func objectOrNull(_ members: JSONDocument) -> JSONDocument {
    ["type": ["object", "null"], "properties": members]
  }

  private func shape(minimum: JSONDocument) -> JSONDocument { list(["type": "integer", "minimum": minimum]) }

  var openInference: JSONDocument {
    [
      "InferenceRequest": object(
        [
          "id": identifier(isRequired: false),
          "parameters": objectOrNull([
            "key": identifier(isRequired: false), "explain": flag, "binary_data_output": flag,
          ]),
          "inputs": list(input).with("minItems", 1), "outputs": list(output), "model_name": [:], "model_version": [:],
        ], required: ["inputs"], isClosed: true),
      "InferenceAnswer": object(
        [
          "model_name": text, "model_version": text, "id": text,
          "outputs": list(
            object(
              [
                "name": outputNames, "datatype": datatype, "shape": shape(minimum: 0), "parameters": ["type": "object"],
                "data": ["type": "array"],
              ], required: ["name", "datatype", "shape"])),
        ], required: ["model_name", "model_version", "id", "outputs"]),
      "InferenceServer": object(
        ["name": text, "version": text, "extensions": list(text)], required: ["name", "version", "extensions"]),
      "InferenceLive": object(["live": ["const": true]], required: ["live"]),
      "InferenceReady": object(["ready": ["const": true]], required: ["ready"]),
      "ModelReady": object(["name": text, "ready": ["const": true]], required: ["name", "ready"]),
      "ModelMetadata": object(
        [
          "name": text, "versions": list(text), "platform": text, "inputs": list(metadata), "outputs": list(metadata),
        ], required: ["name", "versions", "platform", "inputs", "outputs"]),
    ]
  }

  private var input: JSONDocument {
    object(
      [
        "name": Self.choice(version.pipeline.schema.features.map(\.name)),
        "shape": shape(minimum: 1).with("minItems", 1).with("maxItems", 2),
        "datatype": datatype, "parameters": objectOrNull(["binary_data_size": ["type": "integer", "minimum": 0]]),
        "data": ["type": "array"],
      ], required: ["name", "shape", "datatype"], isClosed: true)
  }

  private var output: JSONDocument {
    object(
      ["name": outputNames, "parameters": objectOrNull(["binary_data": flag])], required: ["name"], isClosed: true)
  }

  private var metadata: JSONDocument {
    object(["name": text, "datatype": datatype, "shape": shape(minimum: -1)], required: ["name", "datatype", "shape"])
  }
}
