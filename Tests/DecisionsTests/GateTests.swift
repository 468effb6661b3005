import ApusAPI
import Decisions
import KubernetesModel
import Testing
import WorkerContract

/// What every gate keeps to, whatever it judges by.
@Suite struct GateTests {
  static let rules: ModelDeploymentSpec.Promotion = {
    var rules = aModel().spec.promotion
    rules.segments = ["age", "sex"].map { SegmentGuard(feature: $0, metric: .recall, maximumLoss: 0.02) }
    return rules
  }()

  /// Good and bad, compared and not, of the same schema and of others.
  static let results: [TrainingResult] = {
    var results = [
      result("v2"), result("v2", against: "v1"), result("v2", against: "v1", difference: -0.1, lower: -0.2),
      result("v2", against: "v0"), JudgementTests.other, JudgementTests.narrower,
    ]
    var undefined = result("v2", against: "v1", metrics: metrics(accuracy: 0.1))
    undefined.metrics.f1 = nil
    undefined.metrics.rocAUC = nil
    var measured = result("v2", against: "v1")
    measured.segments = [
      .init(feature: "sex", level: "Female", metric: .recall, challenger: 0.5, champion: 0.6, rows: 90)
    ]
    results += [undefined, measured]
    return results
  }()

  private static let productions = [nil, artifact("v1")]

  @Test func `each kind of gate stands in the list once, and each gate has a name of its own`() {
    let kinds = Gates.all.map { String(describing: $0) }
    #expect(kinds.count == Set(kinds).count)
    let names = Gates.asked(by: Self.rules).map(\.name)
    #expect(names.count == Set(names).count && names.count == 7)
  }

  /// What older releases have written into `status.gates` is found again by these.
  @Test func `names stay what they are`() {
    #expect(
      Gates.asked(by: Self.rules).map(\.name.rawValue) == [
        "minimumAccuracy", "minimumF1", "minimumROCAUC", "againstProduction", "clients", "segment:age", "segment:sex",
      ])
  }

  @Test func `the field that a gate judges by is one of spec.promotion`() throws {
    guard case .object(let properties)? = Schema.member("promotion", of: ModelDeploymentSpec.schema)?.kind else {
      Issue.record("spec.promotion is no object")
      return
    }
    for field in Gates.all.compactMap({ $0.field }) { #expect(properties.contains { $0.name == field }, "\(field)") }
  }

  @Test func `a verdict names its gate, has a sentence, and is the same each time`() throws {
    var given: Set<GateName> = []
    for gate in Gates.asked(by: Self.rules) {
      for result in Self.results {
        for production in Self.productions {
          guard let verdict = gate.verdict(on: result, production: production) else { continue }
          given.insert(verdict.gate)
          #expect(verdict.gate == gate.name)
          #expect(!verdict.message.isEmpty && verdict.message.utf8.count <= 4096)
          #expect(!verdict.passed || verdict.held != true, "what passed waits for nobody")
          #expect(gate.verdict(on: result, production: production) == verdict)
          let stored = try JSONValue.document(verdict).decode(as: GateVerdict.self)
          #expect(stored == verdict && JSONValue.document(verdict)["gate"]?.string == gate.name.rawValue)
        }
      }
    }
    #expect(given == Set(Gates.asked(by: Self.rules).map(\.name)), "some gate has said nothing at all")
  }

  @Test func `each gate passes some result and stops some other`() {
    for kind in Gates.all {
      let verdicts = kind.asked(by: Self.rules).flatMap { gate in
        Self.results.map { gate.verdict(on: $0, production: artifact("v1")) }
      }
      // A gate that has nothing to say lets pass.
      #expect(verdicts.contains { $0?.passed ?? true } && verdicts.contains { $0?.passed == false }, "\(kind)")
    }
  }

  @Test func `what was measured before is judged anew as at first`() {
    for gate in Gates.asked(by: Self.rules) {
      for result in Self.results {
        let first = gate.verdict(on: result, production: artifact("v1"))
        let recorded = first.map { [$0] } ?? []
        #expect(gate.verdictAnew(on: result, production: artifact("v1"), recorded: recorded) == first)
      }
    }
  }

  @Test func `the words of a result are no reason to judge otherwise`() {
    for gate in Gates.asked(by: Self.rules) {
      for result in Self.results {
        var wordless = ModelVersionSpec(
          modelRef: .init(name: "income"), version: "v2", number: 2, job: "j", trigger: .request, trainingInput: "",
          result: result)
        wordless.crossOut()
        var (kept, crossedOut) = (
          gate.verdict(on: result, production: artifact("v1")),
          wordless.result.flatMap { gate.verdict(on: $0, production: artifact("v1")) }
        )
        kept?.message = ""
        crossedOut?.message = ""
        #expect(kept == crossedOut)
      }
    }
  }
}

extension Schema {
  fileprivate static func member(_ name: String, of schema: Schema) -> Schema? {
    guard case .object(let properties) = schema.kind else { return nil }
    return properties.first { $0.name == name }?.schema
  }
}
