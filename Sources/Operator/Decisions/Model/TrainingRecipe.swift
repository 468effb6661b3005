import ApusAPI
import KubernetesModel

/// How the digest of all that a training depends on is made. A stored digest names its recipe (`r1:<hex>`), so that a new
/// release with another recipe can tell a changed spec from a changed recipe: only the first one trains.
///
/// A recipe never changes once released. A new one gets a case of its own, and `current`.
enum TrainingRecipe: String, CaseIterable, Sendable {
  /// Of release 0.1.0, whose digests name no recipe: all fields of that release with their defaults.
  case complete = ""
  /// What the spec states: fields that hold their default are left out, so that a new field changes no digest.
  case stated = "r1"

  static let current = TrainingRecipe.stated

  /// nil: a recipe of a later release.
  init?(of digest: String) {
    guard let colon = digest.firstIndex(of: ":") else {
      self = .complete
      return
    }
    self.init(rawValue: String(digest[..<colon]))
  }

  func digest(of spec: ModelDeploymentSpec) -> String {
    switch self {
    case .complete: return parts(of: spec, keeping: Self.firstDefaults).withoutEmptyMembers.fingerprint
    case .stated: return "\(rawValue):\(parts(of: spec, keeping: []).fingerprint)"
    }
  }

  private func parts(of spec: ModelDeploymentSpec, keeping kept: Set<String>) -> JSONValue {
    let stated = ModelDeploymentSpec.schema.stated(.document(spec), keeping: kept)
    var parts: JSONValue = ["schema": stated["schema"] ?? [:]]
    for name in ["source", "split", "algorithm", "limits"] { parts[name] = stated[path: "training", name] }
    parts["resources"] = spec.training.resources.flatMap { $0.isEmpty ? nil : .document($0).withoutEmptyMembers }
    parts["template"] = spec.training.template.map(\.withoutEmptyMembers).flatMap { $0 == [:] ? nil : $0 }
    return parts
  }

  /// The fields with defaults that release 0.1.0 had. Fields that came later are left out of its digests while they hold
  /// their default.
  private static let firstDefaults: Set<String> = [
    "schema.features.nullable", "schema.features.onUnknown",
    "training.split", "training.split.validation", "training.split.test", "training.split.seed", "training.split.by",
    "training.algorithm",
    "training.algorithm.gradientBoosting.rounds", "training.algorithm.gradientBoosting.maxDepth",
    "training.algorithm.gradientBoosting.learningRate", "training.algorithm.gradientBoosting.subsample",
    "training.algorithm.randomForest.trees", "training.algorithm.randomForest.maxDepth",
    "training.algorithm.logisticRegression.l2",
  ]
}

extension ModelDeploymentSpec {
  /// Digest of all that a training depends on.
  package var trainingInput: String { TrainingRecipe.current.digest(of: self) }

  /// Whether a stored digest is one of this spec. One of a later release's recipe is taken for it: after a downgrade nothing
  /// trains by itself.
  func hasTrainingInput(_ stored: String) -> Bool {
    guard let recipe = TrainingRecipe(of: stored) else { return true }
    return recipe.digest(of: self) == stored
  }
}
