import HTTPTypes

/// Which web pages may call the server from a browser (CORS). Without any, none may.
struct CrossOrigin: Sendable {
  /// As browsers send them, `https://example.org`; `*` for all.
  let origins: [String]

  private static let allowOrigin = HTTPField.Name("Access-Control-Allow-Origin")
  private static let allowMethods = HTTPField.Name("Access-Control-Allow-Methods")
  private static let allowHeaders = HTTPField.Name("Access-Control-Allow-Headers")
  private static let exposeHeaders = HTTPField.Name("Access-Control-Expose-Headers")
  private static let maximumAge = HTTPField.Name("Access-Control-Max-Age")
  private static let requestMethod = HTTPField.Name("Access-Control-Request-Method")

  /// Whether the request only asks whether another one would be allowed.
  func isPreflight(_ request: HTTPRequest) -> Bool {
    guard !origins.isEmpty, request.method == .options, request.headerFields[.origin] != nil else { return false }
    return Self.requestMethod.map { request.headerFields[$0] != nil } ?? false
  }

  /// Adds what a browser wants to see before it hands the answer to a page.
  func allow(_ request: HTTPRequest, in fields: inout HTTPFields) {
    guard !origins.isEmpty else { return }
    fields[.vary] = "Origin"
    guard let origin = request.headerFields[.origin], origins.contains("*") || origins.contains(origin) else { return }
    func set(_ name: HTTPField.Name?, _ value: String) {
      if let name { fields[name] = value }
    }
    set(Self.allowOrigin, origins.contains("*") ? "*" : origin)
    if isPreflight(request) {
      set(Self.allowMethods, "GET, POST")
      set(
        Self.allowHeaders,
        "Authorization, Content-Type, Content-Encoding, X-Request-Id, Inference-Header-Content-Length")
      set(Self.maximumAge, "600")
    } else {
      set(Self.exposeHeaders, "X-Request-Id, Inference-Header-Content-Length")
    }
  }
}
