package import WorkerContract

/// A check of a window's data against the reference. Each is one file of this folder and one line of
/// `QualityChecks.all`.
package protocol QualityCheck: Sendable {
  /// Its name, and what a failure means for a training.
  var kind: QualityCheckKind { get }
  /// Whether it is judged in a window of fewer rows than a verdict needs, too.
  var judgesFewRows: Bool { get }
}

extension QualityCheck {
  package var judgesFewRows: Bool { false }
}

/// About one feature at a time.
package protocol FeatureQualityCheck: QualityCheck {
  /// nil: the check has nothing to say about such a feature, or there is no value of it.
  func finding(of feature: ReferenceProfile.Feature, in subject: QualitySubject) -> QualityFinding?
}

/// About the rows of the window.
package protocol WindowQualityCheck: QualityCheck {
  /// nil: the reference does not tell what would be usual.
  func finding(in subject: QualitySubject) -> QualityFinding?
}

/// What a check looks at. The window has a row at least.
package struct QualitySubject: Sendable {
  package var window: PredictionWindow
  package var reference: ReferenceProfile
  package var rules: QualityRules

  package init(window: PredictionWindow, reference: ReferenceProfile, rules: QualityRules) {
    self.window = window
    self.reference = reference
    self.rules = rules
  }
}
