import Engine
import WorkerContract

// What is answered: each member that is always there is required.

extension OpenAPIDocument {
  private var text: JSONDocument { ["type": "string"] }
  private var number: JSONDocument { ["type": "number"] }
  private var count: JSONDocument { ["type": "integer", "minimum": 0] }
  private var textOrNull: JSONDocument { ["type": ["string", "null"]] }

  private func only(_ value: JSONDocument) -> JSONDocument { ["const": value] }

  var predictions: JSONDocument {
    let field = object(
      ["field": text, "reason": Self.choice(FieldProblem.Reason.allCases.map(\.rawValue)), "message": text],
      required: ["field", "reason", "message"])
    return [
      "Prediction": object(
        [
          "request_id": text, "predicted_class": classes, "confidence": ["type": "number", "minimum": 0, "maximum": 1],
          "probabilities": ["type": "object", "additionalProperties": number], "model_version": text,
          "warnings": list(text), "explanation": orNull(list(reference("Explanation"))),
        ], required: ["request_id", "predicted_class", "confidence", "probabilities", "model_version"]),
      "Explanation": explanation,
      "BatchAnswer": object(
        ["responses": list(["anyOf": [reference("Prediction"), reference("Error")]])], required: ["responses"]),
      "FeedbackAnswer": object(
        [
          "accepted": count,
          "rejected": list(
            object(["index": count, "problem": reference("Error")], required: ["index", "problem"])),
          "conflicting": ["type": "integer", "minimum": 1],
          "conflicts": list(
            object(
              ["index": count, "request_id": text, "message": text], required: ["index", "request_id", "message"])),
        ], required: ["accepted", "rejected"]),
      "Error": object(
        ["request_id": text, "error": text, "offset": count, "fields": list(field)], required: ["error"]),
    ]
  }

  /// What each feature added to one raw output of the model.
  private var explanation: JSONDocument {
    object(
      [
        "class": classes,
        "margin": [
          "type": "number",
          "description": "The raw output: with two classes the log-odds of the class, else what softmax is taken of.",
        ],
        "bias": number,
        "contributions": [
          "type": "object", "additionalProperties": number,
          "description": "One number for each feature; with the bias they add up to the margin.",
        ],
      ], required: ["class", "margin", "bias", "contributions"])
  }

  var information: JSONDocument {
    let role = Self.choice(RoutingTable.Role.allCases.map(\.rawValue))
    let entry = object(
      ["version": text, "digest": text, "role": role, "weight": ["type": "integer", "minimum": 0, "maximum": 100]],
      required: ["version", "digest", "role", "weight"])
    let table: [JSONDocument.Member] = [
      .init(name: "namespace", value: text), .init(name: "model", value: text),
      .init(name: "revision", value: ["type": "integer"]),
      .init(name: "versions", value: list(entry)),
    ]
    let feature = object(
      ["name": text, "type": text, "nullable": ["type": "boolean"]], required: ["name", "type", "nullable"])
    let metric = object(["name": text, "labels": text], required: ["name", "labels"])
    return [
      "Health": object(["status": only("ok"), "model_version": textOrNull], required: ["status", "model_version"]),
      "Ready": object(
        ["ready": only(true), "revision": ["type": "integer"], "model_version": textOrNull],
        required: ["ready", "revision", "model_version"]),
      "NotReady": object(["ready": only(false), "error": text], required: ["ready", "error"]),
      "ModelInfo": object(
        JSONDocument.object(table).with("last_failure", textOrNull).with("classes", list(text))
          .with("positive_class", textOrNull).with("features", list(feature)),
        required: table.map(\.name) + ["last_failure", "classes", "positive_class", "features"]),
      "MetricsSummary": object(["metrics": list(metric)], required: ["metrics"]),
      "Document": object(
        ["openapi": text, "info": ["type": "object"], "paths": ["type": "object"], "components": ["type": "object"]],
        required: ["openapi", "info", "paths", "components"]),
      "Reloaded": object(
        JSONDocument.object(table).with("changed", ["type": "boolean"]), required: table.map(\.name) + ["changed"]),
      "NotReloaded": object(["error": text, "revision": ["type": ["integer", "null"]]], required: ["error"]),
      "Logs": object(
        ["predictions": list(loggedPrediction(role)), "next": textOrNull], required: ["predictions", "next"]),
    ]
  }

  private func loggedPrediction(_ role: JSONDocument) -> JSONDocument {
    object(
      [
        "request_id": text, "time": text, "model_version": text, "role": role, "features": ["type": "object"],
        "predicted_class": text, "probabilities": ["type": "object", "additionalProperties": number],
        "confidence": number, "latency_seconds": number, "repeats": count, "label": textOrNull,
        "label_time": textOrNull,
      ],
      required: [
        "request_id", "time", "model_version", "role", "features", "predicted_class", "probabilities", "confidence",
        "latency_seconds", "repeats", "label", "label_time",
      ])
  }
}
