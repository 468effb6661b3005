import ApusAPI
import ControllerRuntime
import Decisions
import KubernetesClient
import KubernetesModel
import Logging
import Synchronization

/// Says of a deleted model what it leaves behind: the cluster deletes its objects, and nobody its rows and files.
///
/// A model that goes while no operator is looking is not spoken of.
final class Departures: Sendable {
  private let known = Mutex<[ObjectKey: Known]>([:])
  private let events: any EventSink
  private let artifacts: String
  private let time: TimeSource
  private let logger: Logger

  private struct Known {
    var reference: ObjectReference
    /// The model's data goes with it, and that is said when it happens.
    var isRemoved: Bool
  }

  init(events: any EventSink, settings: OperatorSettings, time: TimeSource, logger: Logger) {
    self.events = events
    artifacts = settings.storage.artifacts
    self.time = time
    self.logger = logger
  }

  /// A model is there. One that had its name before has gone unnoticed.
  func meet(_ key: ObjectKey, _ object: JSONValue) async {
    let uid = object[path: "metadata", "uid"]?.string
    // Its versions carry the finalizer once the status says that this spec was carried out.
    let isRemoved =
      object[path: "spec", "deletion"]?.string == ModelDeploymentSpec.Deletion.delete.rawValue
      && object[path: "status", "observedGeneration"] == object[path: "metadata", "generation"]
    let before = known.withLock { known -> Known? in
      let before = known[key]
      known[key] = Known(reference: object.objectReference, isRemoved: isRemoved)
      return before?.reference.uid == uid ? nil : before
    }
    if let before { await tell(before) }
  }

  /// A model is gone, or going.
  func leave(_ key: ObjectKey) async {
    if let before = known.withLock({ $0.removeValue(forKey: key) }) { await tell(before) }
  }

  private func tell(_ known: Known) async {
    guard !known.isRemoved else { return }
    let model = known.reference
    let message =
      "\(model.name ?? "") was deleted. Its predictions, labels and checks stay in the telemetry store (table models, uid "
      + "\(model.uid ?? "")), the files and reports of its versions in \(artifacts). Another model of this name sees nothing "
      + "of them. docs/deleting.md says how to remove them"
    do {
      try await events.tell(
        PendingEvent(type: .normal, reason: Reason.dataKept.rawValue, message: message, at: MicroTime(time.wall())),
        about: model)
    } catch {
      // In a namespace that is going away no Event can be made, and nobody would read it.
      guard !error.isFarewell else { return }
      logger.warning("an event cannot be written", metadata: ["reason": "DataKept", "error": "\(error)"])
    }
  }
}
