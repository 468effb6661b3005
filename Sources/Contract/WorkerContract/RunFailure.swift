import JSON
package import Schema

/// Why a run ended without a result.
public struct RunFailure: Codable, Sendable, Equatable {
  /// CamelCase, becomes the reason of a condition: `SourceUnreadable`, `TargetColumnMissing`, `SingleClass`, `NoRows` …
  public var reason: String
  /// A sentence for a person that names the field and the mend.
  public var message: String
  /// False where trying again with the same input cannot help.
  public var retryable: Bool
  /// The step that failed: ingest, validate, features, split, train, evaluate, register; or read, compare, report; or
  /// remove.
  public var step: String

  public init(reason: String, message: String, retryable: Bool, step: String) {
    self.reason = reason
    self.message = message
    self.retryable = retryable
    self.step = step
  }
}

extension RunFailure: SchemaDescribed {
  package static let schema = Schema.object(
    "Why the run ended without a result.",
    [
      .required("reason", .string("One CamelCase word.", maximum: 1024)),
      .required("message", .string("For people.", maximum: 32768)),
      .required("retryable", .boolean("Whether trying again with the same input can help.")),
      .required("step", .string("The step that failed.", maximum: 64)),
    ])
}
