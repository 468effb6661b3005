import Values

/// What is wrong with a resource: where, what, and how to mend it. A sentence for a person.
package struct Problem: Error, Sendable, Hashable, CustomStringConvertible {
  /// The field, as people find it: `spec.schema.features[2].maximum`.
  package var path: String
  package var message: String
  package var mend: String
  package var weight: Weight

  package enum Weight: String, Sendable, CaseIterable {
    /// The resource cannot be acted on.
    case error
    /// It can, but hardly does what was meant.
    case warning
  }

  /// Names and values of people's stand in all three: they are made plain, and cut to a kibibyte together.
  package init(_ path: String, _ message: String, mend: String, weight: Weight = .error) {
    self.path = path.plain(255)
    self.message = message.plain(384)
    self.mend = mend.plain(384)
    self.weight = weight
  }

  package var description: String {
    let place = path.isEmpty ? "" : "\(path): "
    return mend.isEmpty ? "\(place)\(message)" : "\(place)\(message); \(mend)"
  }
}
