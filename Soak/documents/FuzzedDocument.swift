import ApusAPI
import Decisions
import Foundation
import KubernetesModel
import WorkerContract
import YAMLCoding

/// One input: a ModelDeployment or a MonitoringPolicy, more or less right, and what happens to it.
struct FuzzedDocument: CustomStringConvertible {
  enum Kind: CaseIterable { case model, policy }

  let kind: Kind
  /// As the API server would hand it out; nil: the text was no JSON.
  let document: JSONValue?
  /// The text that was read.
  let text: [UInt8]
  private let draw: Draw

  /// What came out.
  struct Check {
    var problems: [String] = []
    var isAccepted = false
  }

  init(seed: UInt64, index: UInt64) {
    var draw = Draw(seed: seed, index: index)
    kind = draw.pick(Kind.allCases)
    var spec: JSONValue
    switch draw.below(4) {
    case 0, 1: spec = draw.pick(Example.specs(kind))
    default:
      var grammar = SchemaGrammar(draw: draw)
      spec = grammar.value(kind == .model ? ModelDeploymentSpec.schema : MonitoringPolicySpec.schema)
      draw = grammar.draw
      // What it draws is hardly ever a whole model.
      if draw.once(in: 2) { spec = draw.pick(Example.specs(kind)).merged(with: spec) }
    }
    if !draw.once(in: 3) { for _ in 0...draw.below(4) { Damage.apply(to: &spec, &draw) } }
    var document: JSONValue = [
      "apiVersion": .string(ApusGroup.apiVersion), "kind": kind == .model ? "ModelDeployment" : "MonitoringPolicy",
      "metadata": [
        "name": "income", "namespace": "shop", "uid": "5f1c0e3a-0000-4000-8000-000000000001", "generation": 3,
        "creationTimestamp": "2026-11-25T12:00:00Z", "annotations": .object(Self.annotations(&draw)),
      ],
      "spec": spec,
    ]
    // What stands in the status is the operator's, but another release's or another's by mistake.
    if draw.once(in: 4) {
      let schema = kind == .model ? ModelDeploymentStatus.schema : MonitoringPolicyStatus.schema
      var grammar = SchemaGrammar(draw: draw)
      let status = grammar.value(schema)
      draw = grammar.draw
      if schema.problems(in: status).isEmpty { document["status"] = status }
    }
    // The API server takes no more.
    guard Damage.fits(document, 3 << 20) else {
      (text, self.document, self.draw) = ([], nil, draw)
      return
    }
    var text = document.bytes
    if draw.once(in: 30) { Damage.apply(to: &text, &draw) }
    self.text = text
    self.document = try? JSONValue(parsing: text)
    self.draw = draw
  }

  private static func annotations(_ draw: inout Draw) -> [String: JSONValue] {
    var annotations: [String: JSONValue] = [:]
    for name in [
      ApusAnnotations.retrainRequestedAt, ApusAnnotations.checkRequestedAt, ApusAnnotations.approve,
      ApusAnnotations.forcePromote,
    ] where draw.once(in: 5) {
      annotations[name] = .string(draw.once(in: 2) ? OddValue.text(&draw) : draw.pick(["v1", "v2", "now"]))
    }
    return annotations
  }

  var description: String { String(decoding: text, as: UTF8.self) }

  /// Reads it, decides, lets runs end and decides again.
  func checked() -> Check {
    guard let document else { return Check() }
    switch kind {
    case .model: return checkedModel(document)
    case .policy: return checkedPolicy(document)
    }
  }

  private func checkedModel(_ document: JSONValue) -> Check {
    var check = DecisionCheck()
    guard let model: ModelDeployment = check.decoded(document) else { return Check(problems: check.problems) }
    check.isAdmitted = ModelDeploymentSpec.schema.problems(in: document["spec"] ?? [:]).isEmpty
    check.look(at: model.problems())
    var shop = FuzzedShop(model: model, draw: draw)
    var isAccepted = false
    for round in 0..<6 {
      let observed = shop.observeModel()
      let decision = observed.decide()
      check.look(at: decision, again: observed.decide(), round: round)
      if decision.status.conditions.isTrue(ConditionType.stalled.rawValue), round == 0, decision.apply.isEmpty { break }
      isAccepted = true
      guard check.problems.isEmpty, shop.carryOut(decision) else { break }
      shop.goOn()
    }
    for _ in 0..<5 where isAccepted {
      let departed = shop.observeDeparted()
      let decision = departed.decide()
      check.look(at: decision)
      shop.carryOut(decision)
      shop.goOn()
    }
    return Check(problems: check.problems + (check.isAdmitted ? shop.problems : []), isAccepted: isAccepted)
  }

  private func checkedPolicy(_ document: JSONValue) -> Check {
    var check = DecisionCheck()
    guard let policy: MonitoringPolicy = check.decoded(document) else { return Check(problems: check.problems) }
    check.isAdmitted = MonitoringPolicySpec.schema.problems(in: document["spec"] ?? [:]).isEmpty
    check.look(at: policy.problems())
    var shop = FuzzedShop.serving
    shop.begin(policy, draw)
    var isAccepted = false
    for round in 0..<6 {
      let observed = shop.observePolicy(policy: shop.policy ?? policy)
      let decision = observed.decide()
      check.look(at: decision, again: observed.decide(), round: round)
      if decision.status.conditions.isTrue(ConditionType.stalled.rawValue), round == 0, decision.apply.isEmpty { break }
      isAccepted = true
      guard check.problems.isEmpty, shop.carryOut(decision) else { break }
      shop.goOn()
    }
    return Check(problems: check.problems + (check.isAdmitted ? shop.problems : []), isAccepted: isAccepted)
  }
}

/// Documents that are right.
enum Example {
  private static let files = ["manifests/samples/income.yaml", "manifests/samples/fraud.yaml"]

  private static let documents: [JSONValue] = files.flatMap { file in
    let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    return
      ((try? String(contentsOfFile: "/\(root)/\(file)", encoding: .utf8)).flatMap { try? YAML.documents($0) } ?? [])
      .map(\.value)
  }

  static func specs(_ kind: FuzzedDocument.Kind) -> [JSONValue] {
    let name = kind == .model ? "ModelDeployment" : "MonitoringPolicy"
    return documents.filter { $0["kind"]?.string == name }.compactMap { $0["spec"] }
  }
}
