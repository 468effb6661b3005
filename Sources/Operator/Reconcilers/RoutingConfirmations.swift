import Decisions
package import HTTPTransport
import KubernetesModel
package import Logging
import Synchronization
import WorkerContract

/// Tells pods their routing table and remembers what each has confirmed. The memory is the process's own: after a restart
/// every pod is asked again, which is harmless.
package final class RoutingConfirmations: Sendable {
  private let transport: any HTTPTransport
  private let logger: Logger
  /// For each model that was asked about: pod to revision.
  private let revisions = Mutex<[ObjectKey: [String: Int]]>([:])
  /// Why pods did not take their table, in their own words.
  private let refusals = Mutex<[ObjectKey: [String: String]]>([:])
  private let port: Int

  package init(transport: any HTTPTransport, port: Int = ServerSet.adminPort, logger: Logger) {
    self.transport = transport
    self.port = port
    self.logger = logger
  }

  /// Confirmed revisions of a model's pods. Pods that are no longer there are forgotten.
  func revisions(of pods: [ServerPod], model: ObjectKey) -> [String: Int] {
    let present = Set(pods.map(\.uid))
    return revisions.withLock { revisions in
      let kept = revisions[model]?.filter { present.contains($0.key) }
      revisions[model] = kept
      return kept ?? [:]
    }
  }

  /// Why pods did not take the table that they were told last.
  func refusals(of pods: [ServerPod], model: ObjectKey) -> [String: String] {
    let present = Set(pods.map(\.uid))
    return refusals.withLock { refusals in
      let kept = refusals[model]?.filter { present.contains($0.key) } ?? [:]
      refusals[model] = kept.isEmpty ? nil : kept
      return kept
    }
  }

  /// Whether this process has asked the model's pods yet; before, that it knows of no confirmation says nothing.
  func hasAsked(about model: ObjectKey) -> Bool {
    revisions.withLock { $0[model] != nil }
  }

  func forget(_ model: ObjectKey) {
    revisions.withLock { $0[model] = nil }
    refusals.withLock { $0[model] = nil }
  }

  /// Pushes side by side; true where any pod has newly confirmed, or newly said why not.
  /// - Parameters:
  ///   - headers: What the operator proves itself with.
  ///   - certificate: What pods that speak TLS prove themselves with; without it they are told nothing.
  func push(
    _ pushes: [RoutingPush], of model: ObjectKey, headers: HTTPHeaders = [:], certificate: [UInt8]? = nil
  ) async -> Bool {
    revisions.withLock { $0[model] = $0[model] ?? [:] }
    return await withTaskGroup(of: (String, Answer).self) { group in
      for push in pushes { group.addTask { (push.pod, await self.confirmation(of: push, headers, certificate)) } }
      var hasNews = false
      for await (pod, answer) in group {
        let refusal = if case .refused(let reason) = answer { reason } else { nil as String? }
        let isNews = refusals.withLock { refusals in
          let before = refusals[model]?[pod]
          refusals[model, default: [:]][pod] = refusal
          return before != refusal && refusal != nil
        }
        if case .confirmed(let revision) = answer {
          revisions.withLock { $0[model, default: [:]][pod] = revision }
          hasNews = true
        }
        if isNews { hasNews = true }
      }
      return hasNews
    }
  }

  /// What a condition may say of a refusal at most.
  private static let longestReason = 600

  private enum Answer {
    case confirmed(Int)
    case refused(String)
    /// Nothing that says more than that the pod is to be asked again.
    case none
  }

  private func confirmation(of push: RoutingPush, _ headers: HTTPHeaders, _ certificate: [UInt8]?) async -> Answer {
    guard !push.isEncrypted || certificate != nil else {
      logger.warning(
        "pod speaks TLS, but there is no certificate in the Secret to know it by", metadata: ["pod": "\(push.podName)"])
      return .none
    }
    let host = push.address.contains(":") ? "[\(push.address)]" : push.address
    var headers = headers
    headers["Content-Type"] = "application/json"
    var request = HTTPRequest(
      .post, url: "\(push.isEncrypted ? "https" : "http")://\(host):\(port)/model/reload", headers: headers,
      body: Array(push.table.utf8),
      timeouts: HTTPTimeouts(connect: .seconds(2), idle: .seconds(20), total: .seconds(20)))
    if push.isEncrypted { request.pinnedCertificate = certificate }
    do {
      let response = try await transport.send(request)
      if response.isSuccess, let loaded = LoadedTable(response.body), loaded.confirms(push) {
        return .confirmed(push.revision)
      }
      logger.warning(
        "pod has not taken the routing table",
        metadata: ["pod": "\(push.podName)", "status": "\(response.status)", "answer": "\(response.text.prefix(300))"])
      // 422: the table; 503: a version in it. 409 says that another table came first.
      if [422, 503].contains(response.status), let reason = (try? JSONValue(parsing: response.body))?["error"]?.string {
        return .refused(reason.plain(characters: Self.longestReason))
      }
    } catch {
      logger.info(
        "pod cannot be told its routing table yet", metadata: ["pod": "\(push.podName)", "error": "\(error)"])
    }
    return .none
  }
}

/// What a server answers to a reload: `{"revision": 3, "versions": [{"version", "digest", …}]}`.
struct LoadedTable: Sendable, Equatable {
  var revision: Int
  var digests: [String]

  init?(_ body: [UInt8]) {
    guard let document = try? JSONValue(parsing: body), let revision = document["revision"]?.integer,
      let versions = document["versions"]?.array
    else { return nil }
    self.revision = revision
    digests = versions.compactMap { $0["digest"]?.string }
  }

  func confirms(_ push: RoutingPush) -> Bool {
    revision == push.revision && Set(push.digests).isSubset(of: digests)
  }
}
