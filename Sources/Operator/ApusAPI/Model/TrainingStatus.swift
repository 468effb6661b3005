package import KubernetesModel
import WorkerContract

extension ModelDeploymentStatus {
  /// The last training run.
  package struct TrainingStatus: Codable, Sendable, Equatable {
    package var job: String
    package var version: String
    package var state: State
    package var trigger: Trigger
    package var startedAt: Timestamp?
    package var finishedAt: Timestamp?
    package var message: String?
    /// What holds it up while it runs.
    package var blocker: Blocker?

    package init(
      job: String, version: String, state: State, trigger: Trigger, startedAt: Timestamp? = nil,
      finishedAt: Timestamp? = nil, message: String? = nil, blocker: Blocker? = nil
    ) {
      self.job = job
      self.version = version
      self.state = state
      self.trigger = trigger
      self.startedAt = startedAt
      self.finishedAt = finishedAt
      self.message = message
      self.blocker = blocker
    }

    package enum State: String, Codable, Sendable, CaseIterable {
      case running = "Running"
      case succeeded = "Succeeded"
      case failed = "Failed"
      /// Ended without a version, as the data has not changed since the last one.
      case unchanged = "Unchanged"
    }
  }

  /// Why a run was started.
  package enum Trigger: String, Codable, Sendable, CaseIterable {
    case firstSight = "FirstSight"
    case specChange = "SpecChange"
    case schedule = "Schedule"
    case request = "Request"
    case monitoring = "Monitoring"
  }
}

extension ModelDeploymentStatus.TrainingStatus: SchemaDescribed {
  package static let schema = Schema.object(
    "The last training run.",
    [
      .required("job", .string("Its Job.")),
      .required("version", .version("The version it makes.")),
      .required("state", .enumeration(State.self, "How it stands.")),
      .required("trigger", .enumeration(ModelDeploymentStatus.Trigger.self, "Why it was started.")),
      .optional("startedAt", .timestamp("When it started.")),
      .optional("finishedAt", .timestamp("When it ended.")),
      .optional("message", .string("What came out, for people.", maximum: 32768)),
      .optional("blocker", Blocker.schema),
    ])
}

extension ModelDeploymentStatus.TrainingStatus {
  package var number: VersionNumber? { VersionNumber(version) }
}
