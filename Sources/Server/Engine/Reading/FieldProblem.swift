/// What is wrong with one field of a request. Its texts are cut to the most bytes they may have.
package struct FieldProblem: Sendable, Equatable {
  package var field: String
  package var reason: Reason
  /// A sentence for a person.
  package var message: String

  /// Also the value of the label `reason` of `apus_validation_failures_total`.
  package enum Reason: String, Sendable, CaseIterable {
    /// No such feature.
    case unknown
    /// Not given, and must be.
    case missing
    /// Null, and may not be.
    case null
    case wrongType = "wrong_type"
    case outOfRange = "out_of_range"
    /// A category that the model was not trained for.
    case unseenCategory = "unseen_category"
    /// NaN, an infinity, or too large.
    case notFinite = "not_finite"
    /// The same name more than once.
    case repeated
    case tooLong = "too_long"

    /// Position among all cases, without a search.
    package var position: Int {
      switch self {
      case .unknown: 0
      case .missing: 1
      case .null: 2
      case .wrongType: 3
      case .outOfRange: 4
      case .unseenCategory: 5
      case .notFinite: 6
      case .repeated: 7
      case .tooLong: 8
      }
    }
  }

  /// Bytes of a field's name, and of a message, without the ellipsis of one that was cut.
  package static let (mostField, mostMessage) = (128, 512)

  package init(_ field: String, _ reason: Reason, _ message: String) {
    self.field = field.cut(to: Self.mostField)
    self.reason = reason
    self.message = message.cut(to: Self.mostMessage)
  }
}
