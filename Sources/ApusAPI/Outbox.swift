package import KubernetesModel

/// Something that people are to be told by an Event. What a reconcile decides stands in the status from the write that decided
/// it until its Event is there or the server has refused the Event for good, so that an operator that ends in between leaves
/// nothing untold. The Event's name follows from what is here, so that nothing is told twice.
///
/// About an object that is deleted there is no status to keep it in: such an Event is lost with the process.
package struct PendingEvent: Codable, Sendable, Equatable {
  package var type: Kind
  package var reason: String
  package var message: String
  /// When it was decided; no two in one status share a microsecond.
  package var at: MicroTime
  /// The Job it is about: with one reason nothing is pending twice about a Job, in whatever words. nil: about the object as a
  /// whole, or written by release 0.1.0.
  package var regarding: String?

  package init(type: Kind, reason: String, message: String, at: MicroTime, regarding: String? = nil) {
    self.type = type
    self.reason = reason
    self.message = message
    self.at = at
    self.regarding = regarding
  }

  package enum Kind: String, Codable, Sendable, CaseIterable {
    case normal = "Normal"
    case warning = "Warning"
  }

  /// More than this many are not kept: the oldest go untold.
  package static let limit = 64
}

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

    package init(
      rule: String, state: String, message: String, at: MicroTime, channels: [String]? = nil, attempts: Int = 0,
      retryAt: Timestamp? = nil
    ) {
      self.rule = rule
      self.state = state
      self.message = message
      self.at = at
      self.channels = channels
      self.attempts = attempts
      self.retryAt = retryAt
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

extension PendingEvent: SchemaDescribed {
  package static let schema = Schema.object(
    "What an Event is to tell.",
    [
      .required("type", .enumeration(Kind.self, "Type of the Event.")),
      .required("reason", .string("One CamelCase word.", maximum: 1024)),
      .required("message", .string("For people.", maximum: 32768)),
      .required("at", .timestamp("When it was decided.")),
      .optional("regarding", .string("The Job it concerns.", maximum: 253)),
    ])

  static let listSchema = Schema.list(
    "What was decided and no Event tells yet; empty but for a moment.", of: schema, maximum: limit
  ).implying([])
}

extension AlertingStatus: SchemaDescribed {
  package static let schema = Schema.object(
    "Alerts on their way, and the last of each rule.",
    [
      .optional(
        "pending",
        .list(
          "Alerts that not all of their channels have taken yet.", of: PendingAlert.schema, maximum: PendingAlert.limit
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
        "channels", .list("The channels that have not taken it.", of: .string("A channel.", maximum: 253), maximum: 64)),
      .optional("attempts", .integer("How often sending has failed.", minimum: 0).implying(0)),
      .optional("retryAt", .timestamp("When it is tried again.")),
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
