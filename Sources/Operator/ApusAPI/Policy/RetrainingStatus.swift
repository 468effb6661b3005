package import KubernetesModel

extension MonitoringPolicyStatus {
  /// The loop's memory: what it decided last, and the requests that the model's reconciler answers.
  package struct RetrainingStatus: Codable, Sendable, Equatable {
    /// The request in force; the model's reconciler trains once for each new id.
    package var request: Request?
    /// When requests were made, newest first, at most a day back.
    package var recent: [Timestamp]
    package var decision: Decision?

    package init(request: Request? = nil, recent: [Timestamp] = [], decision: Decision? = nil) {
      self.request = request
      self.recent = recent
      self.decision = decision
    }

    package struct Request: Codable, Sendable, Equatable {
      package var id: String
      package var at: Timestamp
      package var reason: String

      package init(id: String, at: Timestamp, reason: String) {
        self.id = id
        self.at = at
        self.reason = reason
      }
    }

    /// Also the decision not to act.
    package struct Decision: Codable, Sendable, Equatable {
      package var action: Action
      package var reason: String
      package var message: String
      /// Since when action and reason are these, or when the request was made.
      package var at: Timestamp

      package init(action: Action, reason: String, message: String, at: Timestamp) {
        self.action = action
        self.reason = reason
        self.message = message
        self.at = at
      }
    }

    package enum Action: String, Codable, Sendable, CaseIterable {
      case retrain = "Retrain"
      case wait = "Wait"
      case none = "None"
    }
  }
}

extension MonitoringPolicyStatus.RetrainingStatus: SchemaDescribed {
  package static let schema = Schema.object(
    "The retraining loop's memory.",
    [
      .optional(
        "request",
        .object(
          "The request in force; the model trains once for each new id.",
          [
            .required("id", .string("Its id.")),
            .required("at", .timestamp("When it was made.")),
            .required("reason", .string("Why.", maximum: 1024)),
          ])),
      .optional(
        "recent",
        .list("When requests were made, newest first, at most a day back.", of: .timestamp("A time."), maximum: 1000)
          .implying([])),
      .optional(
        "decision",
        .object(
          "The last decision, also the one not to act.",
          [
            .required("action", .enumeration(Action.self, "What was decided.")),
            .required("reason", .string("One CamelCase word.", maximum: 1024)),
            .required("message", .string("For people.", maximum: 32768)),
            .required("at", .timestamp("Since when it holds.")),
          ])),
    ])
}
