import JSON
package import Schema

/// What the bearer of a client's token may do. Changing the routing table is none of these: only the operator may.
public enum ServingRight: String, Codable, Sendable, CaseIterable {
  /// Ask for predictions.
  case predict
  /// Give labels, which decide about retraining.
  case feedback
  /// Read the prediction log, which holds what clients have sent.
  case logs
}

extension ServingRight {
  package static let list = Schema.list(
    "What these tokens may do: predict, feedback (give labels), logs (read the prediction log on port 8081).",
    of: .enumeration(ServingRight.self, "A right."), minimum: 1, maximum: ServingRight.allCases.count)
}
