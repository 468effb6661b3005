import ApusAPI
import ControllerRuntime
import Decisions
import KubernetesClient
import KubernetesModel
import Logging
import Synchronization

/// Announces what a deleted model leaves behind where its rows and files stay, and remembers what the last spec of each
/// deleted model said about them.
///
/// A model that is deleted while no operator runs is not announced.
final class Departures: Sendable {
  private let known = Mutex<[ObjectKey: Known]>([:])
  private let events: any EventSink
  private let artifacts: String
  private let time: TimeSource
  private let logger: Logger

  private struct Known {
    var reference: ObjectReference
    var deletion: ModelDeploymentSpec.Deletion
  }

  /// What the last spec of a deleted model said, by UID; only of those deleted last.
  private let wishes = Mutex<[(uid: String, deletion: ModelDeploymentSpec.Deletion)]>([])
  private static let limit = 256

  init(events: any EventSink, settings: OperatorSettings, time: TimeSource, logger: Logger) {
    self.events = events
    artifacts = settings.storage.artifacts
    self.time = time
    self.logger = logger
  }

  /// What the last spec said of a model that has gone; nil: this process has not seen it.
  func lastWish(of uid: String) -> ModelDeploymentSpec.Deletion? {
    wishes.withLock { $0.last { $0.uid == uid }?.deletion }
  }

  /// A model is there. Another one that was known by its name has been deleted meanwhile.
  func meet(_ key: ObjectKey, _ object: JSONValue, _ reader: CacheReader) async {
    let uid = object[path: "metadata", "uid"]?.string
    let before = known.withLock { known -> Known? in
      let before = known[key]
      known[key] = Known(reference: object.objectReference, deletion: object.wishForData)
      return before?.reference.uid == uid ? nil : before
    }
    if let before { await part(from: before, key, reader) }
  }

  /// A model is gone, or going.
  /// - Parameter object: as it is going.
  func leave(_ key: ObjectKey, _ object: JSONValue?, _ reader: CacheReader) async {
    guard var before = known.withLock({ $0.removeValue(forKey: key) }) else { return }
    if let object, object[path: "metadata", "uid"]?.string == before.reference.uid {
      before.deletion = object.wishForData
    }
    await part(from: before, key, reader)
  }

  /// Where the model wanted its data removed and its versions are held back for that, `DepartedModels` removes it and announces
  /// how that went; in all other cases the data stays.
  private func part(from known: Known, _ key: ObjectKey, _ reader: CacheReader) async {
    let uid = known.reference.uid ?? ""
    wishes.withLock { wishes in
      wishes.append((uid, known.deletion))
      if wishes.count > Self.limit { wishes.removeFirst(Self.limit / 2) }
    }
    guard known.deletion == .keep || reader.heldVersions(of: key.name, besides: nil)[uid] == nil else { return }
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

extension JSONValue {
  /// What the spec of a ModelDeployment says about its data.
  var wishForData: ModelDeploymentSpec.Deletion {
    self[path: "spec", "deletion"]?.string.flatMap(ModelDeploymentSpec.Deletion.init) ?? .keep
  }
}
