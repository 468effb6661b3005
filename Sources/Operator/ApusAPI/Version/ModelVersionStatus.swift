package import KubernetesModel

package struct ModelVersionStatus: Codable, Sendable, Equatable {
  package var observedGeneration: Int?
  package var conditions: [Condition]
  package var stage: Stage
  /// Why it is in that stage, in a few words: `better by 0.0041 rocAUC`.
  package var reason: String?
  package var gates: [GateResult]
  /// Oldest first: the audit trail.
  package var history: [Transition]
  package var files: Files
  /// Digest of the gates' rules that judged it. nil: it was not judged, or by a release that did not say.
  package var judgedBy: String?

  package init(
    observedGeneration: Int? = nil, conditions: [Condition] = [], stage: Stage = .candidate, reason: String? = nil,
    gates: [GateResult] = [], history: [Transition] = [], files: Files = .kept, judgedBy: String? = nil
  ) {
    self.judgedBy = judgedBy
    self.observedGeneration = observedGeneration
    self.conditions = conditions
    self.stage = stage
    self.reason = reason
    self.gates = gates
    self.history = history
    self.files = files
  }

  /// What became of the version's files, by `promotion.keep`. There is no way back.
  package enum Files: String, Codable, Sendable, CaseIterable {
    case kept = "Kept"
    /// Given up: never served again; the next training removes them.
    case retired = "Retired"
    case removed = "Removed"
  }

  package enum Stage: String, Codable, Sendable, CaseIterable {
    /// Trained, not judged yet.
    case candidate = "Candidate"
    /// Passed its gates, waits for approval.
    case awaitingApproval = "AwaitingApproval"
    case canary = "Canary"
    case production = "Production"
    case archived = "Archived"
    case rejected = "Rejected"
    case failed = "Failed"
    case quarantined = "Quarantined"
  }
}

extension ModelVersionStatus: SchemaDescribed {
  package static let schema = Schema.object(
    "Where the version stands.",
    [
      .optional("observedGeneration", .observedGeneration),
      .optional("conditions", .conditions),
      .optional("stage", .enumeration(Stage.self, "Its place in the life of a version.").implying("Candidate")),
      .optional("reason", .string("Why it is in that stage.", maximum: 1024)),
      .optional("gates", .list("What the gates said.", of: GateResult.schema, maximum: 128).implying([])),
      .optional(
        "history", .list("The audit trail, oldest first.", of: Transition.schema, maximum: 1000).implying([])),
      .optional(
        "files",
        .enumeration(
          Files.self, "Kept; Retired: given up by promotion.keep, removed by the next training; Removed."
        )
        .implying("Kept")),
      .optional("judgedBy", .string("Digest of the gates' rules that judged it.", maximum: 128)),
    ])
}
