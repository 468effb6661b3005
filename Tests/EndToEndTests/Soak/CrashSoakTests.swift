import Foundation
import KubernetesModel
import TestSupport
import Testing

/// An operator that is killed at each of its writes, through a model's whole life.
@Suite(
  "An operator that is killed at every write ends where an undisturbed one does",
  .serialized, .enabled(if: Soak.name == "crash" && Cluster.isThere))
struct CrashSoakTests {
  @Test("cut off before the write, without its answer, and with it", .timeLimit(.minutes(60)))
  func soak() async throws {
    let cluster = try #require(Cluster.current)
    try await cluster.withoutItsOperator {
      Soak.say("a life without disturbance")
      let whole = try await CrashLife.run(on: cluster, dying: nil, as: nil)
      try judge(whole, "nothing")
      Soak.say("another one: what differs between them is no operator's fault")
      try judge(try await CrashLife.run(on: cluster, dying: nil, as: whole), "nothing")
      for death in Death.allCases {
        Soak.say("death: \(death.rawValue)")
        try judge(try await CrashLife.run(on: cluster, dying: death, as: whole), death.rawValue)
      }
    }
  }

  private func judge(_ life: CrashLife.Account, _ name: String) throws {
    for complaint in life.complaints {
      Issue.record("\(name): \(complaint)")
      Soak.say("  COMPLAINT: \(complaint)")
    }
    // What was made, by name: twice is doubled, also where it was deleted between. (What else a model owns may be made once
    // more by an operator that does not know yet that the model is gone; it goes with it.)
    let made = life.writes.filter { $0.code == 201 && $0.isOfObject }.map(\.object)
    let counts = Dictionary(grouping: made) { $0 }.mapValues(\.count)
    for (object, count) in counts.sorted(by: { $0.key < $1.key }) where count > 1 {
      let isUnique = ["jobs/", "modelversions/", "events/"].contains { object.hasPrefix($0) }
      if isUnique { Issue.record("\(name): \(object) was made \(count) times") }
      Soak.say("  \(object) was made \(count) times")
    }
    let effective = life.writes.filter { ($0.code ?? 500) < 300 }.count
    let refused = life.writes.filter { ($0.code ?? 0) >= 300 }
    Soak.say(
      "\(name): \(life.seconds.short) s, \(life.writes.count) writes, \(effective) of them took effect, "
        + "\(refused.count) were refused, \(life.deaths) deaths; \(counts.count) objects were made; "
        + "\(life.complaints.count) complaints")
    let kinds = Dictionary(grouping: made) { String($0.prefix { $0 != "/" }) }.mapValues(\.count)
    Soak.say("  made: " + kinds.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", "))
    let refusals = Dictionary(grouping: refused) { "\($0.code ?? 0) for \($0.request)" }.mapValues(\.count)
    for (refusal, count) in refusals.sorted(by: { $0.key < $1.key }) {
      Soak.say("  refused \(count) times: \(refusal)")
    }
  }
}

extension PassedWrite {
  /// Not of a subresource.
  fileprivate var isOfObject: Bool { object.split(separator: "/").count == 2 }
}
