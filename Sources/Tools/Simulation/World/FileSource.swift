import Tabular

/// The rows of a CSV file in their order, over and over. A column is numeric where every value reads as a number.
package struct FileSource: RowSource {
  package let featureNames: [String]
  package let targetName: String
  package let positiveClass: String
  private let rows: [SimulatedRow]

  /// - Parameters:
  ///   - timestamp: Column that is time and no feature; its values are read as in training, or are ignored.
  package init(csv: [UInt8], target: String, positive: String?, timestamp: String? = nil) throws {
    let raw = try RawTable(csv: csv)
    guard let targetColumn = raw.header.firstIndex(of: target) else {
      throw SimulationError.missingTarget(target, columns: raw.header)
    }
    guard raw.rowCount > 0 else { throw SimulationError.emptyFile }
    let timeColumn = timestamp.flatMap(raw.header.firstIndex)
    let features = raw.header.indices.filter { $0 != targetColumn && $0 != timeColumn }
    let missing = MissingTexts(nil)
    let style = raw.numberStyle(ofColumns: features, missing: missing)
    let numeric = Set(
      features.filter { column in
        (0..<raw.rowCount).allSatisfy { row in
          let text = raw.text(row: row, column: column)
          return missing.contains(text) || style.number(in: text) != nil
        }
      })
    let names = raw.header
    rows = (0..<raw.rowCount).map { row in
      var values: [String: SimulatedValue] = [:]
      for column in features {
        let text = raw.text(row: row, column: column)
        values[names[column]] =
          if text.isEmpty || numeric.contains(column) && missing.contains(text) {
            .missing
          } else if numeric.contains(column) {
            .number(style.number(in: text) ?? .nan)
          } else {
            .text(text)
          }
      }
      let time = timeColumn.flatMap { Tabular.timestamp(in: raw.text(row: row, column: $0)) }
      return SimulatedRow(
        time: time ?? Double(row), values: values, label: raw.text(row: row, column: targetColumn))
    }
    featureNames = features.map { names[$0] }
    targetName = target
    positiveClass = positive ?? Set(rows.map(\.label)).max() ?? ""
  }

  package var rowCount: Int? { rows.count }

  package func row(at index: Int) -> SimulatedRow { rows[index % rows.count] }
}
