package import KubernetesModel

/// What a policy still has to send to its channels, and what it sent last.
package struct AlertingStatus: Codable, Sendable, Equatable {
  /// Oldest first.
  package var pending: [PendingAlert]
  /// The last alert of each rule: what de-duplication goes by.
  package var last: [LastAlert]

  package init(pending: [PendingAlert] = [], last: [LastAlert] = []) {
    self.pending = pending
    self.last = last
  }

  /// An alert from its decision until its channels have taken it.
  package struct PendingAlert: Codable, Sendable, Equatable {
    package var rule: String
    /// `firing` or `resolved`
    package var state: String
    package var message: String
    package var at: MicroTime
    /// The channels that have not taken it; nil: nothing was tried yet.
    package var channels: [String]?
    /// How often sending has failed.
    package var attempts: Int
    /// Not tried again before.
    package var retryAt: Timestamp?
    /// Those of `channels` that may have taken it without saying so: they get it once more at most.
    package var unconfirmed: [String]

    package init(
      rule: String, state: String, message: String, at: MicroTime, channels: [String]? = nil, attempts: Int = 0,
      retryAt: Timestamp? = nil, unconfirmed: [String] = []
    ) {
      self.rule = rule
      self.state = state
      self.message = message.plain()
      self.at = at
      self.channels = channels
      self.attempts = attempts
      self.retryAt = retryAt
      self.unconfirmed = unconfirmed
    }

    /// More than this many are not kept: the oldest go.
    package static let limit = 64
  }

  package struct LastAlert: Codable, Sendable, Equatable {
    package var rule: String
    package var state: String
    package var at: Timestamp

    package init(rule: String, state: String, at: Timestamp) {
      self.rule = rule
      self.state = state
      self.at = at
    }
  }
}

extension AlertingStatus: SchemaDescribed {
  package static let schema = Schema.object(
    "Alerts on their way, and the last of each rule.",
    [
      .optional(
        "pending",
        .list(
          "Alerts that some of their channels have not accepted yet.", of: PendingAlert.schema,
          maximum: PendingAlert.limit
        )
        .implying([])),
      .optional(
        "last", .list("The last alert of each rule.", of: LastAlert.schema, maximum: 64).implying([])),
    ])
}

extension AlertingStatus.PendingAlert: SchemaDescribed {
  package static let schema = Schema.object(
    "An alert on its way.",
    [
      .required("rule", .string("What it concerns.", maximum: 64)),
      .required("state", .string("firing or resolved.", maximum: 16)),
      .required("message", .string("For people.", maximum: 32768)),
      .required("at", .timestamp("When it was decided.")),
      .optional(
        "channels",
        .list("The channels that have not accepted it.", of: .string("A channel.", maximum: 253), maximum: 64)),
      .optional("attempts", .integer("How often sending has failed.", minimum: 0).implying(0)),
      .optional("retryAt", .timestamp("When the operator tries again.")),
      .optional(
        "unconfirmed",
        .list(
          "Channels that may have accepted it without confirming it. Each gets it once more at most.",
          of: .string("A channel.", maximum: 253), maximum: 64
        ).implying([])),
    ])
}

extension AlertingStatus.LastAlert: SchemaDescribed {
  package static let schema = Schema.object(
    "The last alert of a rule.",
    [
      .required("rule", .string("What it concerned.", maximum: 64)),
      .required("state", .string("firing or resolved.", maximum: 16)),
      .required("at", .timestamp("When.")),
    ])
}
