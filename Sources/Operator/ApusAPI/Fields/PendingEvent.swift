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
    self.message = message.plain()
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

extension PendingEvent: SchemaDescribed {
  package static let schema = Schema.object(
    "An Event that is still to be written.",
    [
      .required("type", .enumeration(Kind.self, "Type of the Event.")),
      .required("reason", .string("One CamelCase word.", maximum: 1024)),
      .required("message", .string("For people.", maximum: 32768)),
      .required("at", .timestamp("When it was decided.")),
      .optional("regarding", .string("The Job it concerns.", maximum: 253)),
    ])

  static let listSchema = Schema.list(
    "Events that are decided but not written yet; empty except for a moment.", of: schema, maximum: limit
  ).implying([])
}
