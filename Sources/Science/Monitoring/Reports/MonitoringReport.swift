package import WorkerContract

/// All that one check found.
package struct MonitoringReport: Codable, Sendable, Equatable {
  package var subject: Subject
  package var drift: DriftReport
  package var quality: QualityReport
  package var performance: PerformanceReport
  /// Features that nothing is said of, as the log keeps no values of them.
  package var redacted: [String]

  /// What was looked at.
  package struct Subject: Codable, Sendable, Equatable {
    package var namespace: String
    package var model: String
    package var version: String
    package var policy: String
    package var run: String
    /// RFC 3339.
    package var from: String
    package var to: String

    package init(
      namespace: String, model: String, version: String, policy: String, run: String, from: String, to: String
    ) {
      self.namespace = namespace
      self.model = model
      self.version = version
      self.policy = policy
      self.run = run
      self.from = from
      self.to = to
    }
  }

  package init(
    subject: Subject, drift: DriftReport, quality: QualityReport, performance: PerformanceReport,
    redacted: [String] = []
  ) {
    self.subject = subject
    self.drift = drift
    self.quality = quality
    self.performance = performance
    self.redacted = redacted
  }

  /// Drift, quality and performance of `window` by the rules of `check`, but for the features that it calls redacted:
  /// their absence says nothing about the callers.
  /// - Parameters:
  ///   - due: Predictions of the span `check.labelled`.
  ///   - profile: Counts of the same span of time, from which drift is computed instead of from the rows of `window`.
  ///   - positive: The positive class of the target.
  ///   - now: Seconds since 1970, to tell which labels are late.
  /// - Throws: where the rules name a drift test that this release does not have.
  package init(
    namespace: String, model: String, run: String, check: CheckRun, window: PredictionWindow,
    due: PredictionWindow? = nil, profile: (counts: WindowProfile, bins: ProfileBins)? = nil,
    reference: ReferenceProfile, positive: String?,
    now: Double
  ) throws(UnknownDriftTest) {
    let redacted = reference.features.map(\.name).filter { check.redacted?.contains($0) ?? false }
    var reference = reference
    reference.features.removeAll { redacted.contains($0.name) }
    let drift =
      if let profile {
        try DriftReport(
          profile.counts, bins: profile.bins, reference: reference, rules: check.drift,
          minimumSamples: check.minimumSamples)
      } else {
        try DriftReport(window, reference: reference, rules: check.drift, minimumSamples: check.minimumSamples)
      }
    self.init(
      subject: Subject(
        namespace: namespace, model: model, version: check.reference.version, policy: check.policy, run: run,
        from: check.from, to: check.to),
      drift: drift,
      quality: QualityReport(
        window, reference: reference, rules: check.quality, minimumSamples: check.minimumSamples),
      performance: PerformanceReport(
        window, due: due.flatMap { due in check.labelled.map { (due, $0) } }, positive: positive,
        rules: check.performance, now: now, minimumLabels: check.minimumSamples),
      redacted: redacted)
  }

  /// The worst of all.
  package var severity: Severity {
    let performance: Severity = performance.isAccuracyLost ? .critical : performance.isSlow ? .warning : .none
    return [drift.severity, drift.predictions?.severity ?? .none, quality.severity, performance].max() ?? .none
  }

  /// A feature whose values do not arrive drifts, and the predictions with it, whatever a training does.
  var mendable: MendableFindings {
    let broken = quality.brokenFeeds
    let features = drift.features.filter { !broken.contains($0.feature) }.map(\.severity).max() ?? .none
    let predictions = broken.isEmpty ? drift.predictions?.severity ?? .none : .none
    return MendableFindings(drift: max(features, predictions), quality: quality.mendableSeverity)
  }
}
