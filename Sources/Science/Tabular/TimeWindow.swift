extension Table {
  /// All rows from oldest to newest, equal times in the table's order; rows without a time first. Without such a numeric
  /// column: the table's order.
  package func rowsByTime(timestamp: String?) -> [Int] {
    guard let timestamp, case .numeric(let times) = self[timestamp] else { return Array(0..<rowCount) }
    return (0..<rowCount).sorted { first, second in
      let (left, right) = (
        times[first].isNaN ? -.infinity : times[first], times[second].isNaN ? -.infinity : times[second]
      )
      return (left, first) < (right, second)
    }
  }
}
