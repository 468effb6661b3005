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
  /// Of `result`, rounded to three decimals: a column of `kubectl get`, which shows numbers as they are.
  package var accuracy: Double?
  /// Of `result`, rounded likewise.
  package var rocAUC: Double?

  package init(
    modelRef: MonitoringPolicySpec.ModelReference, version: String, number: Int, job: String,
    trigger: ModelDeploymentStatus.Trigger, trainedAt: Timestamp? = nil, trainingInput: String,
    artifact: ArtifactReference? = nil, result: TrainingResult? = nil, failure: RunFailure? = nil
  ) {
    self.modelRef = modelRef
    self.version = version
    self.number = number
    self.job = job
    self.trigger = trigger
    self.trainedAt = trainedAt
    self.trainingInput = trainingInput
    self.artifact = artifact
    self.result = result
    self.failure = failure
    accuracy = result?.metrics.accuracy.rounded(toDecimals: 3)
    rocAUC = result?.metrics.rocAUC?.rounded(toDecimals: 3)
  }
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

  package struct GateResult: Codable, Sendable, Equatable {
    package var gate: GateName
    package var passed: Bool
    package var value: Double?
    package var limit: Double?
    /// True: not passed, and not refused either; the version waits for a person.
    package var held: Bool?
    /// Why it was not passed; nil: by its value, or written by release 0.1.0.
    package var cause: Cause?
    package var message: String

    package init(
      gate: GateName, passed: Bool, value: Double? = nil, limit: Double? = nil, held: Bool? = nil, cause: Cause? = nil,
      message: String
    ) {
      self.held = held
      self.cause = cause
      self.gate = gate
      self.passed = passed
      self.value = value
      self.limit = limit
      self.message = message
    }

    /// Why a gate has no value to judge by.
    package enum Cause: String, Codable, Sendable, CaseIterable {
      case metricUndefined = "MetricUndefined"
      /// Another version is in production than it was compared with.
      case otherChampion = "OtherChampion"
      /// The schemas are too different.
      case incomparable = "Incomparable"
      case notCompared = "NotCompared"
      /// The rules ask for another metric than it was compared by.
      case otherMetric = "OtherMetric"
      case otherConfidence = "OtherConfidence"
      /// The segments were not measured in its training.
      case notMeasured = "NotMeasured"
    }
  }

  package struct Transition: Codable, Sendable, Equatable {
    package var from: Stage?
    package var to: Stage
    package var at: Timestamp
    /// For people: `operator`, or what a person did: `annotation apus.dev/approve`, `spec.serving.version`.
    package var by: String
    package var reason: String
    /// nil: written by release 0.1.0, which said it in `by` only.
    private var actor: Actor?
    /// The step of the rollout that it began, from 1; nil: none, or written by release 0.1.0.
    package var step: Int?

    package init(
      from: Stage? = nil, to: Stage, at: Timestamp, by actor: Actor, reason: String, step: Int? = nil
    ) {
      self.from = from
      self.to = to
      self.at = at
      self.by = actor.text
      self.reason = reason
      self.actor = actor
      self.step = step
    }

    /// Who moved the version. The words of release 0.1.0 are read here and nowhere else, until release 0.3.0: by then the
    /// operator has come by every version that waits or serves.
    package var mover: Actor { actor ?? Actor.allCases.first { $0.text == by } ?? .operator }
  }

  /// Who moves a version.
  package enum Actor: String, Codable, Sendable, CaseIterable {
    case `operator` = "Operator"
    case pin = "Pin"
    case approval = "Approval"
    case force = "Force"

    /// As the history says it.
    package var text: String {
      switch self {
      case .operator: "operator"
      case .pin: "spec.serving.version"
      case .approval: "annotation \(ApusAnnotations.approve)"
      case .force: "annotation \(ApusAnnotations.forcePromote)"
      }
    }
  }
}

extension Double {
  /// For what people read: 0.8727 becomes 0.873. Decisions use the exact value.
  package func rounded(toDecimals count: Int) -> Double {
    var scale = 1.0
    for _ in 0..<count { scale *= 10 }
    return (self * scale).rounded() / scale
  }
}
