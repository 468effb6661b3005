import ApusAPI
import KubernetesModel

/// One step of a decision about a model: a value that is made from what was observed and from the passes before it. It can read
/// nothing that a later one makes, and nothing changes it once it is made; `ModelObservation.decide()` names their order.
protocol ModelPass: Sendable {
  var observed: ModelObservation { get }
  var effects: Effects { get set }
}

extension ModelPass {
  var now: Timestamp { observed.now }
  var spec: ModelDeploymentSpec { observed.model.spec }
  var name: String { observed.model.metadata.name ?? "" }
  var namespace: String { observed.model.metadata.namespace ?? "" }
  var generation: Int? { observed.model.metadata.generation }
  var annotations: [String: String] { observed.model.metadata.annotations }

  mutating func announce(_ kind: Announcement.Kind, _ reason: Reason, _ message: String, regarding job: String? = nil) {
    effects.announce(kind, reason, message, regarding: job)
  }

  mutating func announce(_ kind: Announcement.Kind, _ reason: String, _ message: String, regarding job: String? = nil) {
    effects.announce(kind, reason, message, regarding: job)
  }

  /// Another look in this many seconds at the latest.
  mutating func lookAgain(in seconds: Double) { effects.lookAgain(in: seconds) }
}
