/// How much one encoded column matters to a model.
package struct Importance: Codable, Sendable, Equatable {
  package var column: String
  /// Share of the loss reduction of all splits, or of the absolute weights of a linear model's standardised columns; 0…1.
  package var share: Double
  /// Mean loss reduction of the column's splits (XGBoost's importance type `gain`), or the mean absolute weight.
  package var gain: Double
  /// Number of splits; nil for a linear model.
  package var splits: Int?

  package init(column: String, share: Double, gain: Double, splits: Int? = nil) {
    self.column = column
    self.share = share
    self.gain = gain
    self.splits = splits
  }
}

extension Model {
  /// The `limit` most important columns by share, columns of no importance left out. `names` are the columns' names.
  package func importances(names: [String], limit: Int = 20) -> [Importance] {
    let all: [Importance]
    if let (gains, splits) = splitGains {
      let total = gains.reduce(0, +)
      all = zip(names, zip(gains, splits)).map { name, column in
        Importance(
          column: name, share: total > 0 ? column.0 / total : 0,
          gain: column.1 > 0 ? column.0 / Double(column.1) : 0, splits: column.1)
      }
    } else {
      let sizes = zip(coefficients ?? [], deviations ?? []).map { weights, deviation in
        weights.reduce(0.0) { $0 + Double(abs($1)) } * deviation / Double(max(weights.count, 1))
      }
      let total = sizes.reduce(0, +)
      all = zip(names, sizes).map { Importance(column: $0, share: total > 0 ? $1 / total : 0, gain: $1) }
    }
    return Array(all.filter { $0.share > 0 }.sorted { ($0.share, $1.column) > ($1.share, $0.column) }.prefix(limit))
  }
}
