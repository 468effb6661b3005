import Engine

/// What the OpenAPI document says about an endpoint of the public port.
struct EndpointDescription {
  private(set) var path = ""
  private(set) var summary: String
  /// Names among the document's schemas.
  let request: String?
  let answer: String?
  let contentType: String
  let errors: [Int]

  private init(
    _ summary: String, request: String? = nil, answer: String? = nil, contentType: String = "application/json",
    errors: [Int] = []
  ) {
    self.summary = summary
    self.request = request
    self.answer = answer
    self.contentType = contentType
    self.errors = errors
  }

  /// One description for each path; none for what the public port does not have.
  static func of(_ endpoint: Endpoint) -> [EndpointDescription] {
    guard let description = description(of: endpoint) else { return [] }
    return RouteTable.paths(of: endpoint).map { path in
      var description = description
      description.path = path
      if path.contains("{version}") { description.summary += ", of one version" }
      return description
    }
  }

  private static func description(of endpoint: Endpoint) -> EndpointDescription? {
    let refusals = [400, 413, 415, 422, 503]
    switch endpoint {
    case .predict:
      return .init("One prediction", request: "PredictionRequest", answer: "Prediction", errors: refusals)
    case .predictBatch:
      return .init(
        "Many predictions, which fail one by one", request: "BatchRequest", answer: "BatchAnswer", errors: refusals)
    case .feedback:
      return .init("The truth about predictions", request: "Feedback", answer: "FeedbackAnswer", errors: refusals)
    case .health: return .init("The process answers")
    case .ready: return .init("A model is served", errors: [503])
    case .modelInfo: return .init("Versions, roles, classes and features", errors: [503])
    case .metrics: return .init("Metrics for Prometheus", contentType: "text/plain")
    case .metricsSummary: return .init("Metrics for people", contentType: "text/plain")
    case .openAPI: return .init("This document", errors: [503])
    case .inferenceServer: return .init("Open Inference Protocol: the server")
    case .inferenceLive: return .init("Open Inference Protocol: liveness")
    case .inferenceReady: return .init("Open Inference Protocol: readiness", errors: [503])
    case .inferenceModel: return .init("Open Inference Protocol: inputs and outputs", errors: [404, 503])
    case .inferenceModelReady: return .init("Open Inference Protocol: readiness of the model", errors: [404, 503])
    case .infer:
      return .init(
        "Open Inference Protocol: predictions", request: "InferenceRequest", answer: "InferenceAnswer",
        errors: [400, 404, 413, 415, 422, 503])
    case .reload, .logs, .none: return nil
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
