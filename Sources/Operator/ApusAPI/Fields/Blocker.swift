import KubernetesModel

/// What is holding up a run or the servers, as last seen.
package struct Blocker: Codable, Sendable, Equatable {
  /// The pod's own, or that of the last failure: one CamelCase word.
  package var reason: String
  /// For people.
  package var message: String
  /// The pod that does not start; nil: it is about none, or about a try that has failed.
  package var pod: String?
  /// What the cluster said about that pod, in its own words. While it only waits for its next try it says less.
  package var detail: String?
  /// The last attempt that failed, from 1; nil: none has.
  package var attempt: Int?

  package init(reason: String, message: String, pod: String? = nil, detail: String? = nil, attempt: Int? = nil) {
    self.reason = reason
    self.message = message.plain()
    self.pod = pod
    self.detail = detail?.plain()
    self.attempt = attempt
  }
}

extension Blocker: SchemaDescribed {
  package static let schema = Schema.object(
    "What is holding up the run or the servers.",
    [
      .required("reason", .string("One CamelCase word.", maximum: 1024)),
      .required("message", .string("For people.", maximum: 32768)),
      .optional("pod", .string("The pod that does not start.", maximum: 253)),
      .optional("detail", .string("What the cluster said about it.", maximum: 32768)),
      .optional("attempt", .integer("The last attempt that failed; absent: none has.", minimum: 1)),
    ])
}
