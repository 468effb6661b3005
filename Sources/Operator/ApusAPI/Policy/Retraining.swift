import KubernetesModel
package import WorkerContract

extension MonitoringPolicySpec {
  package struct Retraining: Codable, Sendable, Equatable {
    package var on: [Trigger]
    package var debounce: Debounce
    /// No retraining for this long after one was requested.
    package var cooldown: TimeSpan
    package var dailyLimit: Int
    /// Decide and say so, but do not train.
    package var dryRun: Bool

    /// Written as `triggers`: YAML 1.1 takes the unquoted key `on` for true.
    private enum CodingKeys: String, CodingKey {
      case on = "triggers"
      case debounce, cooldown, dailyLimit, dryRun
    }

    package enum Trigger: String, Codable, Sendable, CaseIterable {
      case criticalDrift = "CriticalDrift"
      case qualityFailure = "QualityFailure"
      case performanceLoss = "PerformanceLoss"
    }

    /// `failures` of the last `of` conclusive checks must have triggered.
    package struct Debounce: Codable, Sendable, Equatable {
      package var failures: Int
      package var of: Int
    }
  }
}

extension MonitoringPolicySpec.Retraining: SchemaDescribed {
  package static let schema = Schema.object(
    "When the operator retrains on its own.",
    [
      // YAML 1.1, which kubectl reads, takes the unquoted key `on` for true; both arrive here.
      .optional(
        "triggers", aliases: ["on", "true"],
        .list(
          "What may start a training; all three where absent, nothing where empty.",
          of: .enumeration(Trigger.self, "A trigger."), maximum: 3, type: .set
        ).implying(.array(Trigger.allCases.map { .string($0.rawValue) }))),
      .optional("debounce", Debounce.schema.with(default: [:])),
      .optional("cooldown", .timeSpan("No retraining for this long after one was requested.", default: "12h")),
      .optional("dailyLimit", .integer("Most retrainings in 24 hours.", minimum: 0, maximum: 1000, default: 2)),
      .optional("dryRun", .boolean("Decide and say so, but do not train.", default: false)),
    ])
}

extension MonitoringPolicySpec.Retraining.Debounce: SchemaDescribed {
  package static let schema = Schema.object(
    "How many of the latest conclusive checks must have triggered before the operator retrains.",
    [
      .optional("failures", .integer("How many of them must have triggered.", minimum: 1, maximum: 10, default: 2)),
      .optional("of", .integer("How many of the latest checks count.", minimum: 1, maximum: 10, default: 3)),
    ],
    rules: [.init("self.failures <= self.of", "failures is above of: it could never fire", fieldPath: ".failures")])
}

extension MonitoringPolicySpec.Retraining {
  func problems(at path: String) -> [Problem] {
    var found = cooldown.problems(at: "\(path).cooldown", allowsZero: true)
    if debounce.failures < 1 || debounce.failures > debounce.of {
      found.append(
        Problem(
          "\(path).debounce.failures", "\(debounce.failures) of \(debounce.of) can never fire",
          mend: "write at least 1 and at most of"))
    }
    if debounce.of > 10 {
      found.append(
        Problem("\(path).debounce.of", "\(debounce.of) is more than is remembered", mend: "write at most 10"))
    }
    if Set(on).count < on.count {
      found.append(Problem("\(path).triggers", "names a trigger twice", mend: "remove one of the two"))
    }
    return found
  }
}
