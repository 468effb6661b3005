import KubernetesModel

extension ModelDeploymentStatus {
  package struct ServingStatus: Codable, Sendable, Equatable {
    package var replicas: Int
    package var readyReplicas: Int
    /// Pods that confirmed the current routing revision.
    package var confirmedReplicas: Int
    /// Labels of the pods, as text: `apus.dev/model=income,…`. For the scale subresource.
    package var selector: String?
    /// What keeps servers from starting.
    package var blocker: Blocker?

    package init(
      replicas: Int = 0, readyReplicas: Int = 0, confirmedReplicas: Int = 0, selector: String? = nil,
      blocker: Blocker? = nil
    ) {
      self.replicas = replicas
      self.readyReplicas = readyReplicas
      self.confirmedReplicas = confirmedReplicas
      self.selector = selector
      self.blocker = blocker
    }
  }
}

extension ModelDeploymentStatus.ServingStatus: SchemaDescribed {
  package static let schema = Schema.object(
    "The servers.",
    [
      .optional("replicas", .integer("Pods.", minimum: 0).implying(0)),
      .optional("readyReplicas", .integer("Pods that are ready.", minimum: 0).implying(0)),
      .optional(
        "confirmedReplicas", .integer("Pods that confirmed the current routing revision.", minimum: 0).implying(0)),
      .optional("selector", .string("Labels of the pods, for the scale subresource.", maximum: 512)),
      .optional("blocker", Blocker.schema),
    ])
}
