import Foundation
import Glibc
import KubernetesModel
import TestSupport
import Testing

/// The short form of the soak with two operators: `make soak`.
@Suite("Of two operators one works, and the other takes over", .serialized, .enabled(if: Cluster.isThere))
struct TakeoverTests {
  @Test("when the leader is killed, and at once when it is stopped in order")
  func takeover() async throws {
    let stage = try await Stage.open("takeover")
    try await stage.cluster.withoutItsOperator {
      let settings = try await OperatorProcess.settings(of: stage.cluster)
      var crew: [OperatorProcess] = []
      defer { for one in crew { one.signal(SIGKILL) } }
      for name in ["takeover-a", "takeover-b"] {
        crew.append(try OperatorProcess(name, of: stage.cluster, settings: settings))
      }
      let first = try await leader(among: crew, on: stage)
      try await expectWork(on: stage, edit: 25)

      first.signal(SIGKILL)
      _ = try await first.ended(within: .seconds(10))
      let killed = ContinuousClock.now
      crew.removeAll { $0.name == first.name }
      let second = try await leader(among: crew, on: stage)
      print("takeover after a kill: \(killed.duration(to: .now))")
      try await expectWork(on: stage, edit: 26)

      let third = try OperatorProcess("takeover-c", of: stage.cluster, settings: settings)
      crew.append(third)
      try await third.stoodBy(within: .seconds(30))
      let stopped = ContinuousClock.now
      second.signal(SIGTERM)
      let end = try await second.ended(within: .seconds(10))
      #expect(end.status == 0)
      crew.removeAll { $0.name == second.name }
      _ = try await leader(among: crew, on: stage)
      print("orderly stop: ended after \(stopped.duration(to: end.at)), takeover after \(stopped.duration(to: .now))")
      try await expectWork(on: stage, edit: 27)
      for one in crew { one.signal(SIGTERM) }
      for one in crew { #expect(try await one.ended(within: .seconds(10)).status == 0) }
    }
    await stage.close()
  }

  private func leader(among crew: [OperatorProcess], on stage: Stage) async throws -> OperatorProcess {
    try await eventually("one of \(crew.map(\.name)) leads", within: .seconds(60), every: .milliseconds(100)) {
      () async throws -> OperatorProcess? in
      let name = try await stage.cluster.leader()
      return crew.first { $0.name == name }
    }
  }

  /// A model that is refused for its cron expression, where the operator names the number that is wrong.
  private func expectWork(on stage: Stage, edit number: Int) async throws {
    try await stage.apply(Typo(name: "typo", number: number).model)
    try await stage.wait(for: "the edit to \(number) is answered", "md", "typo", within: .seconds(60)) {
      $0.condition("Ready")?["message"]?.string?.contains("\(number)") == true ? true : nil
    }
  }
}

/// A model that costs an operator two writes and a cluster nothing: its schedule has an hour that no day has.
struct Typo: Sendable {
  var name: String
  /// 24 and up.
  var number: Int

  var model: String {
    """
    apiVersion: apus.dev/v1alpha1
    kind: ModelDeployment
    metadata: {name: \(name)}
    spec:
      schema:
        target: {name: outcome}
        features: [{name: a, type: numeric}]
      training:
        source: {csv: {uri: "file:///var/lib/apus/data/none.csv"}}
        schedule: {cron: "0 \(number) * * *"}

    """
  }
}
