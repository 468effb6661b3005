package import KubernetesModel
import WorkerContract

/// Where the rollout of a version stands.
package struct RolloutStatus: Codable, Sendable, Equatable {
  /// The version that takes over step by step.
  package var version: String
  package var phase: Phase
  /// The current step of `spec.promotion.rollout.steps`, counted from 1.
  package var step: Int
  /// When that step began.
  package var since: Timestamp

  package init(version: String, phase: Phase, step: Int, since: Timestamp) {
    self.version = version
    self.phase = phase
    self.step = step
    self.since = since
  }

  package enum Phase: String, Codable, Sendable, CaseIterable {
    /// The version gets the share of the requests that its step says.
    case weighted = "Weighted"
  }
}

extension RolloutStatus: SchemaDescribed {
  package static let schema = Schema.object(
    "The rollout in progress; absent when there is none.",
    [
      .required("version", .version("The version that is rolled out.")),
      .required(
        "phase", .enumeration(Phase.self, "Weighted: the version gets the share of requests that its step gives it.")),
      .required("step", .integer("The current step of spec.promotion.rollout.steps, counted from 1.", minimum: 1)),
      .required("since", .timestamp("When the step began.")),
    ])
}
