import ClusterState
import KubernetesModel
import Testing

struct ListAndWatchTests {
  private func watch(_ cluster: inout Cluster, _ query: String) -> WatchPlan? {
    guard case .watch(let plan) = cluster.ask(ReceivedRequest(.get, "\(configMaps)?watch=true&\(query)")) else {
      return nil
    }
    return plan
  }

  private func kinds(_ lines: [JSONValue]) -> [String] {
    lines.map { "\($0["type"]?.string ?? "") \($0[path: "object", "metadata", "name"]?.string ?? "")" }
  }

  /// What a watch sees of everything after a version.
  private func lines(_ plan: WatchPlan, _ cluster: Cluster, after revision: Int) -> [JSONValue] {
    cluster.state.history[cluster.state.firstEvent(after: revision)...].compactMap {
      plan.line(for: $0, at: cluster.now)
    }
  }

  @Test("A list comes in pieces, in order, without loss")
  func pieces() {
    var cluster = Cluster()
    for number in 0..<7 { cluster.send(.post, configMaps, aConfigMap("c\(number)")) }
    var names: [String] = []
    var next = ""
    repeat {
      let list = cluster.send(.get, "\(configMaps)?limit=3&continue=\(next)").json
      names += list["items"]?.array?.compactMap { $0[path: "metadata", "name"]?.string } ?? []
      next = list[path: "metadata", "continue"]?.string ?? ""
    } while !next.isEmpty
    #expect(names == (0..<7).map { "c\($0)" })
  }

  @Test("A watch without a version begins with what is there")
  func fromNothing() throws {
    var cluster = Cluster()
    cluster.send(.post, configMaps, aConfigMap("a"))
    let plan = try #require(watch(&cluster, ""))
    #expect(kinds(plan.opening) == ["ADDED a"])
    let revision = cluster.state.revision
    cluster.send(.post, configMaps, aConfigMap("b"))
    cluster.send(.delete, "\(configMaps)/a")
    #expect(kinds(lines(plan, cluster, after: revision)) == ["ADDED b", "DELETED a"])
  }

  @Test("Initial events end with a bookmark that says so")
  func initialEvents() throws {
    var cluster = Cluster()
    cluster.send(.post, configMaps, aConfigMap("a"))
    let plan = try #require(
      watch(&cluster, "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"))
    #expect(kinds(plan.opening) == ["ADDED a", "BOOKMARK "])
    #expect(plan.opening.last?[path: "object", "metadata", "annotations", "k8s.io/initial-events-end"] == "true")
  }

  @Test("A watch from a version gets what it missed")
  func missed() throws {
    var cluster = Cluster()
    cluster.send(.post, configMaps, aConfigMap("a"))
    let version = cluster.state.revision
    cluster.send(.patch, "\(configMaps)/a", ["data": ["x": "1"]], type: "application/merge-patch+json")
    cluster.send(.post, configMaps, aConfigMap("b"))
    let plan = try #require(watch(&cluster, "resourceVersion=\(version)"))
    #expect(kinds(plan.opening) == ["MODIFIED a", "ADDED b"])
  }

  @Test("An object that enters or leaves a selector is added or deleted for its watch")
  func selector() throws {
    var cluster = Cluster()
    cluster.send(.post, configMaps, aConfigMap("a"))
    let plan = try #require(
      watch(&cluster, "labelSelector=on%3Dyes&resourceVersion=\(cluster.state.revision)".replacing("%3D", with: "=")))
    let revision = cluster.state.revision
    for value: JSONValue in ["yes", "yes", "no"] {
      cluster.send(
        .patch, "\(configMaps)/a",
        ["metadata": ["labels": ["on": value]], "data": ["v": .string("\(cluster.state.revision)")]],
        type: "application/merge-patch+json")
    }
    #expect(kinds(lines(plan, cluster, after: revision)) == ["ADDED a", "MODIFIED a", "DELETED a"])
  }

  @Test("A version older than the history is answered with 410, and a restored state knows no history")
  func expired() throws {
    var cluster = Cluster(historyLimit: 8)
    for number in 0..<40 { cluster.send(.post, configMaps, aConfigMap("c\(number)")) }
    var plan = try #require(watch(&cluster, "resourceVersion=2"))
    #expect(plan.isOver)
    #expect(plan.opening.first?["type"] == "ERROR")
    #expect(plan.opening.first?[path: "object", "code"] == 410)
    #expect(plan.opening.first?[path: "object", "reason"] == "Expired")
    let revision = cluster.state.revision
    cluster.state = ClusterState(restoring: cluster.state.storedObjects, revision: revision)
    plan = try #require(watch(&cluster, "resourceVersion=\(revision - 1)"))
    #expect(plan.isOver)
    plan = try #require(watch(&cluster, "resourceVersion=\(revision)"))
    #expect(!plan.isOver)
    #expect(cluster.send(.get, configMaps).json["items"]?.array?.count == 40)
  }

  @Test("deletecollection takes what the selector takes")
  func deleteCollection() {
    var cluster = Cluster()
    cluster.send(.post, configMaps, aConfigMap("a", labels: ["x": "1"]))
    cluster.send(.post, configMaps, aConfigMap("b"))
    cluster.send(.delete, "\(configMaps)?labelSelector=x")
    #expect(cluster.send(.get, configMaps).json["items"]?.array?.count == 1)
  }
}
