package import KubernetesModel
package import WorkerContract

/// One trained version: written once by the operator when a run has ended, never changed but in its status.
package struct ModelVersionSpec: Codable, Sendable, Equatable {
  package var modelRef: MonitoringPolicySpec.ModelReference
  /// `v3`
  package var version: String
  package var number: Int
  package var job: String
  package var trigger: ModelDeploymentStatus.Trigger
  package var trainedAt: Timestamp?
  /// Digest of the spec it was trained from.
  package var trainingInput: String
  /// nil when the run failed.
  package var artifact: ArtifactReference?
  package var result: TrainingResult?
  package var failure: RunFailure?
}

package struct ModelVersionStatus: Codable, Sendable, Equatable {
  package var observedGeneration: Int?
  package var conditions: [Condition]
  package var stage: Stage
  /// Why it is in that stage, in a few words: `better by 0.0041 rocAUC`.
  package var reason: String?
  package var gates: [GateResult]
  /// Oldest first: the audit trail.
  package var history: [Transition]

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

  package struct GateResult: Codable, Sendable, Equatable {
    /// minimumAccuracy, minimumF1, minimumROCAUC, againstProduction, segment:<feature>, approval
    package var gate: String
    package var passed: Bool
    package var value: Double?
    package var limit: Double?
    package var message: String
  }

  package struct Transition: Codable, Sendable, Equatable {
    package var from: Stage?
    package var to: Stage
    package var at: Timestamp
    /// `operator`, or what a person did: `annotation apus.dev/approve`, `spec.serving.version`.
    package var by: String
    package var reason: String
  }
}
