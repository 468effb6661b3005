import Exposition

/// The operator's own face: `/healthz`, `/livez`, `/readyz`, `/metrics`. Any HTTP server may put these answers on its ports,
/// health on 8081, metrics on 8080.
///
/// Each check has a path of its own, such as `/readyz/informer-sync`; `?verbose` lists all checks, `?exclude=NAME` leaves
/// one out, as with Kubernetes' own components.
public struct OperatorEndpoints: Sendable {
  public struct Answer: Sendable {
    public var status: Int
    public var contentType = "text/plain; charset=utf-8"
    /// For the header `WWW-Authenticate`.
    public var challenge: String?
    /// The body's text, to be sent part by part: metrics of thousands of objects are tens of megabytes.
    public var parts: Parts

    /// The whole text.
    public var body: String { parts.reduce(into: "") { $0 += $1 } }

    init(status: Int, challenge: String? = nil, body: String) {
      self.status = status
      self.challenge = challenge
      parts = Parts(content: .whole(body))
    }

    init(contentType: String, _ exposition: ExpositionParts) {
      status = 200
      self.contentType = contentType
      parts = Parts(content: .exposition(exposition))
    }
  }

  /// Parts of a text, each made when it is asked for.
  public struct Parts: Sequence, Sendable {
    enum Content: Sendable {
      case whole(String)
      case exposition(ExpositionParts)
    }

    let content: Content

    public func makeIterator() -> AnyIterator<String> {
      switch content {
      case .whole(let text): AnyIterator(CollectionOfOne(text).makeIterator())
      case .exposition(let parts): AnyIterator(parts.makeIterator())
      }
    }
  }

  /// One thing that must be well.
  public struct Check: Sendable {
    /// As it stands in paths.
    public var name: String
    /// What is wrong; nil: nothing.
    public var problem: @Sendable () -> String?
    /// What is well and should be changed all the same; nil: nothing.
    public var warning: @Sendable () -> String?

    public init(
      _ name: String, warning: @escaping @Sendable () -> String? = { nil }, problem: @escaping @Sendable () -> String?
    ) {
      self.name = name
      self.problem = problem
      self.warning = warning
    }

    /// Whoever answers is alive: waiting for the API server or the lease is no reason to be restarted.
    public static let ping = Check("ping") { nil }
  }

  private let metrics: RuntimeMetrics
  private let gate: MetricsGate?
  private let checks: [String: [Check]]

  /// - Parameters:
  ///   - gate: who may read the metrics; nil: everybody who reaches the port.
  ///   - liveness: beside `ping`. A process that fails it is restarted.
  ///   - readiness: beside `ping`.
  public init(metrics: RuntimeMetrics, gate: MetricsGate? = nil, liveness: [Check] = [], readiness: [Check]) {
    self.metrics = metrics
    self.gate = gate
    checks = ["healthz": [.ping] + liveness, "livez": [.ping] + liveness, "readyz": [.ping] + readiness]
  }

  /// - Parameter readiness: beside that all caches are filled and the host's preconditions are met.
  public init(_ host: ControllerHost, metrics: RuntimeMetrics, gate: MetricsGate? = nil, readiness: [Check] = []) {
    let synced = Check("informer-sync") {
      let missing = host.unreadyCaches
      return missing.isEmpty ? nil : missing.joined(separator: "; ")
    }
    let met = host.preconditions.map { precondition in
      Check(precondition.name, warning: { precondition.warning }, problem: { precondition.problem })
    }
    self.init(metrics: metrics, gate: gate, readiness: [synced] + met + readiness)
  }

  /// On the health port. nil: 404.
  ///
  /// - Parameter query: as in the URL, without the question mark.
  public func health(path: String, query: String = "") -> Answer? {
    let parts = path.split(separator: "/")
    guard let endpoint = parts.first.map(String.init), let all = checks[endpoint], parts.count <= 2 else { return nil }
    let wishes = query.split(separator: "&")
    var asked = all.filter { check in !wishes.contains { $0 == "exclude=\(check.name)" } }
    if let name = parts.dropFirst().first {
      asked = all.filter { $0.name == name }
      guard !asked.isEmpty else { return nil }
    }
    let results = asked.map { (name: $0.name, problem: $0.problem(), warning: $0.warning()) }
    let isWell = results.allSatisfy { $0.problem == nil }
    let isVerbose = wishes.contains { $0 == "verbose" || $0.hasPrefix("verbose=") }
    if isWell, !isVerbose { return Answer(status: 200, body: "ok\n") }
    let lines = results.map { name, problem, warning in
      problem.map { "[-]\(name) failed: \($0)\n" } ?? "[+]\(name) ok\(warning.map { ", but \($0)" } ?? "")\n"
    }
    return Answer(
      status: isWell ? 200 : 503, body: lines.joined() + "\(endpoint) check \(isWell ? "passed" : "failed")\n")
  }

  /// On the metrics port. nil: 404.
  ///
  /// - Parameters:
  ///   - accept: the request's header.
  ///   - authorization: the request's header.
  public func metrics(path: String, accept: String?, authorization: String? = nil) async -> Answer? {
    guard path == "/metrics" else { return nil }
    if let refusal = await refusal(authorization, path) { return refusal }
    let format = ExpositionFormat(accepting: accept)
    return Answer(contentType: format.contentType, metrics.registry.parts(format))
  }

  private func refusal(_ authorization: String?, _ path: String) async -> Answer? {
    switch await gate?.verdict(authorization, path: path) {
    case nil, .allowed: nil
    case .unauthenticated:
      Answer(status: 401, challenge: "Bearer", body: "a token of this cluster is needed: Authorization: Bearer …\n")
    case .forbidden(let user): Answer(status: 403, body: "\(user) may not get \(path)\n")
    case .unknown(let reason): Answer(status: 503, body: "it cannot be checked now who may read this: \(reason)\n")
    }
  }
}
