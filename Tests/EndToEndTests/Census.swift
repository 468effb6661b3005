import Foundation

/// The census data as a model: the sample that the README shows.
enum Census {
  static let numeric = ["age", "fnlwgt", "education_num", "capital_gain", "capital_loss", "hours_per_week"]
  static let categorical = [
    "workclass", "education", "marital_status", "occupation", "relationship", "race", "sex", "native_country",
  ]

  static func model(
    name: String = "income", parameters: String = "{}", extra: String = "", approval: String = "Automatic",
    replicas: Int = 1
  ) -> String {
    let features =
      numeric.map { "{name: \($0), type: numeric}" }
      + categorical.map { "{name: \($0), type: categorical, nullable: true}" }
    return """
      apiVersion: apus.dev/v1alpha1
      kind: ModelDeployment
      metadata: {name: \(name)}
      spec:
        schema:
          target: {name: income, positive: ">50K"}
          features:
      \(features.map { "      - \($0)" }.joined(separator: "\n"))
        training:
          source:
            csv: {uri: "file:///var/lib/apus/data/adult_train.csv"}
          split:
            testSource: {csv: {uri: "file:///var/lib/apus/data/adult_test.csv"}}
          algorithm: {gradientBoosting: \(parameters)}
        promotion: {approval: \(approval), minimum: {accuracy: 0.8, f1: 0.6, rocAUC: 0.75}}
        serving: {replicas: \(replicas)}
      \(extra)
      """
  }

  /// Puts the two files where the model's source expects them.
  static func place(on stage: Stage) throws {
    guard let data = Cluster.data else { return }
    for file in ["adult_train.csv", "adult_test.csv"] {
      try FileManager.default.copyItem(
        at: data.appendingPathComponent(file), to: stage.storage.appendingPathComponent("data/\(file)"))
    }
  }
}
