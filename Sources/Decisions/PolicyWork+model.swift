package import ApusAPI
import KubernetesModel
package import WorkerContract

/// A model's name may be given again. What a policy knows is about one model, by its UID, and says nothing about the next one of
/// that name.
extension PolicyWork {
  /// Forgets what was found about a model that is no more.
  mutating func meetModel() {
    guard let model = observed.model, let uid = model.metadata.uid else { return }
    defer { status.modelUID = uid }
    guard let known = status.modelUID, known != uid else { return }
    let message = "\(spec.modelRef.name) is another model than the one that was watched (UID \(known)): not checked yet"
    for type in [ConditionType.healthy, .driftDetected, .qualityPassed, .performanceOK] {
      set(type, .unknown, .notCheckedYet, message)
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
    checks = observed.checks(status)
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
