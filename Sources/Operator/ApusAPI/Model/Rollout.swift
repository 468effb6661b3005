import KubernetesModel
package import WorkerContract

extension ModelDeploymentSpec {
  package struct Rollout: Codable, Sendable, Equatable {
    package var shadow: Shadow?
    package var steps: [Step]
    package var analysis: Analysis?

    package struct Shadow: Codable, Sendable, Equatable {
      package var requests: Int
    }

    package struct Step: Codable, Sendable, Equatable {
      /// Percent of requests.
      package var weight: Int
      package var duration: TimeSpan
    }

    package struct Analysis: Codable, Sendable, Equatable {
      package var maximumErrorRate: Double
      package var maximumP99Latency: TimeSpan
      package var maximumPredictionPSI: Double
    }
  }
}

extension ModelDeploymentSpec.Rollout: SchemaDescribed {
  package static let schema = Schema.object(
    "How traffic moves to a promoted version. Without it, all traffic moves at once.",
    [
      .optional("shadow", Shadow.schema.nullable),
      .optional(
        "steps",
        .list(
          "Shares of traffic, in ascending order. After the last step the version gets all traffic.", of: Step.schema,
          maximum: 32
        )
        .with(default: [])),
      .optional("analysis", Analysis.schema.nullable),
    ])
}

extension ModelDeploymentSpec.Rollout.Shadow: SchemaDescribed {
  package static let schema = Schema.object(
    "The version first predicts beside production without answering. Not evaluated yet; an Event says so.",
    [
      .optional("requests", .integer("How many requests it shadows.", minimum: 1, maximum: 10_000_000, default: 500))
    ])
}

extension ModelDeploymentSpec.Rollout.Step: SchemaDescribed {
  package static let schema = Schema.object(
    "One step of a canary.",
    [
      .required("weight", .integer("Percent of requests.", minimum: 1, maximum: 100)),
      .required("duration", .timeSpan("How long the step lasts.")),
    ])
}

extension ModelDeploymentSpec.Rollout.Analysis: SchemaDescribed {
  package static let schema = Schema.object(
    "Limits that end a rollout and restore production. Not evaluated yet; an Event says so.",
    [
      .optional("maximumErrorRate", .share("The largest share of requests that may fail.", default: 0.01)),
      .optional("maximumP99Latency", .timeSpan("The longest 99th percentile of the response time.", default: "200ms")),
      .optional(
        "maximumPredictionPSI",
        .number(
          "The largest distance of the predicted classes from production's.", minimum: 0, maximum: 100, default: 0.2)),
    ])
}

extension ModelDeploymentSpec.Rollout {
  func problems(at path: String) -> [Problem] {
    var found: [Problem] = []
    var previous = 0
    for (index, step) in steps.enumerated() {
      let place = "\(path).steps[\(index)]"
      if !(1...100).contains(step.weight) {
        found.append(Problem("\(place).weight", "\(step.weight) is no percentage", mend: "write 1 to 100"))
      } else if step.weight <= previous {
        found.append(
          Problem(
            "\(place).weight", "\(step.weight) is not above the step before", mend: "write weights in ascending order"))
      }
      previous = step.weight
      found += step.duration.problems(at: "\(place).duration")
    }
    if let analysis { found += analysis.maximumP99Latency.problems(at: "\(path).analysis.maximumP99Latency") }
    return found
  }
}
