import Foundation
import Glibc
import KubernetesModel
import TestSupport
import Testing

/// What befalls a leader.
enum LeaderFault: String, CaseIterable, Sendable {
  /// SIGKILL.
  case kill
  /// SIGSTOP, SIGCONT when another has long been leading.
  case pause
  /// Its connections are reset and new ones refused.
  case refusal
  /// Nothing arrives any more, and nobody is told.
  case silence
  /// SIGTERM.
  case stop
}

/// For how long things were as they were, in seconds.
struct Takeover: Sendable {
  var fault: LeaderFault
  /// From the fault, or from its end where the leader was paused, to the end of its process.
  var end: Double
  /// From the fault to the Lease's new holder.
  var lease: Double
  /// From the fault to the first write of the new leader.
  var work: Double
}

/// Operators with leader election whose leader suffers, while people work.
@Suite("Writes of two leaders never overlap", .enabled(if: Soak.name == "leaders" && Cluster.isThere))
struct LeaderSoakTests {
  @Test("whatever befalls the leader, for ten minutes", .timeLimit(.minutes(60)))
  func soak() async throws {
    Soak.say("seed \(Soak.seed), \(Soak.duration)")
    let stage = try await Stage.open("soak")
    try await stage.cluster.withoutItsOperator {
      let crew = try await Crew(["operator-1", "operator-2", "operator-3"], of: stage.cluster)
      do {
        try await LeaderSoak(stage, crew).run()
      } catch {
        await crew.end()
        throw error
      }
      await crew.end()
    }
    await stage.close()
  }
}
