import Tabular
import WorkerContract

/// The schema of the tests' model: each feature shows another rule.
enum Sample {
  static let schema = FeatureSchema(
    target: .init(name: "income", positive: ">50K", classes: ["<=50K", ">50K"]),
    features: [
      .init(name: "age", type: .numeric, minimum: 0, maximum: 120, onUnknown: .reject),
      .init(name: "hours", type: .numeric, nullable: true, minimum: 1, maximum: 99, onUnknown: .warn),
      .init(name: "gain", type: .numeric, nullable: true, minimum: 0, onUnknown: .impute),
      .init(name: "work", type: .categorical, categories: ["Private", "State"], onUnknown: .reject),
      .init(name: "city", type: .categorical, nullable: true, categories: ["Bern", "Ürgüp"], onUnknown: .impute),
      .init(name: "zone", type: .categorical, categories: ["1", "2"], onUnknown: .warn),
    ])

  static let good = #"{"age":39,"hours":40.5,"gain":1000,"work":"Private","city":"Ürgüp","zone":"1"}"#

  static var pipeline: FeaturePipeline { FeaturePipeline(learned: schema) }
}

func anEntry(
  _ version: String, _ digest: String = "sha256:0", weight: Int = 100, _ role: RoutingTable.Role = .production
) -> RoutingTable.Entry {
  RoutingTable.Entry(version: version, digest: digest, weight: weight, role: role)
}
