/// What the OpenAPI document says about an endpoint of the public port.
struct EndpointDescription {
  let path: String
  let summary: String
  /// Names among the document's schemas.
  var request: String?
  var answer: String?
  var contentType = "application/json"
  var errors: [Int] = []

  /// One description for each path; none for what the public port does not have.
  static func of(_ endpoint: Endpoint) -> [EndpointDescription] {
    let refusals = [400, 413, 415, 422, 503]
    func model(_ suffix: String, _ summary: String) -> [EndpointDescription] {
      ["", "/versions/{version}"].map { version in
        EndpointDescription(
          path: "/v2/models/{model}\(version)\(suffix)",
          summary: version.isEmpty ? summary : "\(summary), of one version",
          errors: [404, 503])
      }
    }
    switch endpoint {
    case .predict:
      return [
        .init(
          path: "/predict", summary: "One prediction", request: "PredictionRequest", answer: "Prediction",
          errors: refusals)
      ]
    case .predictBatch:
      return [
        .init(
          path: "/predict/batch", summary: "Many predictions, which fail one by one", request: "BatchRequest",
          answer: "BatchAnswer", errors: refusals)
      ]
    case .feedback:
      return [
        .init(
          path: "/feedback", summary: "The truth about predictions", request: "Feedback", answer: "FeedbackAnswer",
          errors: refusals)
      ]
    case .health: return [.init(path: "/health", summary: "The process answers")]
    case .ready: return [.init(path: "/ready", summary: "A model is served", errors: [503])]
    case .modelInfo:
      return [.init(path: "/model/info", summary: "Versions, roles, classes and features", errors: [503])]
    case .metrics:
      return [.init(path: "/metrics", summary: "Metrics for Prometheus", contentType: "text/plain")]
    case .metricsSummary:
      return [.init(path: "/metrics/summary", summary: "Metrics for people", contentType: "text/plain")]
    case .openAPI: return [.init(path: "/openapi.json", summary: "This document", errors: [503])]
    case .inferenceServer: return [.init(path: "/v2", summary: "Open Inference Protocol: the server")]
    case .inferenceLive: return [.init(path: "/v2/health/live", summary: "Open Inference Protocol: liveness")]
    case .inferenceReady:
      return [.init(path: "/v2/health/ready", summary: "Open Inference Protocol: readiness", errors: [503])]
    case .inferenceModel: return model("", "Open Inference Protocol: inputs and outputs")
    case .inferenceModelReady: return model("/ready", "Open Inference Protocol: readiness of the model")
    case .infer:
      return model("/infer", "Open Inference Protocol: predictions").map { description in
        var description = description
        description.request = "InferenceRequest"
        description.answer = "InferenceAnswer"
        description.errors = [400, 404, 413, 415, 422, 503]
        return description
      }
    case .reload, .logs, .none: return []
    }
  }

  static func reference(_ schema: String) -> JSONDocument { ["$ref": "#/components/schemas/\(schema)"] }

  func operation(_ endpoint: Endpoint, asksForToken: Bool) -> JSONDocument {
    let isVersion = path.contains("{version}")
    var operation: JSONDocument = [
      "operationId": .string(endpoint.rawValue + (isVersion ? "_version" : "")), "summary": .string(summary),
    ]
    var parameters: [JSONDocument] = ["model", "version"].filter { path.contains("{\($0)}") }.map {
      ["name": .string($0), "in": "path", "required": true, "schema": ["type": "string"]]
    }
    if let request {
      parameters.append([
        "name": "X-Request-Id", "in": "header", "description": "Stands in for a missing id and comes back.",
        "schema": ["type": "string", "maxLength": .integer(PredictionEnvelope.maximumIdentifier)],
      ])
      operation = operation.with(
        "requestBody", ["required": true, "content": ["application/json": ["schema": Self.reference(request)]]])
    }
    if !parameters.isEmpty { operation = operation.with("parameters", .list(parameters)) }
    let schema: JSONDocument = answer.map(Self.reference) ?? ["type": contentType == "text/plain" ? "string" : "object"]
    var responses: JSONDocument = [
      "200": [
        "description": "The answer.", "content": .object([.init(name: contentType, value: ["schema": schema])]),
      ]
    ]
    let asksForToken = asksForToken && !endpoint.isOpen(on: .public)
    if asksForToken { operation = operation.with("security", [["bearer": []]]) }
    for code in (asksForToken ? [401] : []) + errors {
      responses = responses.with(
        String(code),
        [
          "description": .string(Self.meaning(of: code)),
          "content": ["application/json": ["schema": Self.reference("Error")]],
        ])
    }
    return operation.with("responses", responses)
  }

  private static func meaning(of code: Int) -> String {
    switch code {
    case 400: "The body is not what it should be."
    case 401: "A bearer token is missing or wrong."
    case 404: "There is no such model or version."
    case 413: "A limit is exceeded."
    case 415: "The body has an encoding that is not understood."
    case 422: "Values do not fit the model; each is named."
    default: "No model is served at the moment."
    }
  }
}
