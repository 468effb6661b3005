import Foundation
import KubernetesModel
import TestSupport
import Testing

/// One model's life in which every process is killed at the worst moment, the cluster itself included.
@Suite("Whatever is killed, the loop goes on", .serialized, .enabled(if: Cluster.isLocal))
struct CrashTests {
  @Test("cluster, operator, worker and server are killed; nothing is lost, doubled or left behind")
  func life() async throws {
    let own = try await OwnCluster.open("crashes")
    do {
      let stage = try await Stage.open("crashes", on: own.cluster)
      let fraud = try await firstTraining(own, stage)
      try await prediction(own, fraud)
      try await secondTraining(own, stage)
      try await expectEverythingOnce(own, stage)
      try await stage.kubectl("delete", "md,mp", "fraud", "--timeout=60s")
      _ = try await eventually("no process of the model is left", within: .seconds(60), every: .milliseconds(100)) {
        () async throws -> Bool? in own.processes("apus-server").isEmpty ? true : nil
      }
      try await end(own)
    } catch {
      try? await own.stop()
      throw error
    }
  }

  /// The cluster dies while the first version is trained, in the middle of a write, and is started again.
  private func firstTraining(_ own: OwnCluster, _ stage: Stage) async throws -> Fraud {
    let fraud = try await Fraud(on: stage, isAwaited: false)
    _ = try await eventually("the first training runs", within: .seconds(60), every: .milliseconds(5)) {
      own.processes("apus-worker").first
    }
    try own.killCluster()
    try own.tearJournal()
    try await own.start()
    try await stage.wait("md", "fraud", condition: "Ready", within: .seconds(90))
    return fraud
  }

  /// A server dies with answers in its log; the other one answers on.
  private func prediction(_ own: OwnCluster, _ fraud: Fraud) async throws {
    let servers = Set(own.processes("apus-server"))
    #expect(servers.count == 2)
    _ = try await fraud.traffic(first: 12_000, rows: 1_000)
    let killed = try await own.kill(next: "apus-server")
    let accuracy = try await fraud.traffic(first: 13_000, rows: 500)
    #expect(accuracy > 0.9, "every request is answered by the server that is left, or by the new one")
    _ = try await eventually("the dead server is replaced", within: .seconds(60), every: .milliseconds(100)) {
      let now = Set(own.processes("apus-server"))
      return now.count == 2 && !now.contains(killed) ? true : nil
    }
    try await fraud.check("counted")
    let rows = try await fraud.stage.get("mp", "fraud")?[path: "status", "lastCheck", "rows"]?.integer
    #expect(rows == 1_500, "what was recorded before the kill is there, and once")
  }

  /// The operator dies between the Job it made and the status it owes, the worker before it has a result.
  private func secondTraining(_ own: OwnCluster, _ stage: Stage) async throws {
    try await stage.annotate("md", "fraud", "apus.dev/retrain-requested-at=now")
    try await own.kill(next: "apus-worker")
    try await own.kill(next: "apus-operator")
    try await stage.wait(for: "the second version is judged", "mv", "fraud-v2", within: .seconds(90)) {
      $0[path: "status", "stage"]?.string.flatMap { $0 == "Candidate" ? nil : $0 }
    }
    try await stage.wait("md", "fraud", condition: "Ready", within: .seconds(60))
  }

  private func expectEverythingOnce(_ own: OwnCluster, _ stage: Stage) async throws {
    let versions = try await stage.list("mv").compactMap { $0[path: "metadata", "name"]?.string }
    #expect(versions.sorted() == ["fraud-v1", "fraud-v2"])
    let jobs = try await stage.list("jobs", selector: "apus.dev/component=train")
    #expect(
      jobs.compactMap { $0[path: "metadata", "name"]?.string }.sorted() == ["fraud-train-1", "fraud-train-2"])
    let status = try #require(try await stage.get("md", "fraud"))["status"]
    #expect(status?[path: "training", "state"]?.string != "Running", "\(status?.text ?? "")")
    let events = try JSONValue(parsing: try await stage.kubectl("get", "events", "-o", "json").text)["items"]?.array
    for reason in ["TrainingSucceeded", "GatesPassed", "RoutingConfirmed"] {
      let notes = (events ?? []).filter { $0["reason"]?.string == reason }.compactMap { $0["message"]?.string }
      #expect(Set(notes).count == notes.count, "an Event is told once: \(notes)")
    }
    #expect(own.processes("apus-operator").count == 1)
    #expect(own.processes("apus-worker").isEmpty)
  }

  /// A cluster that was killed and not started again: `apus down` ends what it has left.
  private func end(_ own: OwnCluster) async throws {
    try own.killCluster()
    #expect(!own.processes().isEmpty)
    try await own.stop()
    _ = try await eventually("no process is left", within: .seconds(10)) { own.processes().isEmpty ? true : nil }
  }
}
