import WorkerContract

/// The rows of a source that a reading is about.
struct RowChoice {
  let rows: RawTable
  /// Rows within the window that were left out because their target is missing.
  let unlabelled: Int
  /// Where the first of them stands.
  let firstUnlabelled: Int
  /// Rows within the window that were left out because the target does not list their class.
  let strayClass: StrayClass?
  /// Whether no row has a target; then all are kept, so that the findings can say what else they are.
  let isUnlabelled: Bool
}

struct StrayClass {
  var count = 0
  var firstLine = 0
  var text = ""
}

extension RawTable {
  /// The rows within the window that have a target; without those of unlisted classes, where they are few.
  func choosing(
    schema: FeatureSchema, requiresTarget: Bool, window: TimeSpan?, limits: DataLimits = .init()
  ) -> RowChoice {
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
    let stray = requiresTarget && !isUnlabelled ? removeStrayClasses(schema.target, limits, from: &kept) : nil
    let rows = kept.contains(false) ? selecting(rows: kept.indices.filter { kept[$0] }) : self
    return RowChoice(
      rows: rows, unlabelled: unlabelled, firstUnlabelled: first, strayClass: stray,
      isUnlabelled: isUnlabelled)
  }

  private func removeStrayClasses(
    _ target: FeatureSchema.Target, _ limits: DataLimits, from kept: inout [Bool]
  ) -> StrayClass? {
    guard !target.classes.isEmpty, let column = header.firstIndex(of: target.name) else { return nil }
    let classes = ValueIndex(target.classes)
    var stray = StrayClass()
    var listed = kept
    forEachCell(ofColumn: column) { row, text in
      guard kept[row], classes.code(of: text) < 0 else { return }
      if stray.count == 0 {
        stray.firstLine = line(of: row)
        stray.text = String(String(decoding: text, as: UTF8.self).prefix(40))
      }
      stray.count += 1
      listed[row] = false
    }
    let rows = kept.count { $0 }
    guard stray.count > 0, Double(stray.count) <= limits.unknownClass * Double(rows) else { return nil }
    kept = listed
    return stray
  }
}
