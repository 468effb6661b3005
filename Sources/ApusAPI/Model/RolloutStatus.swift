package import KubernetesModel
import WorkerContract

/// Where the rollout of a version stands.
package struct RolloutStatus: Codable, Sendable, Equatable {
  /// The version that takes over step by step.
  package var version: String
  package var phase: Phase
  /// Of `spec.promotion.rollout.steps` the one that holds, from 1.
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
    "Where a rollout stands; absent: there is none.",
    [
      .required("version", .version("The version that takes over step by step.")),
      .required("phase", .enumeration(Phase.self, "Weighted: it gets the share of its step.")),
      .required("step", .integer("The step of spec.promotion.rollout.steps that holds, from 1.", minimum: 1)),
      .required("since", .timestamp("When the step began.")),
    ])
}
