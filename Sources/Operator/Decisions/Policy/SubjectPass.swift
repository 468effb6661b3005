package import ApusAPI
import KubernetesModel
package import WorkerContract

/// What is watched: the model, its version in production, and what is known of them.
///
/// A model's name may be given again. What a policy knows is about one model, by its UID, and says nothing about the next one of
/// that name.
struct SubjectPass: PolicyPass {
  @Shared var observed: PolicyObservation
  var effects = Effects()
  /// The status, without what was found about a model that is no more.
  private(set) var status: MonitoringPolicyStatus
  /// The version in production.
  let production: Registry.Entry?

  init(_ observed: PolicyObservation) {
    _observed = Shared(wrappedValue: observed)
    status = observed.policy.status
    production = Registry(observed.versions, now: observed.now).production
    guard let model = observed.model, let uid = model.metadata.uid else { return }
    defer { status.modelUID = uid }
    guard let known = status.modelUID, known != uid else { return }
    let message = "\(spec.modelRef.name) is another model than the one that was watched (UID \(known)): not checked yet"
    for type in [ConditionType.healthy, .driftDetected, .qualityPassed, .performanceOK] {
      status.set(type, .unknown, Reason.notCheckedYet.rawValue, message, of: observed)
    }
    status.drift = nil
    status.quality = nil
    status.performance = nil
    status.lastCheck = nil
    status.lastCheckTime = nil
    status.history = []
    status.runningCheck = nil
    status.blocker = nil
    status.retraining = .init()
    status.alerting.last = []
  }

  /// When the version in production arrived there. A time that lies ahead was written by a clock that was wrong.
  var arrival: Timestamp? { production?.lastProduction.flatMap { $0 <= now ? $0 : nil } }

  /// That what is served cannot be checked; nil where it can, or nothing is served.
  var orphanNote: String? {
    guard production == nil, let entry = observed.model?.status.traffic.first(where: { $0.role == .production }) else {
      return nil
    }
    return "\(entry.version) is served, but its ModelVersion is not there, so it cannot be checked; "
      + "the condition Ready of ModelDeployment \(spec.modelRef.name) says what to do"
  }

  /// Whether a check says something about this version as it serves now: a model that was made anew counts its versions
  /// anew, and a version that has come back finds other data.
  func isAbout(_ record: MonitoringPolicyStatus.CheckRecord, _ production: Registry.Entry) -> Bool {
    record.version == production.version && record.time >= arrival ?? .distantPast
  }
}

extension PolicyObservation {
  /// A check starts after the model it is about was made.
  func isOfAnotherModel(_ job: WorkerJob) -> Bool {
    guard let created = model?.metadata.creationTimestamp else { return false }
    return job.createdAt < created
  }
}

extension ModelDeployment {
  /// Which model of its name it is.
  package var identity: ModelIdentity? {
    metadata.uid.map { ModelIdentity(uid: $0, created: metadata.creationTimestamp?.description) }
  }
}
