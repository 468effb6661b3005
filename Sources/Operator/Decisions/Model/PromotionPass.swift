import ApusAPI
import KubernetesModel
import WorkerContract

/// What becomes of the versions: what gates, people and the rollout's time say. The registry as it is to be, but for files that
/// are given up.
struct PromotionPass: ModelPass {
  @Shared var observed: ModelObservation
  var effects = Effects()
  var registry: Registry
  var handled: ModelDeploymentStatus.Handled
  var rollout: RolloutStatus?
  /// Why the model cannot get where its spec wants it, without being wrong altogether.
  var stall: Stall?
  /// What of the spec is not carried out, to be said beside the promotion.
  var caveat: String?

  struct Stall: Sendable, Equatable {
    var reason: String
    var message: String
  }

  init(_ observed: ModelObservation, _ ends: TrainingEndsPass) {
    _observed = Shared(wrappedValue: observed)
    registry = ends.registry
    handled = observed.model.status.handled
    rollout = observed.model.status.rollout
    judgeVersions()
    followPeople()
    advanceRollout()
  }
}
