import KubernetesModel
package import WorkerContract

extension ModelDeploymentSpec {
  package struct Promotion: Codable, Sendable, Equatable {
    package var approval: Approval
    package var minimum: MinimumMetrics
    package var against: Against
    package var segments: [SegmentGuard]
    package var rollout: Rollout?
    /// Versions out of use whose files are kept, besides production and the one before it; older ones stay listed.
    package var keep: Int
  }

  package enum Approval: String, Codable, Sendable, CaseIterable {
    case manual = "Manual"
    case automatic = "Automatic"
  }
}

extension ModelDeploymentSpec.Promotion: SchemaDescribed {
  package static let schema = Schema.object(
    "When a version is good enough for production.",
    [
      .optional(
        "approval",
        .enumeration(
          ModelDeploymentSpec.Approval.self,
          "Manual: a version that passed its gates waits for the annotation apus.dev/approve. Automatic: it is promoted.",
          default: .manual)),
      .optional("minimum", ModelDeploymentSpec.MinimumMetrics.schema.with(default: [:])),
      .optional("against", ModelDeploymentSpec.Against.schema.with(default: [:])),
      .optional(
        "segments",
        .list("Parts of the rows that may not get worse.", of: SegmentGuard.schema, maximum: 64).with(default: [])),
      .optional("rollout", ModelDeploymentSpec.Rollout.schema.nullable),
      .optional(
        "keep",
        .integer(
          "Versions out of use (archived, rejected) whose files are kept, besides production and the one before it; "
            + "of older ones only the files go: they stay listed, and cannot be served again.", minimum: 1,
          maximum: 1000, default: 10)),
    ])
}

extension ModelDeploymentSpec {
  package struct MinimumMetrics: Codable, Sendable, Equatable {
    package var accuracy: Double
    package var f1: Double
    package var rocAUC: Double
  }
}

extension ModelDeploymentSpec.MinimumMetrics: SchemaDescribed {
  package static let schema = Schema.object(
    "The lowest metrics a version may have on the test rows.",
    [
      .optional("accuracy", .share("Accuracy.", default: 0.8)),
      .optional("f1", .share("F1 of the positive class.", default: 0.7)),
      .optional("rocAUC", .share("Area under the ROC curve.", default: 0.75)),
    ])
}

extension ModelDeploymentSpec {
  /// The gate against the version in production.
  package struct Against: Codable, Sendable, Equatable {
    package var metric: MetricName
    package var minimumImprovement: Double
    package var confidence: Double
    /// The alternative of the gate: with this set, a challenger also passes when its accuracy is at least this share
    /// of production's (0.98 in the classic rule).
    package var accuracyRatio: Double?
  }
}

extension ModelDeploymentSpec.Against: SchemaDescribed {
  package static let schema = Schema.object(
    "The gate against the version in production, on the same test rows.",
    [
      .optional("metric", .enumeration(MetricName.self, "What is compared.", default: .rocAUC)),
      .optional(
        "minimumImprovement",
        .number("The metric must be better by at least this.", minimum: -1, maximum: 1, default: 0.001)),
      .optional(
        "confidence",
        .number("Confidence of the interval around the difference.", above: 0.5, below: 1, default: 0.95)),
      .optional(
        "accuracyRatio",
        .share(
          "With this set, a version also passes when its accuracy is at least this share of production's, e.g. 0.98."
        ).nullable),
    ])
}

extension ModelDeploymentSpec.Promotion {
  func problems(with schema: FeatureSchema) -> [Problem] {
    let path = "spec.promotion"
    var found: [Problem] = []
    for (index, segment) in segments.enumerated() {
      let place = "\(path).segments[\(index)].feature"
      guard let feature = schema.features.first(where: { $0.name == segment.feature }) else {
        // Guarding a column that the model may not see, such as a protected attribute, is a good reason for a segment.
        found.append(
          Problem(
            place, "'\(segment.feature)' is not a feature of the schema",
            mend: "it must be a column of the training data", weight: .warning))
        continue
      }
      if feature.type != .categorical {
        found.append(
          Problem(place, "'\(segment.feature)' is numeric and has no levels", mend: "name a categorical feature"))
      }
    }
    if let rollout { found += rollout.problems(at: "\(path).rollout") }
    if !(0.5..<1).contains(against.confidence) {
      found.append(
        Problem("\(path).against.confidence", "\(against.confidence) is no confidence", mend: "write for example 0.95"))
    }
    return found
  }
}
