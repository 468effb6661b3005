import KubernetesModel
package import WorkerContract

extension ModelDeploymentSpec {
  package struct Rollout: Codable, Sendable, Equatable {
    package var shadow: Shadow?
    package var steps: [Step]
    package var analysis: Analysis?

    package init(shadow: Shadow? = nil, steps: [Step] = [], analysis: Analysis? = nil) {
      self.shadow = shadow
      self.steps = steps
      self.analysis = analysis
    }

    package struct Shadow: Codable, Sendable, Equatable {
      package var requests: Int

      package init(requests: Int = 500) {
        self.requests = requests
      }
    }

    package struct Step: Codable, Sendable, Equatable {
      /// Percent of requests.
      package var weight: Int
      package var duration: TimeSpan

      package init(weight: Int, duration: TimeSpan) {
        self.weight = weight
        self.duration = duration
      }
    }

    package struct Analysis: Codable, Sendable, Equatable {
      package var maximumErrorRate: Double
      package var maximumP99Latency: TimeSpan
      package var maximumPredictionPSI: Double

      package init(
        maximumErrorRate: Double = 0.01, maximumP99Latency: TimeSpan = TimeSpan(seconds: 0.2),
        maximumPredictionPSI: Double = 0.2
      ) {
        self.maximumErrorRate = maximumErrorRate
        self.maximumP99Latency = maximumP99Latency
        self.maximumPredictionPSI = maximumPredictionPSI
      }
    }
  }
}

extension ModelDeploymentSpec.Rollout: SchemaDescribed {
  package static let schema = Schema.object(
    "How a promoted version gets its traffic; all at once where absent.",
    [
      .optional("shadow", Shadow.schema.nullable),
      .optional(
        "steps",
        .list("Shares of traffic, ascending; full traffic follows the last.", of: Step.schema, maximum: 32)
          .with(default: [])),
      .optional("analysis", Analysis.schema.nullable),
    ])
}

extension ModelDeploymentSpec.Rollout.Shadow: SchemaDescribed {
  package static let schema = Schema.object(
    "The version first predicts beside production without answering.",
    [
      .optional("requests", .integer("For so many requests.", minimum: 1, maximum: 10_000_000, default: 500))
    ])
}

extension ModelDeploymentSpec.Rollout.Step: SchemaDescribed {
  package static let schema = Schema.object(
    "One step of a canary.",
    [
      .required("weight", .integer("Percent of requests.", minimum: 1, maximum: 100)),
      .required("duration", .timeSpan("How long.")),
    ])
}

extension ModelDeploymentSpec.Rollout.Analysis: SchemaDescribed {
  package static let schema = Schema.object(
    "What ends a rollout and restores production.",
    [
      .optional("maximumErrorRate", .share("Share of requests that fail.", default: 0.01)),
      .optional("maximumP99Latency", .timeSpan("99th percentile of the answer time.", default: "200ms")),
      .optional(
        "maximumPredictionPSI",
        .number("Distance of the predicted classes from production's.", minimum: 0, maximum: 100, default: 0.2)),
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
