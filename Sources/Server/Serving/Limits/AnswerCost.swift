import Engine

/// What an answer takes at most, before any of it is made. What no number can hold is the largest there is.
struct AnswerCost: Sendable, Equatable {
  /// Of the answer.
  var bytes: Int
  /// Of an answer as most are, with a few warnings for each row: taken before it is made, and what it turns out to have more, then.
  var typical: Int
  /// Of its explanations.
  var steps: Int
  /// Bytes of memory that explaining a row takes for as long as it lasts.
  var scratch: Int
  /// Of its predictions, in steps as well.
  var work: Int
  var rows: Int
  /// Rows that are explained.
  var explained: Int

  /// Of predictions in JSON.
  /// - Parameter idBytes: Of all rows' request ids, as JSON writes them.
  init(rows: Int, explained: Int, idBytes: Int, bounds: RowBounds) {
    let others = Self.sum(Self.product(explained, bounds.explanation), idBytes)
    bytes = Self.sum(Self.sum(Self.product(rows, bounds.prediction), others), Self.problems)
    typical = Self.sum(Self.product(rows, bounds.typical), others)
    steps = Self.product(explained, bounds.steps)
    scratch = explained > 0 ? bounds.scratch : 0
    work = Self.product(rows, bounds.work)
    self.rows = rows
    self.explained = explained
  }

  /// Of tensors.
  /// - Parameters:
  ///   - rowBytes: Of all outputs, for each row.
  ///   - stepsOfRow: Of explaining one; 0 where nothing is explained.
  init(rows: Int, rowBytes: Int, stepsOfRow: Int, scratch: Int, workOfRow: Int) {
    // With the names around the tensors.
    bytes = Self.sum(Self.product(rows, rowBytes), 4096)
    typical = bytes
    steps = Self.product(rows, stepsOfRow)
    self.scratch = scratch
    work = Self.product(rows, workOfRow)
    self.rows = rows
    explained = stepsOfRow > 0 ? rows : 0
  }

  /// Of the problems that an answer tells.
  private static let problems = 96 << 10

  /// What a text of so many bytes takes at most: six for one where it is a control character.
  static func quoted(_ bytes: Int) -> Int { bytes * 6 + 2 }

  private static func product(_ left: Int, _ right: Int) -> Int {
    let (product, isTooLarge) = left.multipliedReportingOverflow(by: right)
    return isTooLarge ? .max : product
  }

  private static func sum(_ left: Int, _ right: Int) -> Int {
    let (sum, isTooLarge) = left.addingReportingOverflow(right)
    return isTooLarge ? .max : sum
  }
}
