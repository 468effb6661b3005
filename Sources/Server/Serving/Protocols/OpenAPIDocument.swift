import Engine
import Tabular
import WorkerContract

/// The OpenAPI 3.1 document of the public port, made from the route table and the schema of the version in production.
struct OpenAPIDocument {
  let state: ServingState
  let version: LoadedVersion
  /// Whether clients must bring a token.
  let asksForToken: Bool
  let paths: JSONDocument

  var document: JSONDocument {
    [
      "openapi": "3.1.0",
      "info": [
        "title": .string(state.modelName), "version": .string(version.version),
        "description": "Predictions of '\(version.pipeline.schema.target.name)'.",
      ],
      "servers": [["url": "/"]],
      "paths": paths,
      "components": JSONDocument.object([.init(name: "schemas", value: schemas)])
        .with("securitySchemes", asksForToken ? ["bearer": ["type": "http", "scheme": "bearer"]] : nil),
    ]
  }

  private var classes: JSONDocument { .list(version.target.classes.map(JSONDocument.string)) }

  private var schemas: JSONDocument {
    let identifier: JSONDocument = ["type": "string", "maxLength": .integer(PredictionEnvelope.maximumIdentifier)]
    let prediction: JSONDocument = [
      "request_id": ["type": "string"], "predicted_class": ["type": "string", "enum": classes],
      "confidence": ["type": "number"],
      "probabilities": ["type": "object", "additionalProperties": ["type": "number"]],
      "model_version": ["type": "string"], "warnings": ["type": "array", "items": ["type": "string"]],
      "explanation": ["anyOf": [list(reference("Explanation")), ["type": "null"]]],
    ]
    let flag: JSONDocument = [
      "type": ["boolean", "null"], "description": "Whether the answer is to say what each feature added.",
    ]
    return [
      "Features": features,
      "PredictionRequest": object(
        ["request_id": identifier, "key": identifier, "explain": flag, "features": reference("Features")],
        required: ["features"]),
      "Prediction": object(
        prediction, required: ["request_id", "predicted_class", "confidence", "probabilities", "model_version"]),
      "Explanation": explanation,
      "BatchRequest": listOrObject("requests", of: "PredictionRequest", beside: .init(name: "explain", value: flag)),
      "BatchAnswer": object(
        ["responses": list(["anyOf": [reference("Prediction"), reference("Error")]])], required: ["responses"]),
      "Label": object(
        ["request_id": identifier, "label": ["type": ["string", "number", "boolean"]]],
        required: ["request_id", "label"]),
      "Feedback": ["anyOf": [reference("Label"), listOrObject("feedback", of: "Label")]],
      "FeedbackAnswer": object(
        ["accepted": ["type": "integer"], "rejected": list(["type": "object"])], required: ["accepted", "rejected"]),
      "Error": object(
        [
          "request_id": ["type": "string"], "error": ["type": "string"], "offset": ["type": "integer"],
          "fields": list(
            object(
              [
                "field": ["type": "string"],
                "reason": [
                  "type": "string", "enum": .list(FieldProblem.Reason.allCases.map { .string($0.rawValue) }),
                ], "message": ["type": "string"],
              ], required: ["field", "reason", "message"])),
        ], required: ["error"]),
      "InferenceRequest": object(
        [
          "id": ["type": "string"], "parameters": ["type": "object"], "inputs": list(tensor(ofInputs: true)),
          "outputs": list(
            object(
              [
                "name": ["type": "string", "enum": .list(InferenceOutput.allCases.map { .string($0.rawValue) })],
                "parameters": ["type": "object"],
              ], required: ["name"])),
        ], required: ["inputs"]),
      "InferenceAnswer": object(
        [
          "model_name": ["type": "string"], "model_version": ["type": "string"], "id": ["type": "string"],
          "outputs": list(tensor(ofInputs: false)),
        ], required: ["model_name", "id", "outputs"]),
    ]
  }

  private func reference(_ schema: String) -> JSONDocument { EndpointDescription.reference(schema) }

  private func list(_ items: JSONDocument) -> JSONDocument { ["type": "array", "items": items] }

  private func object(_ members: JSONDocument, required: [String]) -> JSONDocument {
    ["type": "object", "properties": members, "required": .list(required.map(JSONDocument.string))]
  }

  private func listOrObject(
    _ member: String, of schema: String, beside other: JSONDocument.Member? = nil
  ) -> JSONDocument {
    let list = list(reference(schema))
    let members = [JSONDocument.Member(name: member, value: list)] + [other].compactMap { $0 }
    return ["anyOf": [list, object(.object(members), required: [member]).with("additionalProperties", false)]]
  }

  /// What each feature added to one raw output of the model.
  private var explanation: JSONDocument {
    object(
      [
        "class": ["type": "string", "enum": classes],
        "margin": [
          "type": "number",
          "description": "The raw output: with two classes the log-odds of the class, else what softmax is taken of.",
        ],
        "bias": ["type": "number"],
        "contributions": [
          "type": "object", "additionalProperties": ["type": "number"],
          "description": "One number for each feature; with the bias they add up to the margin.",
        ],
      ], required: ["class", "margin", "bias", "contributions"])
  }

  private func tensor(ofInputs isInput: Bool) -> JSONDocument {
    let name: JSONDocument =
      isInput
      ? ["type": "string", "enum": .list(version.pipeline.schema.features.map { .string($0.name) })]
      : ["type": "string"]
    return object(
      [
        "name": name, "shape": list(["type": "integer"]),
        "datatype": ["type": "string", "enum": .list(TensorDatatype.allCases.map { .string($0.rawValue) })],
        "parameters": ["type": "object"], "data": ["type": "array"],
      ], required: ["name", "shape", "datatype"])
  }

  private var features: JSONDocument {
    let schema = version.pipeline.schema
    let members = schema.features.map { JSONDocument.Member(name: $0.name, value: Self.schema(of: $0)) }
    return object(.object(members), required: schema.features.filter { !$0.nullable }.map(\.name))
      .with("additionalProperties", false)
  }

  /// Bounds and categories are a rule only where others are refused; else they are described.
  private static func schema(of feature: FeatureSchema.Feature) -> JSONDocument {
    let type: JSONDocument = feature.type == .numeric ? "number" : "string"
    let base: JSONDocument = ["type": feature.nullable ? [type, "null"] : type]
    let isRule = feature.onUnknown == .reject
    let others = feature.onUnknown == .impute ? "others count as missing" : "others are predicted and counted"
    switch feature.type {
    case .numeric:
      if isRule {
        return base.with("minimum", feature.minimum.map(JSONDocument.number))
          .with("maximum", feature.maximum.map(JSONDocument.number))
      }
      let bounds = [feature.minimum.map { "from \($0)" }, feature.maximum.map { "to \($0)" }].compactMap { $0 }
      return base.with(
        "description", bounds.isEmpty ? nil : "Expected \(bounds.joined(separator: " ")); \(others).")
    case .categorical:
      let categories = feature.categories.map(JSONDocument.string)
      if isRule { return base.with("enum", .list(feature.nullable ? categories + [.null] : categories)) }
      return base.with("examples", .list(categories)).with("description", "The known categories; \(others).")
    }
  }
}
