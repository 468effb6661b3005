import Engine

/// What the OpenAPI document says about an endpoint.
struct EndpointDescription: Sendable {
  /// What the body of an answer can be.
  struct Content: Sendable {
    let type: String
    /// Name among the document's schemas; nil: a text.
    let schema: String?

    static func json(_ schema: String) -> Content { Content(type: "application/json", schema: schema) }

    static func text(_ type: String) -> Content { Content(type: type, schema: nil) }

    var document: JSONDocument.Member {
      let schema = schema.map(EndpointDescription.reference) ?? ["type": "string"]
      return .init(name: type, value: ["schema": schema])
    }
  }

  /// What a request brings.
  struct Body: Sendable {
    /// Name among the document's schemas.
    let schema: String
    /// Whether binary tensors may follow the JSON.
    var takesBinary = false
    var isRequired = true
    /// Whether the request gets an id, which the header of its answer tells.
    var hasID = false
  }

  /// Without the name of the protocol and the version that the path may name.
  private let summary: String
  private let query: [(name: String, schema: JSONDocument)]
  private let body: Body?
  private let answers: [Content]
  /// Names of the schemas of what is said besides `Error`, by status code.
  private let others: [Int: String]
  /// Besides those of the token, the head and the body.
  private let errors: [Int]

  /// What any head can be answered with (`HeadLimits`, `RequestFraming`, `ConnectionTimeouts`).
  private static let headErrors = [400, 408, 431, 501]
  /// What a body can be answered with.
  private static let bodyErrors = [413, 415, 422]

  init(
    _ summary: String, query: [(name: String, schema: JSONDocument)] = [], body: Body? = nil, answers: Content...,
    errors: [Int] = [], others: [Int: String] = [:]
  ) {
    self.summary = summary
    self.query = query
    self.body = body
    self.answers = answers
    self.errors = errors
    self.others = others
  }

  static func reference(_ schema: String) -> JSONDocument { ["$ref": "#/components/schemas/\(schema)"] }

  private static func parameter(_ name: String) -> JSONDocument { ["$ref": "#/components/parameters/\(name)"] }

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
    if let body { operation = operation.with("requestBody", Self.document(of: body)) }
    let parameters = parameters(at: path)
    if !parameters.isEmpty { operation = operation.with("parameters", .list(parameters)) }
    if asksForToken { operation = operation.with("security", [["bearer": []]]) }
    return operation.with("responses", responses(asksForToken: asksForToken, asksForRight: asksForRight))
  }

  private static func document(of body: Body) -> JSONDocument {
    var content: [JSONDocument.Member] = [.init(name: "application/json", value: ["schema": reference(body.schema)])]
    if body.takesBinary {
      content.append(
        .init(
          name: "application/octet-stream",
          value: ["schema": ["type": "string", "format": "binary", "description": "The JSON, and behind it tensors."]]))
    }
    return ["required": .bool(body.isRequired), "content": .object(content)]
  }

  private func parameters(at path: String) -> [JSONDocument] {
    var parameters = ["model", "version"].filter { path.contains("{\($0)}") }.map(Self.parameter)
    if body?.hasID == true { parameters.append(Self.parameter("request_id")) }
    if body?.takesBinary == true { parameters.append(Self.parameter("json_length")) }
    return parameters + query.map { ["name": .string($0.name), "in": "query", "schema": $0.schema] }
  }

  private func responses(asksForToken: Bool, asksForRight: Bool) -> JSONDocument {
    var good: JSONDocument = ["description": "The answer.", "content": .object(answers.map(\.document))]
    if body?.hasID == true {
      good = good.with("headers", ["X-Request-Id": ["description": "The request's id.", "schema": ["type": "string"]]])
    }
    var responses: JSONDocument = ["200": good]
    let refusals = asksForToken ? asksForRight ? [401, 403] : [401] : []
    let codes = Set(Self.headErrors + refusals + (body == nil ? [] : Self.bodyErrors) + errors)
    for code in codes.union(others.keys).sorted() {
      let answer: JSONDocument =
        others[code].map { Self.refusal(code, schema: $0) } ?? ["$ref": "#/components/responses/Error\(code)"]
      responses = responses.with(String(code), answer)
    }
    return responses
  }

  private static func refusal(_ code: Int, schema: String) -> JSONDocument {
    [
      "description": .string(meaning(of: code)), "content": ["application/json": ["schema": reference(schema)]],
    ]
  }

  /// Those that the operations refer to.
  static var sharedResponses: JSONDocument {
    .object(
      [400, 401, 403, 404, 408, 413, 415, 422, 431, 500, 501, 503].map { code in
        JSONDocument.Member(name: "Error\(code)", value: refusal(code, schema: "Error"))
      })
  }

  private static func meaning(of code: Int) -> String {
    switch code {
    case 400: "The head or the body is not what it should be."
    case 401: "A bearer token is missing or wrong; the connection is closed."
    case 403: "The bearer token has not the right that this needs; the connection is closed."
    case 404: "There is no such model or version."
    case 408: "The request came too slowly; the connection is closed."
    case 409: "The routing table is not newer than the one that is served."
    case 413: "The body, the number of its rows, or what the answer would take is above a limit of the server."
    case 415: "The body has an encoding that is not understood; the connection is closed."
    case 422: "Values do not fit; each is named."
    case 431: "The head is larger than the server's limits; the connection is closed."
    case 500: "The telemetry store does not understand what it was asked."
    case 501: "The transfer coding is not known; the connection is closed."
    default: "No model is served now, or there is no room for the answer, the store or the log: send it again."
    }
  }
}
