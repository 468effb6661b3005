import Foundation
import KubernetesModel
import TestSupport
import Testing

/// Many models in every state that lasts, and nobody who wants anything but now and then.
@Suite("Nothing is written without a cause", .enabled(if: Soak.name == "steady" && Cluster.isThere))
struct SteadyStateTests {
  @Test("with a thousand models, for ten minutes", .timeLimit(.minutes(120)))
  func steady() async throws {
    let stage = try await Stage.open("steady")
    try await SteadyState(stage).run()
    await stage.close()
  }
}

/// One run.
private actor SteadyState {
  private let stage: Stage
  private let population: Population
  private var trail: AuditTrail

  init(_ stage: Stage) throws {
    self.stage = stage
    population = Population(models: Soak.models, on: stage.cluster.kind)
    trail = try #require(AuditTrail(stage.cluster), "the cluster writes no audit log")
  }

  private static var now: Timestamp { Timestamp(secondsSince1970: Date.now.timeIntervalSince1970) }

  func run() async throws {
    Soak.say("\(population.sentence)")
    try SmallModel.placeRows(on: stage)
    let begun = ContinuousClock.now
    for batch in population.members.chunked(by: 50) {
      try await stage.kubectl(
        "create", "-f", "-", input: batch.map { $0.manifest }.joined(separator: "---\n"))
    }
    Soak.say("all are created after \((begun.duration(to: .now) / .seconds(1)).short) s")
    try await settle()
    Soak.say("all are settled after \((begun.duration(to: .now) / .seconds(1)).short) s")
    let start = Self.now
    let before = OperatorFigures.current(of: stage.cluster)
    let causes = try await edit(since: start)
    let after = OperatorFigures.current(of: stage.cluster)
    try judge(since: start, causes)
    Soak.say(
      "the operator used \((after.processorSeconds - before.processorSeconds).short) s of processor time; "
        + "resident memory \(before.residentMegabytes.short) MB before, \(after.residentMegabytes.short) MB after")
  }

  /// Every model says what it is meant to say, and the operator has been silent for a while.
  private func settle() async throws {
    var last = ""
    _ = try await eventually("every model is settled", within: .seconds(5400), every: .seconds(5)) {
      () async throws -> Bool? in
      let waiting = try await unsettled()
      let text =
        "\(waiting.count) of \(population.members.count) are not settled\(waiting.first.map { ", such as \($0)" } ?? "")"
      if text != last { Soak.say(text) }
      last = text
      return waiting.isEmpty ? true : nil
    }
    _ = try await eventually("the operator has nothing to write", within: .seconds(600), every: .seconds(5)) {
      try trail.refresh()
      let lately = Self.now.advanced(bySeconds: -45)
      return trail.writes(since: lately).contains { $0.isOperators && !$0.isLease } ? nil : true
    }
  }

  /// As a table: a thousand whole objects each few seconds would be work of their own.
  private func unsettled() async throws -> [String] {
    let columns =
      "N:.metadata.name,G:.metadata.generation,O:.status.observedGeneration,"
      + #"R:.status.conditions[?(@.type=="Ready")].reason"#
    let models = try await stage.kubectl("get", "md", "--no-headers", "-o", "custom-columns=\(columns)").text
    let policies = try await stage.kubectl("get", "mp", "--no-headers", "-o", "custom-columns=\(columns)").text
    func rows(_ text: String) -> [String: [Substring]] {
      Dictionary(
        text.split(separator: "\n").map { $0.split(separator: " ", omittingEmptySubsequences: true) }
          .compactMap { row in row.first.map { (String($0), row) } }, uniquingKeysWith: { $1 })
    }
    let (modelRows, policyRows) = (rows(models), rows(policies))
    return population.members.compactMap { member in
      guard let row = modelRows[member.name], row.count == 4, row[1] == row[2], row[3] == member.state.reason else {
        return "\(member.name) \(modelRows[member.name]?.joined(separator: " ") ?? "")"
      }
      guard let policy = policyRows[member.name], policy.count == 4, policy[1] == policy[2] else {
        return "policy \(member.name)"
      }
      return nil
    }
  }

  /// A person changes one model about each minute; returns what was changed when.
  private func edit(since start: Timestamp) async throws -> [Cause] {
    var random = SeededGenerator(seed: Soak.seed)
    var causes: [Cause] = []
    let seconds = Soak.duration / .seconds(1)
    var next = 30.0
    while Self.now.seconds(since: start) < seconds {
      let due = min(next, seconds)
      _ = try await eventually("time for an edit", within: .seconds(120), every: .seconds(1)) {
        Self.now.seconds(since: start) >= due ? true : nil
      }
      guard due < seconds - 30 else { continue }
      next += Double.random(in: 40...80, using: &random)
      guard let member = population.members.filter({ $0.state == .refused }).randomElement(using: &random) else {
        continue
      }
      causes.append(Cause(name: member.name, at: Self.now))
      try await stage.apply(Typo(name: member.name, number: 50 + causes.count % 40).model)
    }
    return causes
  }

  private func judge(since start: Timestamp, _ causes: [Cause]) throws {
    try trail.refresh()
    let writes = trail.writes(since: start)
    let own = writes.filter { $0.isOperators && !$0.isLease }
    let uncaused = own.filter { write in !causes.contains { $0.explains(write) } && !population.explains(write) }
    for write in uncaused.prefix(20) { Issue.record("no cause: \(write.sentence)") }
    #expect(uncaused.isEmpty, "\(uncaused.count) writes without a cause")
    for cause in causes {
      #expect(own.contains { cause.explains($0) }, "the edit of \(cause.name) is answered")
    }
    let leases = writes.filter { $0.isOperators && $0.isLease }.count
    let checks = own.filter { population.explains($0) }.count
    Soak.say(
      "in \(Soak.duration): \(own.count) writes of the operator (and \(leases) renewals of its lease): "
        + "\(own.count - checks - uncaused.count) for \(causes.count) edits, \(checks) for scheduled checks, "
        + "\(uncaused.count) without a cause")
    let others = Dictionary(grouping: writes.filter { !$0.isOperators }) {
      "\($0.actor) \($0.objectRef?.resource ?? "")"
    }
    for (who, theirs) in others.sorted(by: { $0.value.count > $1.value.count }).prefix(12) {
      Soak.say("others: \(theirs.count) of \(who)")
    }
  }
}

/// An edit of a person.
private struct Cause {
  var name: String
  var at: Timestamp

  /// Its status and Events, within a quarter of a minute.
  func explains(_ write: AuditEntry) -> Bool {
    let object = write.objectRef?.name ?? ""
    let delay = write.answered.seconds(since: at)
    return (object == name || object.hasPrefix("\(name).")) && (0...15).contains(delay)
  }
}

extension AuditEntry {
  /// The local cluster has no users, so the operator is known by how it names itself.
  fileprivate var isOperators: Bool { userAgent?.hasPrefix("apus-operator/") == true }
}

extension Array {
  fileprivate func chunked(by size: Int) -> [ArraySlice<Element>] {
    stride(from: 0, to: count, by: size).map { self[$0..<Swift.min($0 + size, count)] }
  }
}
