import ApusAPI
import KubernetesModel

/// One step of a decision about a model: a value that is made from what was observed and from the passes before it. It can read
/// nothing that a later one makes, and nothing changes it once it is made; `ModelObservation.decide()` names their order.
protocol ModelPass: DecisionPass {
  var observed: ModelObservation { get }
}

extension ModelPass {
  var now: Timestamp { observed.now }
  var spec: ModelDeploymentSpec { observed.model.spec }
  var name: String { observed.model.metadata.name ?? "" }
  var namespace: String { observed.model.metadata.namespace ?? "" }
  var generation: Int? { observed.model.metadata.generation }
  var annotations: [String: String] { observed.model.metadata.annotations }
}
