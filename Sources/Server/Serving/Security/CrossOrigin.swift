/// Which web pages may call the server from a browser (CORS). Without any, none may.
struct CrossOrigin: Sendable {
  /// As browsers send them, `https://example.org`; `*` for all.
  let origins: [String]

  /// Whether a request with the method OPTIONS only asks whether another one would be allowed.
  func isPreflight(_ request: RequestHeaders) -> Bool {
    !origins.isEmpty && request.origin != nil && request.asksMethod != nil
  }

  /// What a browser wants to see before it hands the answer to a page.
  func headers(for request: RequestHeaders, isPreflight: Bool) -> [(name: String, value: String)] {
    guard !origins.isEmpty else { return [] }
    let vary = ("Vary", "Origin")
    guard let origin = request.origin, origins.contains("*") || origins.contains(origin) else { return [vary] }
    let allowed = [vary, ("Access-Control-Allow-Origin", origins.contains("*") ? "*" : origin)]
    guard isPreflight else {
      return allowed + [("Access-Control-Expose-Headers", "X-Request-Id, Inference-Header-Content-Length")]
    }
    return allowed + [
      ("Access-Control-Allow-Methods", "GET, POST"),
      (
        "Access-Control-Allow-Headers",
        "Authorization, Content-Type, Content-Encoding, X-Request-Id, Inference-Header-Content-Length"
      ),
      ("Access-Control-Max-Age", "600"),
    ]
  }
}
