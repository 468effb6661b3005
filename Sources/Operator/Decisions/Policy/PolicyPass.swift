import ApusAPI
import KubernetesModel

/// One step of a decision about a policy, as `ModelPass` is one of a decision about a model: it reads what was observed and the
/// passes before it, and nothing changes it once it is made.
protocol PolicyPass: DecisionPass {
  var observed: PolicyObservation { get }
}

extension PolicyPass {
  var now: Timestamp { observed.now }
  var spec: MonitoringPolicySpec { observed.policy.spec }
  var name: String { observed.policy.metadata.name ?? "" }
  var namespace: String { observed.policy.metadata.namespace ?? "" }
  var annotations: [String: String] { observed.policy.metadata.annotations }
}
