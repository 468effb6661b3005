import Decisions
package import HTTPTransport
import KubernetesModel
package import Logging
import Synchronization

/// Tells pods their routing table and remembers what each has confirmed. The memory is the process's own: after a restart
/// every pod is asked again, which is harmless.
package final class RoutingConfirmations: Sendable {
  private let transport: any HTTPTransport
  private let logger: Logger
  private let revisions = Mutex<[String: Int]>([:])
  private let port: Int

  package init(transport: any HTTPTransport, port: Int = ServerSet.adminPort, logger: Logger) {
    self.transport = transport
    self.port = port
    self.logger = logger
  }

  /// Confirmed revisions of these pods, by UID.
  func revisions(of pods: [ServerPod]) -> [String: Int] {
    revisions.withLock { known in
      Dictionary(pods.compactMap { pod in known[pod.uid].map { (pod.uid, $0) } }, uniquingKeysWith: { $1 })
    }
  }

  func forget(_ pod: String) {
    revisions.withLock { $0[pod] = nil }
  }

  /// Pushes side by side; true where any pod has newly confirmed.
  func push(_ pushes: [RoutingPush]) async -> Bool {
    await withTaskGroup(of: (String, Int?).self) { group in
      for push in pushes { group.addTask { (push.pod, await self.confirmation(of: push)) } }
      var hasNews = false
      for await (pod, revision) in group {
        guard let revision else { continue }
        revisions.withLock { $0[pod] = revision }
        hasNews = true
      }
      return hasNews
    }
  }

  private func confirmation(of push: RoutingPush) async -> Int? {
    let host = push.address.contains(":") ? "[\(push.address)]" : push.address
    let request = HTTPRequest(
      .post, url: "http://\(host):\(port)/model/reload", headers: ["Content-Type": "application/json"],
      body: Array(push.table.utf8),
      timeouts: HTTPTimeouts(connect: .seconds(2), idle: .seconds(20), total: .seconds(20)))
    do {
      let response = try await transport.send(request)
      if response.isSuccess, let loaded = LoadedTable(response.body), loaded.confirms(push) { return push.revision }
      logger.warning(
        "pod has not taken the routing table",
        metadata: ["pod": "\(push.podName)", "status": "\(response.status)", "answer": "\(response.text.prefix(300))"])
    } catch {
      logger.info(
        "pod can not be told its routing table yet", metadata: ["pod": "\(push.podName)", "error": "\(error)"])
    }
    return nil
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
