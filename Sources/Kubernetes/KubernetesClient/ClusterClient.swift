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
/// Guarantees: `Retry-After` of up to a minute is honoured up to ten times, and a longer one is handed to the caller; after
/// 401 the credentials are renewed and the request is sent once more; redirects are not followed, since credentials would
/// go with them; errors carry the server's own words and never a credential.
public final class ClusterClient: KubernetesAPI {
  public let configuration: ClusterConfiguration
  public let fieldManager: String
  private let trust: ClientTrust
  private let credentials: CredentialSource
  private let time: TimeSource
  private let logger: Logger
  private let observe: @Sendable (RequestOutcome) -> Void
  private let watchIdle: Duration

  /// - Parameters:
  ///   - transport: nil: libcurl with the configuration's trust.
  ///   - watchIdle: no byte for this long ends a watch, whose connection may be half open: bookmarks come each minute.
  ///   - observe: called after each exchange.
  public init(
    _ configuration: ClusterConfiguration, fieldManager: String = "apus-operator", userAgent: String = "apus",
    transport: (any HTTPTransport)? = nil, watchIdle: Duration = .seconds(75), time: TimeSource = .system,
    logger: Logger,
    observe: @escaping @Sendable (RequestOutcome) -> Void = { _ in }
  ) throws(KubernetesError) {
    self.configuration = configuration
    self.fieldManager = fieldManager
    self.time = time
    self.logger = logger
    self.observe = observe
    self.watchIdle = watchIdle
    credentials = CredentialSource(configuration.credentials, time: time)
    trust = ClientTrust(configuration, userAgent: userAgent, fixed: transport, time: time)
    // What is wrong with the certificates is told now, not at the first request.
    _ = try trust.transport(presenting: nil)
  }

  private static let maximumRetries = 10
  private static let maximumPause = 60.0

  public func perform(_ request: APIRequest) async throws(KubernetesError) -> JSONValue {
    // The API server itself ends everything but watches after a minute; a long list may then still be on its way.
    let timeouts = HTTPTimeouts(
      connect: .seconds(10), idle: .seconds(30), total: .seconds(request.verb == .list ? 300 : 60))
    let response = try await exchange(request, timeouts) { (transport, http) async throws(TransportError) in
      try await transport.send(http)
    } judge: { response in
      response.isSuccess ? nil : Refused(status: response.status, headers: response.headers, body: response.body)
    }
    guard !response.body.isEmpty else { return .null }
    do {
      return try JSONValue(answer: response.body, omitting: request.unreadInList)
    } catch {
      throw .unreadable(verb: request.verb, target: request.target, reason: "\(error)")
    }
  }

  public func open(_ request: APIRequest) async throws(KubernetesError) -> WatchStream {
    let timeouts = HTTPTimeouts(connect: .seconds(10), idle: watchIdle, total: nil)
    let stream = try await exchange(request, timeouts) { (transport, http) async throws(TransportError) in
      try await transport.stream(http)
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
    _ send: (any HTTPTransport, HTTPRequest) async throws(TransportError) -> Answer,
    judge: (Answer) async -> Refused?
  ) async throws(KubernetesError) -> Answer {
    var request = request
    var retries = 0
    var hasRenewed = false
    while true {
      let proof = try await credentials.proof()
      let transport = try trust.transport(presenting: proof.certificate)
      let http = message(request, timeouts, proof)
      let start = time.monotonic()
      let answer: Answer
      do {
        answer = try await send(transport, http)
      } catch {
        guard error != .cancelled else { throw .cancelled }
        if case .tlsFailed = error { trust.doubt() }
        note(request, http, code: "<error>", since: start)
        throw .unreachable(verb: request.verb, target: request.target, error)
      }
      guard let refused = await judge(answer) else {
        note(request, http, code: String(answer.status), since: start)
        return answer
      }
      note(request, http, code: String(refused.status), since: start)
      let refusal = refusal(request, refused)
      if refused.status == 401, !hasRenewed, renew(proof) {
        hasRenewed = true
        continue
      }
      if refused.status == 406, request.isMetadataOnly {
        // A server that does not know the short form gives the long one.
        request.isMetadataOnly = false
        continue
      }
      guard let seconds = pause(after: refusal, retries: retries, request) else { throw .refused(refusal) }
      retries += 1
      logger.debug(
        "the API server asks for patience",
        metadata: ["code": "\(refused.status)", "seconds": "\(seconds)", "target": "\(request.target)"])
      do {
        try await time.sleep(.seconds(seconds))
      } catch {
        throw .cancelled
      }
    }
  }

  /// Whether there may be another proof than the refused one.
  private func renew(_ proof: Proof) -> Bool {
    let hasNewCertificate = trust.renew()
    return credentials.renew(proof) || hasNewCertificate
  }

  private func refusal(_ request: APIRequest, _ refused: Refused) -> APIRefusal {
    let now = time.wall()
    let status = try? JSONValue(answer: refused.body)
    var text = String(decoding: refused.body, as: UTF8.self)
    if (300..<400).contains(refused.status), let place = refused.headers["location"] {
      text = "the server redirects to \(TransportError.origin(of: place)), which is not followed; name that server"
    }
    return APIRefusal(
      request, code: refused.status, status: status?["kind"] == "Status" ? status : nil, text: text,
      retryAfter: refused.headers["retry-after"].flatMap { RetryAfter.seconds($0, now: now) })
  }

  /// Seconds to wait before the request is sent again; nil: not again.
  private func pause(after refusal: APIRefusal, retries: Int, _ request: APIRequest) -> Double? {
    guard refusal.code == 429 || refusal.code >= 500, !KubernetesError.refused(refusal).isTooLargeResourceVersion,
      retries < Self.maximumRetries, let seconds = refusal.retryAfter, (0...Self.maximumPause).contains(seconds),
      request.allowsPause(of: .seconds(seconds), at: time.monotonic())
    else { return nil }
    return seconds
  }

  private func message(_ request: APIRequest, _ timeouts: HTTPTimeouts, _ proof: Proof) -> HTTPRequest {
    let method: HTTPRequest.Method =
      switch request.verb {
      case .get, .list, .watch: .get
      case .create: .post
      case .update: .put
      case .patch, .apply: .patch
      case .delete: .delete
      }
    var http = HTTPRequest(
      method, url: configuration.server + request.pathAndQuery, headers: ["Accept": request.accepted],
      body: request.body, timeouts: timeouts)
    // Watches stay as they are: their events are small, and a packer would hold them back.
    http.acceptsCompression = request.verb == .list && configuration.acceptsCompression
    if request.verb != .list { http.maximumBodyBytes = 64 << 20 }
    if let contentType = request.contentType { http.headers["Content-Type"] = contentType }
    if let authorization = proof.authorization { http.headers["Authorization"] = authorization }
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
