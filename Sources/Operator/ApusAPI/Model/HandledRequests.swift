package import KubernetesModel

extension ModelDeploymentStatus {
  /// What was acted on already, so that nothing is done twice.
  package struct Handled: Codable, Sendable, Equatable {
    /// Digest of the part of the spec that a training depends on.
    package var trainingInput: String?
    /// Last value of the annotation `apus.dev/retrain-requested-at`.
    package var retrainRequest: String?
    /// Last value of `apus.dev/approve`.
    package var approval: String?
    /// Last value of `apus.dev/force-promote`.
    package var forcedPromotion: String?
    /// Last request of a MonitoringPolicy, by its name.
    package var monitoringRequests: [String: String]
    /// Scheduled instants up to this one are done.
    package var scheduledUntil: Timestamp?

    package init(
      trainingInput: String? = nil, retrainRequest: String? = nil, approval: String? = nil,
      forcedPromotion: String? = nil, monitoringRequests: [String: String] = [:], scheduledUntil: Timestamp? = nil
    ) {
      self.trainingInput = trainingInput
      self.retrainRequest = retrainRequest
      self.approval = approval
      self.forcedPromotion = forcedPromotion
      self.monitoringRequests = monitoringRequests
      self.scheduledUntil = scheduledUntil
    }
  }
}

extension ModelDeploymentStatus.Handled: SchemaDescribed {
  package static let schema = Schema.object(
    "What was acted on already, so that nothing is done twice.",
    [
      .optional("trainingInput", .string("Digest of what a training depends on.", maximum: 128)),
      .optional("retrainRequest", .string("Last value of apus.dev/retrain-requested-at.", maximum: 1024)),
      .optional("approval", .string("Last value of apus.dev/approve.", maximum: 1024)),
      .optional("forcedPromotion", .string("Last value of apus.dev/force-promote.", maximum: 1024)),
      .optional(
        "monitoringRequests",
        .map("Last request of each MonitoringPolicy.", of: .string("Its id.", maximum: 256), maximum: 256)
          .implying([:])),
      .optional("scheduledUntil", .timestamp("Scheduled instants up to this one are done.")),
    ])
}
