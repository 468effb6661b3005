/// What injectors must know of a source to change its rows in proportion: taken from its first rows.
package struct SourceProfile: Sendable {
  struct Numeric: Sendable {
    var mean: Double
    var deviation: Double
    var median: Double
    var minimum: Double
  }

  /// By feature, only features that have numbers.
  var numeric: [String: Numeric]
  /// Features whose values are texts, in order.
  var categorical: [String]
  var featureNames: [String]
  /// Rows by label.
  var byLabel: [String: [SimulatedRow]]

  package init(of source: some RowSource, rows: Int = 1000) {
    let sample = (0..<max(1, min(rows, source.rowCount ?? rows))).map(source.row)
    featureNames = source.featureNames
    byLabel = Dictionary(grouping: sample, by: \.label)
    numeric = [:]
    categorical = []
    for name in source.featureNames {
      let numbers = sample.compactMap { $0.values[name]?.number }.sorted()
      if numbers.isEmpty {
        if sample.contains(where: { $0.values[name]?.text != nil }) { categorical.append(name) }
        continue
      }
      let mean = numbers.reduce(0, +) / Double(numbers.count)
      let variance = numbers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(numbers.count)
      numeric[name] = Numeric(
        mean: mean, deviation: variance.squareRoot(), median: numbers[numbers.count / 2], minimum: numbers[0])
    }
  }

  /// Numeric features in the source's order.
  var numericNames: [String] { featureNames.filter { numeric[$0] != nil } }
}
