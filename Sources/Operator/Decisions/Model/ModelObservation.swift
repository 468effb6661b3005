package import ApusAPI
package import KubernetesModel
package import WorkerContract

/// All that one decision about a ModelDeployment needs, the time included.
package struct ModelObservation: Sendable {
  /// In whole seconds, which is all that a status can hold.
  package var now: Timestamp
  /// The same with its fraction: what is announced keeps its order.
  package var moment: Timestamp
  package var model: ModelDeployment
  package var settings: OperatorSettings
  /// The training Jobs that this model owns.
  package var jobs: [WorkerJob]
  package var runConfigurations: [RunConfiguration]
  package var versions: [ModelVersion]
  /// The table in the ConfigMap that the pods mount.
  package var routing: RoutingTable?
  package var pods: [ServerPod]
  /// The servers' Deployment; nil where there is none.
  package var deployment: DeploymentView?
  /// Routing revision that a pod (by UID) has confirmed with the right digests.
  package var confirmations: [String: Int]
  /// Why a pod (by UID) has not taken the table that it was told, in the server's words.
  package var refusals: [String: String]
  /// The revision that a pod (by UID) serves in place of the one it was told, where it said so.
  package var otherTables: [String: Int] = [:]
  /// The document with the public keys of this process, for the pods; nil: it has none.
  package var operatorKeys: String?
  /// False where the operator may not write NetworkPolicies.
  package var canRestrictNetwork = true
  /// Requests of the policies that watch this model, by the policy's name.
  package var retrainingRequests: [String: MonitoringPolicyStatus.RetrainingStatus.Request]
  /// Names of the policies that are there, whatever they say; nil where nobody has looked.
  package var policies: Set<String>?
  package var claimExists: Bool
  package var canAutoscale: Bool
  /// The autoscaler that this model owns; looked for where the spec may have just lost it.
  package var autoscalerUID: String?
  /// The highest number of a version or run of this model's name that this model does not own: what a model that was deleted
  /// has left.
  package var highestForeignNumber: Int
  /// Digests of files that versions of other models have; looked for where files may be given up.
  package var foreignDigests: Set<String>
  /// Objects that have a name the operator needs but belong to somebody else: `Deployment income`.
  package var foreign: [String]
  /// What is wrong with the Secrets that the servers need, as sentences.
  package var secretProblems: [String]
  /// That the operator may not read these Secrets, and the command that allows it: what is wrong with them is not known then.
  package var secretsRefusal: String?
  /// The same where pods cannot be told a table for it: those that speak TLS are known by the certificate of their Secret.
  package var pushRefusal: String? { model.spec.serving.security?.tlsSecretRef == nil ? nil : secretsRefusal }
  /// Of the Secrets that need it (`SecretConsent`), those that say that models may read them.
  package var labelledSecrets: Set<String>
  /// That the operator may not look for that word at these Secrets, and the command that allows it.
  package var labelsRefusal: String?
  /// What an earlier model of this name has left is just being removed: files with the same content could be among it.
  package var predecessorIsBeingRemoved = false

  package init(
    now: Timestamp, model: ModelDeployment, settings: OperatorSettings, jobs: [WorkerJob] = [],
    runConfigurations: [RunConfiguration] = [], versions: [ModelVersion] = [], routing: RoutingTable? = nil,
    pods: [ServerPod] = [], deployment: DeploymentView? = nil,
    confirmations: [String: Int] = [:], refusals: [String: String] = [:],
    retrainingRequests: [String: MonitoringPolicyStatus.RetrainingStatus.Request] = [:],
    policies: Set<String>? = nil, claimExists: Bool = false,
    canAutoscale: Bool = true, autoscalerUID: String? = nil, highestForeignNumber: Int = 0,
    foreignDigests: Set<String> = [], foreign: [String] = [],
    secretProblems: [String] = [], secretsRefusal: String? = nil, labelledSecrets: Set<String> = [],
    labelsRefusal: String? = nil
  ) {
    self.now = now.wholeSeconds
    moment = now
    self.model = model
    self.settings = settings
    self.jobs = jobs
    self.runConfigurations = runConfigurations
    self.versions = versions
    self.routing = routing
    self.pods = pods
    self.deployment = deployment
    self.confirmations = confirmations
    self.refusals = refusals
    self.retrainingRequests = retrainingRequests
    self.policies = policies
    self.claimExists = claimExists
    self.canAutoscale = canAutoscale
    self.autoscalerUID = autoscalerUID
    self.highestForeignNumber = highestForeignNumber
    self.foreignDigests = foreignDigests
    self.foreign = foreign
    self.secretProblems = secretProblems
    self.secretsRefusal = secretsRefusal
    self.labelledSecrets = labelledSecrets
    self.labelsRefusal = labelsRefusal
  }
}

/// A pod of the servers.
package struct ServerPod: Sendable, Equatable {
  package var name: String
  /// Another one after each start of the server.
  package var uid: String
  package var address: String?
  package var isReady: Bool
  /// Whether its port for the operator speaks TLS.
  package var isEncrypted: Bool
  /// Why it cannot start.
  package var trouble: PodTrouble?
  /// The pod itself where it does not start and nothing says why.
  package var silent: SilentObject?
  /// Since when its server runs; nil while it does not.
  package var runningSince: Timestamp?

  package init(
    name: String, uid: String, address: String?, isReady: Bool, isEncrypted: Bool = false, trouble: PodTrouble? = nil,
    silent: SilentObject? = nil, runningSince: Timestamp? = nil
  ) {
    self.name = name
    self.uid = uid
    self.address = address
    self.isReady = isReady
    self.isEncrypted = isEncrypted
    self.trouble = trouble
    self.silent = silent
    self.runningSince = runningSince
  }

  /// Takes up what Events say about it.
  package mutating func learn(_ warnings: [ClusterWarning]) {
    if let silent { trouble = PodTrouble(silent, warnings) }
  }
}

/// The writes that bring a ModelDeployment to its desired state, in the order of the members. From the state that any prefix of
/// them leaves, the next decision arrives at the same end.
package struct ModelDecision: Sendable, Equatable {
  package var apply: [DesiredObject] = []
  /// New states of ModelVersions; the versions in `apply` come first.
  package var versionStatuses: [VersionStatus] = []
  /// Of ModelVersions, by `spec.deletion`.
  package var finalizers: [FinalizerChange] = []
  /// Jobs that must not try again: parallelism and backoffLimit are set to 0, pods and their logs stay.
  package var stop: [Removal] = []
  package var remove: [Removal] = []
  package var status: ModelDeploymentStatus
  package var pushes: [RoutingPush] = []
  /// The table for the pods that have confirmed it: now and then they are asked whether they still serve it.
  package var reminders: [RoutingPush] = []
  package var announcements: [Announcement] = []
  /// Seconds; nil: only a change calls for another look.
  package var requeueAfter: Double?
  package var facts = Facts()

  /// What metrics count of a decision that was carried out.
  package struct Facts: Sendable, Equatable {
    /// Ends of trainings that it records.
    package var trainings: [ModelDeploymentStatus.TrainingStatus.State] = []
    /// Whether another version is in production than before.
    package var isPromotion = false
  }

  /// Whether something is done that the next decision finds done, and announces no more: what is announced is written
  /// down before.
  package var hasEffects: Bool {
    !versionStatuses.isEmpty
      || apply.contains { $0.resource == Resource.jobs || $0.resource == ApusGroup.modelVersions }
  }

  /// Names of the Jobs whose runs it registers.
  package var registeredRuns: Set<String> {
    Set(apply.filter { $0.resource == ApusGroup.modelVersions }.compactMap { $0.manifest[path: "spec", "job"]?.string })
  }

  /// The Events that are still right where the decision was carried out no further than the registration of these runs: those
  /// that were pending before, and how the runs ended.
  package func outbox(after runs: Set<String>) -> [PendingEvent] {
    var outbox = status.outbox
    outbox.withdraw(announcements.filter { $0.regarding.map { !runs.contains($0) } ?? true })
    return outbox
  }

  /// Whether there is nothing to be written or told, nor a person to be waited for. What is to be applied is there already or
  /// is seen to be missing.
  package func leavesNothing(of observed: ModelObservation) -> Bool {
    status == observed.model.status && status.outbox.isEmpty && versionStatuses.isEmpty && finalizers.isEmpty
      && stop.isEmpty && remove.isEmpty && pushes.isEmpty && !status.conditions.isTrue(ConditionType.stalled.rawValue)
  }

  package struct FinalizerChange: Sendable, Equatable {
    /// Name of the ModelVersion.
    package var version: String
    package var isSet: Bool
  }

  package struct VersionStatus: Sendable, Equatable {
    package var name: String
    package var status: ModelVersionStatus
  }
}
