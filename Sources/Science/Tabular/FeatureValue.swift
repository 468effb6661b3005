/// One value of one feature as the encoder takes it. Trivial, so that arrays of it are never reference-counted.
package enum FeatureValue: Sendable, Equatable {
  case missing
  case number(Double)
  /// Position in the feature's learned categories.
  case category(Int32)
  /// A category that training did not see.
  case unseen
}
