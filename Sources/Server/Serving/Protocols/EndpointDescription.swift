import Engine

/// What the OpenAPI document says about an endpoint of the public port.
struct EndpointDescription: Sendable {
  /// Without the name of the protocol and the version that the path may name.
  private let summary: String
  /// Names among the document's schemas.
  private let request: String?
  private let answer: String?
  private let contentType: String
  /// Besides those of the token and the body.
  private let errors: [Int]

  /// What a body can be answered with.
  private static let bodyErrors = [400, 408, 413, 415, 422]

  init(
    _ summary: String, request: String? = nil, answer: String? = nil, contentType: String = "application/json",
    errors: [Int] = []
  ) {
    self.summary = summary
    self.request = request
    self.answer = answer
    self.contentType = contentType
    self.errors = errors
  }

  static func reference(_ schema: String) -> JSONDocument { ["$ref": "#/components/schemas/\(schema)"] }

  /// The operation at one of an endpoint's paths.
  /// - Parameters:
  ///   - label: Names the endpoint.
  ///   - prefix: What the summary begins with.
  func operation(_ label: String, at path: String, prefix: String, asksForToken: Bool, asksForRight: Bool)
    -> JSONDocument
  {
    let isVersion = path.contains("{version}")
    var operation: JSONDocument = [
      "operationId": .string(label + (isVersion ? "_version" : "")),
      "summary": .string(prefix + summary + (isVersion ? ", of one version" : "")),
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
    if asksForToken { operation = operation.with("security", [["bearer": []]]) }
    let codes =
      (asksForToken ? asksForRight ? [401, 403] : [401] : []) + (request == nil ? [] : Self.bodyErrors) + errors
    for code in codes.sorted() {
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
    case 401: "A bearer token is missing or wrong; the connection is closed."
    case 403: "The bearer token has not the right that this needs; the connection is closed."
    case 404: "There is no such model or version."
    case 408: "The body came too slowly; the connection is closed."
    case 413: "The body or the number of its rows is above a limit of the server."
    case 415: "The body has an encoding that is not understood; the connection is closed."
    case 422: "Values do not fit the model; each is named."
    default: "No model is served at the moment, or the log has no room for labels."
    }
  }
}
