import Foundation
import Tabular

/// Rows as the lines of a CSV file: the features in the source's order, then columns that drift added, the time, the label.
package struct RowsAsCSV: Sendable {
  package let header: [String]
  private let features: [String]

  /// - Parameter timestamp: Name of the time's column; nil leaves the time out.
  package init(rows: [SimulatedRow], source: some RowSource, timestamp: String?) {
    let known = Set(source.featureNames)
    var added: Set<String> = []
    for row in rows { added.formUnion(row.values.keys.filter { !known.contains($0) }) }
    features = source.featureNames + added.sorted()
    header = (timestamp.map { [$0] } ?? []) + features + [source.targetName]
  }

  /// Lines with an LF each, without the header.
  package func lines(_ rows: [SimulatedRow]) -> String {
    var text = ""
    for row in rows {
      var cells = header.count > features.count + 1 ? [numberText(row.time)] : []
      for name in features {
        switch row.values[name] {
        case .number(let value): cells.append(numberText(value))
        case .text(let value): cells.append(Self.quoted(value))
        case .missing, nil: cells.append("")
        }
      }
      cells.append(Self.quoted(row.label))
      text += cells.joined(separator: ",") + "\n"
    }
    return text
  }

  private static func quoted(_ text: String) -> String {
    guard text.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return text }
    return "\"" + text.replacingOccurrences(of: "\"", with: "\"\"") + "\""
  }
}
