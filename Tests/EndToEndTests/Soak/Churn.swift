import Foundation
import KubernetesModel
import Synchronization
import TestSupport
import Testing

/// People at work: models are made, changed, retrained and deleted all the time, so that there is always something to
/// write. What was asked for last is remembered, to be compared with what became of it.
struct Churn {
  private static let typos = 12
  private static let smallNames = ["small-0", "small-1", "small-2"]

  let stage: Stage
  private var random: SeededGenerator
  private var round = 0
  /// Wanted: the number that each model's schedule has now.
  private var numbers: [String: Int] = [:]
  /// Made and not deleted yet, oldest first.
  private var brief: [String] = []
  private var gracePeriods: [String: Int] = [:]
  /// How often each small model was to be trained beyond its first time.
  private var retrainings: [String: Int] = [:]

  private(set) var edits = 0

  init(_ stage: Stage, seed: UInt64) {
    self.stage = stage
    random = SeededGenerator(seed: seed)
  }

  /// Models that are really trained; only one is served, to leave the processor to the operators.
  mutating func begin() async throws {
    try SmallModel.placeRows(on: stage)
    for name in Self.smallNames {
      try await stage.apply(small(name) + "---\n" + SmallPolicy(model: name).policy)
    }
    for name in Self.smallNames {
      try await stage.wait(for: "\(name) is trained", "md", name, within: .seconds(180)) {
        $0[path: "status", "version"]?.string
      }
    }
  }

  private func small(_ name: String) -> String {
    SmallModel(name: name, replicas: name == "small-0" ? 1 : 0, gracePeriod: gracePeriods[name] ?? 5).model
  }

  /// One round of work.
  mutating func go() async throws {
    round += 1
    var changed = (0..<Self.typos).shuffled(using: &random).prefix(4).map { "typo-\($0)" }
    if round % 3 == 0 {
      let name = "brief-\(round)"
      brief.append(name)
      changed.append(name)
    }
    for name in changed { numbers[name] = Int.random(in: 24...99, using: &random) }
    let documents = changed.map { Typo(name: $0, number: numbers[$0] ?? 24).model }
    try await stage.apply(documents.joined(separator: "---\n"))
    edits += changed.count
    if brief.count > 3 {
      let name = brief.removeFirst()
      numbers[name] = nil
      try await stage.kubectl("delete", "md", name, "--wait=false")
      edits += 1
    }
    if round % 20 == 10 {
      gracePeriods["small-0", default: 5] += 1
      try await stage.apply(small("small-0"))
      edits += 1
    }
    if round % 15 == 7 { try await retrain(Self.smallNames[Int.random(in: 0..<3, using: &random)]) }
  }

  /// Unless it is being trained.
  private mutating func retrain(_ name: String) async throws {
    let status = try await stage.get("md", name)?["status"]
    let count = retrainings[name] ?? 0
    let handled = status?[path: "handled", "retrainRequest"]?.string
    guard status?[path: "training", "state"]?.string != "Running", count == 0 || handled == "\(count)" else { return }
    retrainings[name] = count + 1
    try await stage.annotate("md", name, "apus.dev/retrain-requested-at=\(count + 1)")
    edits += 1
  }

  /// Everything that was asked for is there, once, and nothing else.
  func expectOutcome() async throws {
    _ = try await eventually("every edit is answered", within: .seconds(180), every: .seconds(1)) {
      () async throws -> Bool? in try await unanswered().isEmpty ? true : nil
    }
    #expect(try await unanswered() == [])
    let models = Set(try await stage.list("md").compactMap { $0[path: "metadata", "name"]?.string })
    #expect(models == Set(numbers.keys).union(Self.smallNames))
    for name in Self.smallNames {
      let versions = try await stage.list("mv", selector: "apus.dev/model=\(name)")
        .compactMap { $0[path: "metadata", "name"]?.string }
      let wanted = (1...(1 + (retrainings[name] ?? 0))).map { "\(name)-v\($0)" }
      #expect(versions.sorted() == wanted.sorted(), "each training gave one version")
      let production = try await stage.list("mv", selector: "apus.dev/model=\(name)").filter {
        $0[path: "status", "stage"]?.string == "Production"
      }
      #expect(production.count == 1)
    }
    // Nothing of a model that is gone is left.
    for resource in ["jobs", "deployments", "configmaps", "services"] {
      let owners = try await stage.list(resource, selector: "apus.dev/model")
        .compactMap { $0[path: "metadata", "labels", "apus.dev/model"]?.string }
      #expect(Set(owners).isSubset(of: models), "\(resource)")
    }
  }

  private func unanswered() async throws -> [String] {
    var waiting: [String] = []
    for object in try await stage.list("md") {
      let name = object[path: "metadata", "name"]?.string ?? ""
      let generation = object[path: "metadata", "generation"]?.integer
      let ready = object.condition("Ready")
      var isAnswered = object[path: "status", "observedGeneration"]?.integer == generation
      if let number = numbers[name] {
        isAnswered =
          isAnswered && ready?["reason"]?.string == "InvalidSpec"
          && ready?["message"]?.string?.contains("\(number)") == true
      } else {
        let handled = object[path: "status", "handled", "retrainRequest"]?.string.flatMap { Int($0) } ?? 0
        isAnswered =
          isAnswered && handled == retrainings[name] ?? 0
          && object[path: "status", "training", "state"]?.string != "Running"
        if name == "small-0" { isAnswered = isAnswered && ready?["status"]?.string == "True" }
      }
      if !isAnswered { waiting.append(name) }
    }
    return waiting
  }
}
