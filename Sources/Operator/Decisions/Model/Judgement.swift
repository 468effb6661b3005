import ApusAPI
import KubernetesModel
import WorkerContract

/// What the gates say of a version, all of them together.
package struct Judgement: Sendable {
  package var verdicts: [GateVerdict]

  package init(_ verdicts: [GateVerdict]) { self.verdicts = verdicts }

  /// Why the version is not promoted.
  package var refusals: [String] { verdicts.filter(\.isRefusal).map(\.message) }
  /// Why a person has to approve it, whatever `promotion.approval` says.
  package var holds: [String] { verdicts.filter(\.isHold).map(\.message) }

  /// Whether the same gates refuse the version for the same causes, by the same values and limits, as they did before.
  func refuses(as recorded: [GateVerdict]) -> Bool {
    verdicts.filter(\.isRefusal).elementsEqual(recorded.filter(\.isRefusal)) { $0.judges(as: $1) }
  }
}

extension ModelDeploymentSpec {
  /// Digest of the rules that gates judge by. It covers what the spec states, as that of a training's input does
  /// (`TrainingRecipe`): an upgrade that brings a rule with a default judges nothing anew.
  var gateRules: String {
    let stated = ModelDeploymentSpec.schema.stated(.document(self), keeping: [])
    var parts: JSONValue = [:]
    for name in Gates.all.compactMap({ $0.field }) { parts[name] = stated[path: "promotion", name] }
    return "r1:\(parts.fingerprint)"
  }
}
