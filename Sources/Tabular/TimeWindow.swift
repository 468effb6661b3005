package import WorkerContract

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

  /// The rows younger than `window`, counted back from the newest; all rows where there is no such numeric column or no
  /// time in it. Rows without a time are left out.
  package func rows(within window: TimeSpan, timestamp: String?) -> [Int] {
    guard let timestamp, case .numeric(let times) = self[timestamp],
      let newest = times.lazy.filter({ !$0.isNaN }).max()
    else { return Array(0..<rowCount) }
    let oldest = newest - window.seconds
    return (0..<rowCount).filter { times[$0] > oldest }
  }
}
