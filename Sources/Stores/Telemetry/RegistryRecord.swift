package import WorkerContract

/// One ModelVersion as the registry mirror shows it.
package struct VersionRecord: Sendable, Equatable {
  package var version: String
  package var digest: String
  /// As in the object's status: Candidate, Shadow, Canary, Production, Archived, Rejected, Failed, Quarantined …
  package var stage: String
  package var reason: String
  package var metrics: ModelMetrics?
  /// Seconds since 1970.
  package var created: Double
  package var updated: Double

  package init(
    version: String, digest: String, stage: String, reason: String, metrics: ModelMetrics?, created: Double,
    updated: Double
  ) {
    self.version = version
    self.digest = digest
    self.stage = stage
    self.reason = reason
    self.metrics = metrics
    self.created = created
    self.updated = updated
  }
}

/// One alert that was decided.
package struct AlertRecord: Sendable, Equatable {
  /// Identifies the alert; storing it again updates the rest.
  package var id: String
  package var rule: String
  /// critical, warning, info
  package var severity: String
  /// firing or resolved
  package var state: String
  package var message: String
  /// Names of the channels it was delivered to.
  package var delivered: [String]
  /// Why it was not delivered, or by which channels not.
  package var failure: String?
  /// Seconds since 1970.
  package var time: Double

  package init(
    id: String, rule: String, severity: String, state: String, message: String, delivered: [String] = [],
    failure: String? = nil, time: Double
  ) {
    self.id = id
    self.rule = rule
    self.severity = severity
    self.state = state
    self.message = message
    self.delivered = delivered
    self.failure = failure
    self.time = time
  }
}
