import ApusAPI
import KubernetesModel

/// One step of a decision about a policy, as `ModelPass` is one of a decision about a model: it reads what was observed and the
/// passes before it, and nothing changes it once it is made.
protocol PolicyPass: Sendable {
  var observed: PolicyObservation { get }
  var effects: Effects { get set }
}

extension PolicyPass {
  var now: Timestamp { observed.now }
  var spec: MonitoringPolicySpec { observed.policy.spec }
  var name: String { observed.policy.metadata.name ?? "" }
  var namespace: String { observed.policy.metadata.namespace ?? "" }
  var annotations: [String: String] { observed.policy.metadata.annotations }

  mutating func announce(_ kind: Announcement.Kind, _ reason: Reason, _ message: String, regarding job: String? = nil) {
    effects.announce(kind, reason, message, regarding: job)
  }

  mutating func announce(_ kind: Announcement.Kind, _ reason: String, _ message: String, regarding job: String? = nil) {
    effects.announce(kind, reason, message, regarding: job)
  }

  /// Another look in this many seconds at the latest.
  mutating func lookAgain(in seconds: Double) { effects.lookAgain(in: seconds) }
}
