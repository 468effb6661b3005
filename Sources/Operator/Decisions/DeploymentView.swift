import ApusAPI
package import KubernetesModel

/// What decisions need of a servers' Deployment.
package struct DeploymentView: Sendable, Equatable {
  /// Replicas that it has now; nil where it does not say.
  package var replicas: Int?
  /// Whether it is still replacing pods of an older template, or making and removing pods.
  package var isRollingOut: Bool
  /// Whether its pods prefer the node where the claim is used.
  package var isDrawnToClaim: Bool
  /// How its pods are made.
  package var recipe: PodRecipe
  /// Of what the operator applied last; nil: it does not say.
  package var appliedDigest: String?
  /// Why it can make no pods, as it says itself: a quota, an admission policy.
  package var podRefusal: String?

  package init(
    replicas: Int? = nil, isRollingOut: Bool = false, isDrawnToClaim: Bool = false, podRefusal: String? = nil,
    recipe: PodRecipe = .first, appliedDigest: String? = nil
  ) {
    self.recipe = recipe
    self.appliedDigest = appliedDigest
    self.replicas = replicas
    self.isRollingOut = isRollingOut
    self.isDrawnToClaim = isDrawnToClaim
    self.podRefusal = podRefusal
  }

  package init(_ deployment: JSONValue) {
    self.init(
      replicas: deployment[path: "spec", "replicas"]?.integer, isRollingOut: Self.isRollingOut(deployment),
      isDrawnToClaim: PodAffinity.isIn(deployment), podRefusal: Self.podRefusal(deployment),
      recipe: PodRecipe(of: deployment),
      appliedDigest: deployment[path: "metadata", "annotations", ApusAnnotations.appliedDigest]?.string)
  }

  /// By the Deployment's own word; before its controller has seen it, its pods tell enough.
  private static func isRollingOut(_ deployment: JSONValue) -> Bool {
    guard let seen = deployment[path: "status", "observedGeneration"]?.integer else { return false }
    let updated = deployment[path: "status", "updatedReplicas"]?.integer ?? 0
    return seen < deployment[path: "metadata", "generation"]?.integer ?? 0
      || updated < deployment[path: "spec", "replicas"]?.integer ?? 0
      || updated < deployment[path: "status", "replicas"]?.integer ?? 0
  }

  private static func podRefusal(_ deployment: JSONValue) -> String? {
    let conditions = deployment[path: "status", "conditions"]?.array
    let failure = conditions?.first { $0["type"] == "ReplicaFailure" && $0["status"] == "True" }
    return failure?["message"]?.string
  }
}
