import Engine
import Tabular
import WorkerContract

/// The OpenAPI 3.1 document of a port, made from the route table, the versions that are served and the schema of the version in
/// production. It says what the server does, no more and no less: `scripts/soak schemathesis` looks for a difference.
struct OpenAPIDocument {
  let state: ServingState
  let version: LoadedVersion
  /// Whether the port asks for tokens.
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
      "components": JSONDocument.object([
        .init(name: "schemas", value: schemas), .init(name: "parameters", value: parameters),
        .init(name: "responses", value: EndpointDescription.sharedResponses),
      ])
      .with("securitySchemes", asksForToken ? ["bearer": ["type": "http", "scheme": "bearer"]] : nil),
    ]
  }

  private var parameters: JSONDocument {
    func parameter(_ name: JSONDocument, in place: JSONDocument, _ schema: JSONDocument) -> JSONDocument {
      ["name": name, "in": place, "required": .bool(place == "path"), "schema": schema]
    }
    return [
      "model": parameter("model", in: "path", Self.choice([state.table.model])),
      "version": parameter("version", in: "path", Self.choice(state.table.entries.map(\.version))),
      "request_id": parameter(
        "X-Request-Id", in: "header",
        [
          "type": "string",
          "description":
            "Stands in for a missing id and comes back, unless it has more than \(PredictionEnvelope.maximumIdentifier) bytes.",
        ]),
      "json_length": parameter(
        "Inference-Header-Content-Length", in: "header",
        ["type": "integer", "minimum": 0, "description": "How many bytes of the body are JSON, before binary tensors."]),
    ]
  }

  private var schemas: JSONDocument {
    var all = requests
    for members in [predictions, information, openInference] {
      if case .object(let members) = members { for member in members { all = all.with(member.name, member.value) } }
    }
    return all
  }

  // MARK: Parts

  static func choice(_ names: [String]) -> JSONDocument {
    ["type": "string", "enum": .list(names.map(JSONDocument.string))]
  }

  func reference(_ schema: String) -> JSONDocument { EndpointDescription.reference(schema) }

  func list(_ items: JSONDocument) -> JSONDocument { ["type": "array", "items": items] }

  func object(_ members: JSONDocument, required: [String], isClosed: Bool = false) -> JSONDocument {
    JSONDocument.object([
      .init(name: "type", value: "object"), .init(name: "properties", value: members),
      .init(name: "required", value: .list(required.map(JSONDocument.string))),
    ]).with("additionalProperties", isClosed ? false : nil)
  }

  func orNull(_ schema: JSONDocument) -> JSONDocument { ["anyOf": [schema, ["type": "null"]]] }

  /// A text that no database refuses.
  func identifier(isRequired: Bool) -> JSONDocument {
    let text: JSONDocument = "string"
    return JSONDocument.object([
      .init(name: "type", value: isRequired ? text : ["string", "null"]),
      .init(name: "maxLength", value: .integer(PredictionEnvelope.maximumIdentifier)),
      .init(name: "pattern", value: #"^[^\u0000]*$"#),
    ]).with("minLength", isRequired ? 1 : nil)
  }

  /// Whichever version answers.
  var classes: JSONDocument { Self.choice(labels) }

  /// The classes of all versions that are served.
  var labels: [String] {
    var seen: Set<String> = []
    return state.versions.flatMap(\.target.classes).filter { seen.insert($0).inserted }
  }

  // MARK: Requests of the server's own protocol

  private var requests: JSONDocument {
    let flag: JSONDocument = [
      "type": ["boolean", "null"], "description": "Whether the answer is to say what each feature added.",
    ]
    return [
      "Features": FeatureDescription.object(of: version),
      "PredictionRequest": object(
        [
          "request_id": identifier(isRequired: false), "key": identifier(isRequired: false), "explain": flag,
          "features": reference("Features"),
        ], required: ["features"], isClosed: true),
      "BatchRequest": listOrObject(
        "requests", of: "PredictionRequest", "One that is none gets an Error in its place.",
        beside: .init(name: "explain", value: flag)),
      "Label": object(
        [
          "request_id": identifier(isRequired: true),
          "label": ["enum": .list(labels.flatMap(FeatureDescription.spellings))],
        ], required: ["request_id", "label"], isClosed: true),
      "Feedback": [
        "anyOf": [
          reference("Label"), listOrObject("feedback", of: "Label", "One that is none is told among the rejected."),
        ]
      ],
      "RoutingTable": [
        "type": "object",
        "description":
          "What the operator writes: namespace, model, revision, entries, logging. Revisions never go back.",
      ],
    ]
  }

  /// What is wrong with an item is told in its place, so that any item is taken.
  private func listOrObject(
    _ member: String, of schema: String, _ otherwise: JSONDocument, beside other: JSONDocument.Member? = nil
  ) -> JSONDocument {
    let list = list(["anyOf": [reference(schema), ["description": otherwise]]])
    let members = [JSONDocument.Member(name: member, value: list)] + [other].compactMap { $0 }
    return ["anyOf": [list, object(.object(members), required: [member], isClosed: true)]]
  }
}
