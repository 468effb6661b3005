import Exposition

/// The operator's own face: `/healthz`, `/readyz`, `/metrics`. Any HTTP server may put these answers on its ports, health on
/// 8081, metrics on 8080.
public struct OperatorEndpoints: Sendable {
  public struct Answer: Sendable, Equatable {
    public var status: Int
    public var contentType: String
    public var body: String
  }

  private let metrics: RuntimeMetrics
  private let unready: @Sendable () -> [String]

  /// - Parameter unready: what is missing until the process can do its work; empty: ready.
  public init(metrics: RuntimeMetrics, unready: @escaping @Sendable () -> [String]) {
    self.metrics = metrics
    self.unready = unready
  }

  public init(_ host: ControllerHost, metrics: RuntimeMetrics) {
    self.init(metrics: metrics) { host.unreadyCaches }
  }

  /// On the health port. nil: 404.
  public func health(path: String) -> Answer? {
    switch path {
    // Alive is whoever answers: waiting for the API server or the lease is no reason to be restarted.
    case "/healthz", "/livez": return Answer(status: 200, contentType: "text/plain; charset=utf-8", body: "ok\n")
    case "/readyz":
      let missing = unready()
      guard missing.isEmpty else {
        let lines = missing.map { "not ready: \($0)\n" }.joined()
        return Answer(status: 503, contentType: "text/plain; charset=utf-8", body: lines)
      }
      return Answer(status: 200, contentType: "text/plain; charset=utf-8", body: "ok\n")
    default: return nil
    }
  }

  /// On the metrics port. nil: 404.
  public func metrics(path: String, accept: String?) -> Answer? {
    guard path == "/metrics" else { return nil }
    let format = ExpositionFormat(accepting: accept)
    return Answer(status: 200, contentType: format.contentType, body: metrics.registry.text(format))
  }
}
