import Foundation
import KubernetesModel
import Synchronization
import TestSupport
import Testing

@testable import KubernetesClient

/// A cluster, a server for it, a client, and an informer that follows it; compares what they know.
final class Follower: Sendable {
  let cluster: FaultyCluster
  let server: ScriptedServer
  let client: ClusterClient
  let informer: Informer<ConfigMap>
  let time: ScriptedTime
  private let task: Task<Void, Never>
  private let mirror: Mirror

  /// What a handler knows that only listens to changes, and what it was told that cannot be.
  private final class Mirror: Sendable {
    private let state = Mutex<(known: [String: String], wrongs: [String])>(([:], []))

    var known: [String: String] { state.withLock { $0.known } }
    var wrongs: [String] { state.withLock { $0.wrongs } }

    func note(_ event: StoreEvent<ConfigMap>) {
      let name = event.identity.key.name
      let text = Follower.summary(event.change.object)
      state.withLock { state in
        switch event.change {
        case .added:
          if state.known[name] != nil { state.wrongs.append("\(name) was added twice") }
          state.known[name] = text
        case .updated(let old, _):
          if state.known[name] != Follower.summary(old) {
            state.wrongs.append("\(name) changed from a state nobody told of")
          }
          state.known[name] = text
        case .deleted:
          if state.known[name] == nil { state.wrongs.append("\(name) was deleted, but was not known") }
          state.known[name] = nil
        }
      }
    }
  }

  init(
    _ cluster: FaultyCluster, credentials: Credentials = .none, watchIdle: Duration = .seconds(75), port: Int = 0
  ) throws {
    self.cluster = cluster
    server = try ScriptedServer(port: port) { cluster.answer($0) }
    time = ScriptedTime(skipping: true)
    client = try ClusterClient(
      ClusterConfiguration(server: server.url, credentials: credentials), watchIdle: watchIdle, time: time.source,
      logger: quiet)
    informer = Informer(
      client, ObjectKind<ConfigMap>.typed, Selection(namespace: "a"), resync: nil, time: time.source, logger: quiet)
    let informer = informer
    let mirror = Mirror()
    self.mirror = mirror
    informer.onChange { mirror.note($0) }
    task = Task { await informer.run() }
  }

  deinit {
    task.cancel()
    server.stop()
  }

  func stop() async {
    task.cancel()
    await task.value
    server.stop()
  }

  static func summary(_ map: ConfigMap) -> String {
    let value = map.data["k"] ?? "none"
    return
      "\(map.metadata.uid ?? "") \(map.metadata.resourceVersion ?? "") \(value.count > 80 ? "\(value.utf8.count) bytes" : value)"
  }

  var content: [String: String] {
    Dictionary(
      informer.store.objects.map { ($0.metadata.name ?? "", Self.summary($0)) }, uniquingKeysWith: { $1 })
  }

  /// Until the store and the handlers know exactly what the cluster has, every fault has happened, and a stream of the
  /// cluster's is open.
  func converge(_ what: String, watched: Bool = true, within deadline: Duration = .seconds(20)) async throws {
    do {
      _ = try await eventually(what, within: deadline, every: .milliseconds(5)) {
        let wanted = cluster.content
        return informer.hasSynced && cluster.isWatched == watched && cluster.pendingFaults == 0 && content == wanted
          && mirror.known == wanted ? true : nil
      }
    } catch {
      throw DeadlineExceeded(
        description:
          "\(what): the cluster has \(cluster.content), the store \(content), handlers \(mirror.known); "
          + "\(informer.statistics); faults left: \(cluster.pendingFaults); asked: \(server.requests.map(\.target))")
    }
    #expect(mirror.wrongs == [])
  }

  func opened(_ what: String, _ condition: @Sendable () -> Bool) async throws {
    _ = try await eventually(what, every: .milliseconds(5)) { condition() ? true : nil }
  }
}
