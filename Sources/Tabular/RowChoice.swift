import WorkerContract

/// The rows of a source that a reading is about.
struct RowChoice {
  let rows: RawTable
  /// Rows within the window that were left out because their target is missing.
  let unlabelled: Int
  /// Where the first of them stands.
  let firstUnlabelled: Int
  /// Whether no row has a target; then all are kept, so that the findings can say what else they are.
  let isUnlabelled: Bool
}

extension RawTable {
  /// The rows within the window that have a target.
  func choosing(schema: FeatureSchema, requiresTarget: Bool, window: TimeSpan?) -> RowChoice {
    var kept = [Bool](repeating: true, count: rowCount)
    if let window, let name = schema.timestamp, let column = header.firstIndex(of: name) {
      var times = [Double](repeating: .nan, count: rowCount)
      forEachCell(ofColumn: column) { row, text in times[row] = timestamp(in: text) ?? .nan }
      if let newest = times.lazy.filter({ !$0.isNaN }).max() {
        // A time that cannot be read stays, to be reported; a missing one says nothing.
        let missing = MissingTexts(schema.missing)
        forEachCell(ofColumn: column) { row, text in
          kept[row] = times[row].isNaN ? !missing.contains(text) : times[row] > newest - window.seconds
        }
      }
    }
    var (unlabelled, first) = (0, 0)
    var isUnlabelled = false
    if requiresTarget, let column = header.firstIndex(of: schema.target.name) {
      let missing = MissingTexts(schema.missing, besides: schema.target.classes)
      var labelled = kept
      forEachCell(ofColumn: column) { row, text in
        guard kept[row], missing.contains(text) else { return }
        if unlabelled == 0 { first = line(of: row) }
        unlabelled += 1
        labelled[row] = false
      }
      isUnlabelled = unlabelled > 0 && !labelled.contains(true)
      if !isUnlabelled { kept = labelled }
    }
    let rows = kept.contains(false) ? selecting(rows: kept.indices.filter { kept[$0] }) : self
    return RowChoice(rows: rows, unlabelled: unlabelled, firstUnlabelled: first, isUnlabelled: isUnlabelled)
  }
}
