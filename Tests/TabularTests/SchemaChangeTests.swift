import Tabular
import Testing
import WorkerContract

@Suite struct SchemaChangeTests {
  typealias Feature = FeatureSchema.Feature
  typealias Case = (
    text: String, change: @Sendable (inout FeatureSchema) -> Void, incomparable: [String], refused: [String]
  )

  private static let before = FeatureSchema(
    target: .init(name: "churn", positive: "yes", classes: ["no", "yes"]),
    features: [
      Feature(name: "age", type: .numeric, nullable: true, minimum: 0, maximum: 120, onUnknown: .reject),
      Feature(name: "plan", type: .categorical, categories: ["basic", "gold"], onUnknown: .reject),
      Feature(name: "calls", type: .numeric, minimum: 0),
    ])

  static let cases: [Case] = [
    ("nothing", { _ in }, [], []),
    (
      "another target", { $0.target = .init(name: "species", classes: ["no", "yes"]) },
      ["the target is species, it was churn"], []
    ),
    (
      "other classes", { $0.target.classes = ["no", "perhaps", "yes"] },
      ["the classes are no, perhaps, yes, they were no, yes"], []
    ),
    ("the classes in another order and spelling", { $0.target.classes = ["yes", "no"] }, [], []),
    (
      "a new feature that may be missing", { $0.features.append(Feature(name: "x", type: .numeric, nullable: true)) },
      [], []
    ),
    (
      "a new feature that must be given", { $0.features.append(Feature(name: "x", type: .numeric)) }, [],
      ["feature x is new and not nullable"]
    ),
    (
      "a feature less", { $0.features.removeLast() }, [], ["feature calls is gone; requests that have it are refused"]
    ),
    ("another type", { $0.features[2].type = .categorical }, [], ["feature calls is categorical, it was numeric"]),
    ("no longer nullable", { $0.features[0].nullable = false }, [], ["feature age is no longer nullable"]),
    ("nullable from now on", { $0.features[2].nullable = true }, [], []),
    ("a category less", { $0.features[1].categories = ["basic"] }, [], ["feature plan rejects gold"]),
    ("a category more", { $0.features[1].categories.append("free") }, [], []),
    (
      "a category less that is not rejected",
      {
        $0.features[1].categories = ["basic"]
        $0.features[1].onUnknown = .warn
      }, [], []
    ),
    ("closer bounds", { $0.features[0].maximum = 99 }, [], ["feature age rejects values above 99"]),
    ("wider bounds", { $0.features[0].maximum = nil }, [], []),
    (
      "bounds that reject from now on", { $0.features[2].onUnknown = .reject }, [],
      ["feature calls rejects values below 0"]
    ),
  ]

  @Test("what a change means for the comparison and for clients", arguments: cases.indices)
  func change(_ index: Int) {
    let (text, change, incomparable, refused) = Self.cases[index]
    var after = Self.before
    change(&after)
    let champion = ArtifactReference(version: "v1", digest: "sha256:00")
    #expect(
      SchemaChange(champion: champion, from: Self.before, to: after)
        == SchemaChange(champion: champion, incomparable: incomparable, refused: refused), "\(text)")
  }

  @Test("of many differences a few are named")
  func many() {
    var wide = Self.before
    for number in 0..<50 { wide.features.append(Feature(name: "f\(number)", type: .numeric)) }
    let change = SchemaChange(champion: .init(version: "v1", digest: ""), from: Self.before, to: wide)
    #expect(change.refused.count == 5 && change.refused.last == "and 46 more")
  }
}
