import ApusAPI
import Decisions
import Foundation
import HTTPTransport
import KubernetesClient
import KubernetesModel
import Reconcilers
import Synchronization
import TestSupport

/// Alerts to send, channels from a policy's own JSON, and what was sent.
enum AlertWorld {
  static func alert(
    _ state: Alert.State = .firing, title: String = "CriticalFeatureDrift: shop/income",
    message: String = "age < 30 & PSI 0.31", model: String = "income", channels: [String] = ["out"]
  ) -> Alert {
    Alert(
      key: "shop/watch/CriticalFeatureDrift", id: "id-\(state.rawValue)",
      at: Timestamp(secondsSince1970: 1_793_188_800), rule: .criticalDrift, state: state,
      title: state == .firing ? title : "resolved: \(title)", message: message, namespace: "shop", policy: "watch",
      model: model, channels: channels, expiry: Timestamp(secondsSince1970: 1_793_275_200))
  }

  /// Channels `out`, `out1`, …, each of what stands beside its name in a policy.
  static func open(
    _ kinds: JSONValue..., secrets: [String: [String: String]] = [:]
  ) async throws -> (channels: [String: any AlertChannel], problems: [String: ChannelProblem]) {
    let cluster = ScriptedCluster()
    for (name, data) in secrets {
      _ = cluster.put(
        Resource.secrets,
        [
          "metadata": ["name": .string(name), "namespace": "shop"],
          "data": .object(data.mapValues { .string(Data($0.utf8).base64EncodedString()) }),
        ])
    }
    let named = kinds.enumerated().map { index, kind in
      var channel = kind
      channel["name"] = .string(index == 0 ? "out" : "out\(index)")
      return channel
    }
    let alerts = try MonitoringPolicySpec.Alerts.schema.filled(["channels": .array(named)])
      .decode(as: MonitoringPolicySpec.Alerts.self)
    return await AlertChannels.open(
      alerts, named: Set(alerts.channels.map(\.name)), ChannelSecrets(SecretReader(cluster, .init()), namespace: "shop")
    )
  }

  /// One channel that can be used.
  static func channel(
    _ kind: JSONValue, secrets: [String: [String: String]] = [:]
  ) async throws -> any AlertChannel {
    let opened = try await open(kind, secrets: secrets)
    guard let channel = opened.channels["out"] else { throw ChannelProblem("\(opened.problems)") }
    return channel
  }
}

/// A clock that goes on when a test says so.
final class ManualClock: Sendable {
  private let passed = Mutex(Duration.zero)

  func advance(by duration: Duration) { passed.withLock { $0 += duration } }

  /// The wall clock stands.
  var source: TimeSource {
    TimeSource(
      monotonic: { [self] in passed.withLock { $0 } }, wall: { Timestamp(secondsSince1970: 1_793_188_800) },
      sleep: { _ in }, random: { 0 })
  }
}

/// Writes down what channels send, and answers as it is told to.
final class RecordingWire: HTTPTransport, MailTransport {
  enum Mails: Sendable {
    case refuse([MailRefusal])
    case fail(MailError)
    /// No answer before the task is called off, which may come too late.
    case hang
    /// Taken by all once this is open.
    case takeAfter(ScriptedGate)
  }

  private struct State {
    var requests: [HTTPRequest] = []
    var mails: [(mail: Mail, server: MailServer)] = []
    var statuses: [Int] = []
    /// By URL, how many requests are still answered with 404.
    var refusals: [String: Int] = [:]
    var mailAnswers: [Mails] = []
  }

  /// Runs while something is on its way.
  private let whenSent: @Sendable () -> Void

  private let state = Mutex(State())
  private let failure: TransportError?
  private let body: String
  private let headers: HTTPHeaders

  /// - Parameters:
  ///   - statuses: of the answers in their order; 200 afterwards.
  ///   - refusals: how many requests to a URL are answered with 404 first.
  ///   - headers: of every answer.
  ///   - body: of every answer.
  ///   - failure: in place of any answer.
  init(
    statuses: [Int] = [], refusals: [String: Int] = [:], headers: HTTPHeaders = [:], body: String = "",
    mails: [Mails] = [], failure: TransportError? = nil, whenSent: @escaping @Sendable () -> Void = {}
  ) {
    self.failure = failure
    self.headers = headers
    self.body = body
    self.whenSent = whenSent
    state.withLock {
      $0.statuses = statuses
      $0.refusals = refusals
      $0.mailAnswers = mails
    }
  }

  var requests: [HTTPRequest] { state.withLock { $0.requests } }
  var mails: [(mail: Mail, server: MailServer)] { state.withLock { $0.mails } }
  var wires: AlertWires { AlertWires(http: self, mail: self) }

  func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
    let status = state.withLock { state in
      state.requests.append(request)
      if let left = state.refusals[request.url], left > 0 {
        state.refusals[request.url] = left - 1
        return 404
      }
      return state.statuses.isEmpty ? 200 : state.statuses.removeFirst()
    }
    whenSent()
    if let failure { throw failure }
    return HTTPResponse(status: status, headers: headers, body: Array(body.utf8))
  }

  func stream(_ request: HTTPRequest) async throws(TransportError) -> HTTPStream {
    let answer = try await send(request)
    return HTTPStream(status: answer.status, headers: answer.headers, body: HTTPBody([answer.body]))
  }

  func send(_ mail: Mail, to server: MailServer) async throws(MailError) -> [MailRefusal] {
    let answer = state.withLock { state -> Mails in
      state.mails.append((mail, server))
      return state.mailAnswers.isEmpty ? .refuse([]) : state.mailAnswers.removeFirst()
    }
    whenSent()
    if let failure { throw MailError(.transport(failure)) }
    switch answer {
    case .refuse(let refusals): return refusals
    case .fail(let error): throw error
    case .hang:
      await Self.untilCancelled()
      throw MailError(.unconfirmed(.cancelled))
    case .takeAfter(let gate):
      let isOpen = try? await eventually("the gate opens") { gate.isOpen ? true : nil }
      guard isOpen != nil else { throw MailError(.transport(.cancelled)) }
      return []
    }
  }

  private static func untilCancelled() async {
    let (nothing, source) = AsyncStream<Void>.makeStream()
    for await _ in nothing {}
    source.finish()
  }

  /// All that was sent, for people.
  var text: String {
    let requests = requests.map { request in
      let headers = request.headers.map { "\($0.name): \($0.value)" }.joined(separator: "\n")
      return
        "\(request.method.rawValue) \(request.url)\n\(headers)\n\n\(String(decoding: request.body, as: UTF8.self))\n"
    }
    let mails = mails.map { mail, server in
      let envelope = ["MAIL FROM:<\(mail.sender)>"] + mail.recipients.map { "RCPT TO:<\($0)>" }
      return "\(server.origin)\n\(envelope.joined(separator: "\n"))\n\n"
        + String(decoding: mail.content, as: UTF8.self).split(separator: "\r\n", omittingEmptySubsequences: false)
        .joined(separator: "\n")
    }
    return (requests + mails).joined(separator: "\n")
  }
}
