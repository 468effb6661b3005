package import ApusAPI
package import WorkerContract

/// A rule over a training result that a version has to meet before it takes over. One kind of gate is one file and one line in
/// `Gates.all`.
package protocol Gate: Sendable {
  /// The member of `spec.promotion` that it judges by; nil: nothing of the spec.
  static var field: String? { get }

  /// The gates of this kind that a spec asks for, in the order in which people read them.
  static func asked(by rules: ModelDeploymentSpec.Promotion) -> [Self]

  /// Another one for each gate that a spec can ask for.
  var name: GateName { get }

  /// Pure and total.
  ///
  /// - Parameter production: the version that serves now.
  /// - Returns: nil where the gate has nothing to say, such as without a production to compare with.
  func verdict(on result: TrainingResult, production: ArtifactReference?) -> GateVerdict?

  /// Where the rules have changed since the version was judged.
  ///
  /// - Parameter recorded: what the gates said before.
  func verdictAnew(
    on result: TrainingResult, production: ArtifactReference?, recorded: [GateVerdict]
  ) -> GateVerdict?
}

/// What one gate says of one version.
package typealias GateVerdict = ModelVersionStatus.GateResult

extension Gate {
  package func verdictAnew(
    on result: TrainingResult, production: ArtifactReference?, recorded: [GateVerdict]
  ) -> GateVerdict? {
    verdict(on: result, production: production)
  }
}

/// The gates of a promotion.
package enum Gates {
  /// All kinds, in the order in which people read them.
  package static let all: [any Gate.Type] = [
    MinimumMetric.self, AgainstProduction.self, ClientRequests.self, SegmentLoss.self,
  ]

  package static func asked(by rules: ModelDeploymentSpec.Promotion) -> [any Gate] {
    all.flatMap { kind -> [any Gate] in kind.asked(by: rules) }
  }

  /// - Parameter production: the version that serves now.
  package static func verdicts(
    on result: TrainingResult, rules: ModelDeploymentSpec.Promotion, production: ArtifactReference?
  ) -> [GateVerdict] {
    asked(by: rules).compactMap { $0.verdict(on: result, production: production) }
  }

  /// As `verdicts`, of a version that other rules have judged.
  static func verdictsAnew(
    on result: TrainingResult, rules: ModelDeploymentSpec.Promotion, production: ArtifactReference?,
    recorded: [GateVerdict]
  ) -> [GateVerdict] {
    asked(by: rules).compactMap { $0.verdictAnew(on: result, production: production, recorded: recorded) }
  }
}

extension GateVerdict {
  /// Neither passed nor left to a person.
  package var isRefusal: Bool { !passed && held != true }
  /// Not passed and not refused: a person decides.
  package var isHold: Bool { !passed && held == true }

  /// Whether it says the same as one that was recorded. Words are for people; release 0.1.0 recorded no cause.
  func judges(as recorded: GateVerdict) -> Bool {
    gate == recorded.gate && passed == recorded.passed && value == recorded.value && limit == recorded.limit
      && held == recorded.held && (cause == recorded.cause || recorded.cause == nil)
  }
}

extension MetricName {
  /// The measure, with the class that it is about.
  func named(in result: TrainingResult) -> String {
    guard [.precision, .recall, .f1].contains(self), let positive = result.positive else { return rawValue }
    return "\(rawValue) of '\(positive)'"
  }
}
