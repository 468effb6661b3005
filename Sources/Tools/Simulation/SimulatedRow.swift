/// One labelled event of a simulated world or of a file.
package struct SimulatedRow: Sendable, Equatable {
  /// Seconds since 1970.
  package var time: Double
  /// By feature name; a name that is not there was not sent at all.
  package var values: [String: SimulatedValue]
  package var label: String
  /// What the label would be if the relation between features and label had changed; nil where the source cannot tell.
  package var labelUnderNewConcept: String?

  package init(
    time: Double, values: [String: SimulatedValue], label: String, labelUnderNewConcept: String? = nil
  ) {
    self.time = time
    self.values = values
    self.label = label
    self.labelUnderNewConcept = labelUnderNewConcept
  }
}

package enum SimulatedValue: Sendable, Equatable {
  case missing
  case number(Double)
  case text(String)

  package var number: Double? {
    guard case .number(let value) = self else { return nil }
    return value
  }

  package var text: String? {
    guard case .text(let value) = self else { return nil }
    return value
  }
}

/// Where rows come from: the same index gives the same row, so that traffic and a file can hold the same events.
package protocol RowSource: Sendable {
  /// Names of the features, in the order of a file's columns.
  var featureNames: [String] { get }
  /// Name of the label's column.
  var targetName: String { get }
  /// The class whose recall and precision are reported.
  var positiveClass: String { get }
  /// Rows that the source has; nil where it never ends.
  var rowCount: Int? { get }

  func row(at index: Int) -> SimulatedRow
}
