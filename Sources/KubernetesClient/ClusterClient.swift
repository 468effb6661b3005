public import HTTPTransport
public import KubernetesModel
public import Logging

/// What one HTTP exchange came to, for metrics.
public struct RequestOutcome: Sendable {
  public var method: String
  public var host: String
  /// HTTP status, or `<error>` where none came.
  public var code: String
  public var verb: APIRequest.Verb
  public var resource: GroupVersionResource
  public var duration: Duration
}

/// The Kubernetes API over HTTP.
///
/// Guarantees: `Retry-After` is honoured up to ten times; after 401 the credentials are renewed and the request is sent once
/// more; errors carry the server's own words and never a credential.
public final class ClusterClient: KubernetesAPI {
  public let configuration: ClusterConfiguration
  public let fieldManager: String
  private let transport: any HTTPTransport
  private let credentials: CredentialSource
  private let time: TimeSource
  private let logger: Logger
  private let observe: @Sendable (RequestOutcome) -> Void

  /// - Parameters:
  ///   - transport: nil: libcurl with the configuration's trust.
  ///   - observe: called after each exchange.
  public init(
    _ configuration: ClusterConfiguration, fieldManager: String = "apus-operator", userAgent: String = "apus",
    transport: (any HTTPTransport)? = nil, time: TimeSource = .system, logger: Logger,
    observe: @escaping @Sendable (RequestOutcome) -> Void = { _ in }
  ) throws(KubernetesError) {
    self.configuration = configuration
    self.fieldManager = fieldManager
    self.time = time
    self.logger = logger
    self.observe = observe
    credentials = CredentialSource(configuration.credentials, time: time)
    if let transport {
      self.transport = transport
    } else {
      var trust = configuration.trust
      trust.userAgent = userAgent
      do {
        self.transport = try CurlTransport(trust)
      } catch {
        throw .configuration("the HTTP client cannot be started: \(error)")
      }
    }
  }

  private static let maximumRetries = 10
  /// No byte for this long ends a watch: bookmarks come each minute.
  private static let watchIdle = Duration.seconds(75)

  public func perform(_ request: APIRequest) async throws(KubernetesError) -> JSONValue {
    let timeouts = HTTPTimeouts(connect: .seconds(10), idle: .seconds(30), total: .seconds(60))
    let response = try await exchange(request, timeouts) { (http) async throws(TransportError) in
      try await self.transport.send(http)
    } judge: { response in
      response.isSuccess ? nil : Refused(status: response.status, headers: response.headers, body: response.body)
    }
    guard !response.body.isEmpty else { return .null }
    do {
      return try JSONValue(parsing: response.body)
    } catch {
      throw .unreadable(verb: request.verb, target: request.target, reason: "\(error)")
    }
  }

  public func open(_ request: APIRequest) async throws(KubernetesError) -> WatchStream {
    let timeouts = HTTPTimeouts(connect: .seconds(10), idle: Self.watchIdle, total: nil)
    let stream = try await exchange(request, timeouts) { (http) async throws(TransportError) in
      try await self.transport.stream(http)
    } judge: { stream in
      guard !stream.isSuccess else { return nil }
      let body = try? await stream.body.collect(upTo: 1 << 20)
      return Refused(status: stream.status, headers: stream.headers, body: body ?? [])
    }
    return WatchStream(request, body: stream.body)
  }

  private struct Refused {
    var status: Int
    var headers: HTTPHeaders
    var body: [UInt8]
  }

  /// Sends, judges, and sends again where the server asks for it.
  private func exchange<Answer: HTTPAnswer>(
    _ request: APIRequest, _ timeouts: HTTPTimeouts,
    _ send: (HTTPRequest) async throws(TransportError) -> Answer, judge: (Answer) async -> Refused?
  ) async throws(KubernetesError) -> Answer {
    var retries = 0
    var hasRenewed = false
    while true {
      let http = try await message(request, timeouts)
      let start = time.monotonic()
      let answer: Answer
      do {
        answer = try await send(http)
      } catch {
        guard error != .cancelled else { throw .cancelled }
        note(request, http, code: "<error>", since: start)
        throw .unreachable(verb: request.verb, target: request.target, error)
      }
      guard let refused = await judge(answer) else {
        note(request, http, code: String(answer.status), since: start)
        return answer
      }
      note(request, http, code: String(refused.status), since: start)
      let status = try? JSONValue(parsing: refused.body)
      let refusal = APIRefusal(
        request, code: refused.status, status: status?["kind"] == "Status" ? status : nil,
        text: String(decoding: refused.body, as: UTF8.self),
        retryAfter: refused.headers["retry-after"].flatMap { Double($0) }.flatMap { $0.isFinite ? $0 : nil })
      if refused.status == 401, !hasRenewed, credentials.renew() {
        hasRenewed = true
        continue
      }
      guard refused.status == 429 || refused.status >= 500, let seconds = refusal.retryAfter,
        retries < Self.maximumRetries, request.allowsPause(of: .seconds(seconds), at: time.monotonic())
      else { throw .refused(refusal) }
      retries += 1
      logger.debug(
        "the API server asks for patience",
        metadata: ["code": "\(refused.status)", "seconds": "\(seconds)", "target": "\(request.target)"])
      do {
        try await time.sleep(.seconds(min(max(seconds, 0), 60)))
      } catch {
        throw .cancelled
      }
    }
  }

  private func message(_ request: APIRequest, _ timeouts: HTTPTimeouts) async throws(KubernetesError) -> HTTPRequest {
    let method: HTTPRequest.Method =
      switch request.verb {
      case .get, .list, .watch: .get
      case .create: .post
      case .update: .put
      case .patch, .apply: .patch
      case .delete: .delete
      }
    var http = HTTPRequest(
      method, url: configuration.server + request.pathAndQuery, headers: ["Accept": "application/json"],
      body: request.body, timeouts: timeouts)
    if let contentType = request.contentType { http.headers["Content-Type"] = contentType }
    if let authorization = try await credentials.authorization() { http.headers["Authorization"] = authorization }
    if let impersonation = configuration.impersonation { impersonation.add(to: &http.headers) }
    if let deadline = request.deadline {
      // In this order: where the process is stopped between the two looks, the deadline comes earlier, not later.
      let now = ContinuousClock.now
      http.deadline = now + (deadline - time.monotonic())
    }
    return http
  }

  private func note(_ request: APIRequest, _ http: HTTPRequest, code: String, since start: Duration) {
    observe(
      RequestOutcome(
        method: http.method.rawValue, host: configuration.host, code: code, verb: request.verb,
        resource: request.target.resource, duration: time.monotonic() - start))
  }
}

/// An answer, whole or still on its way.
private protocol HTTPAnswer: Sendable {
  var status: Int { get }
}

extension HTTPResponse: HTTPAnswer {}
extension HTTPStream: HTTPAnswer {}
