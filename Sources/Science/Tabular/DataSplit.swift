package import WorkerContract

/// Rows by what they are used for; each list in the table's order, but by time where the split is by time.
package struct DataSplit: Sendable, Equatable {
  package var train: [Int]
  package var validation: [Int]
  package var test: [Int]
  /// Classes whose rows were divided by rank because the plain split left a part without them.
  package var rankedClasses: [Int32]

  package init(train: [Int], validation: [Int], test: [Int], rankedClasses: [Int32] = []) {
    self.train = train
    self.validation = validation
    self.test = test
    self.rankedClasses = rankedClasses
  }

  /// Divides the rows of `table` by `plan`; with a test source of its own `plan.test` counts as 0.
  ///
  /// By hash: a row's part is decided by its hash alone (see `RawTable.rowHashes`), so it stays there from one training to
  /// the next. A class that a part would lack is divided by the rank of its rows' hashes instead: first the training part
  /// gets a row, then test, then validation.
  /// By time: oldest rows train, newest test; rows without a time count as oldest; without a timestamp column the
  /// table's order is time.
  /// - Parameters:
  ///   - hashes: Of each row; by time none are needed.
  ///   - classes: Class of each row, -1 for none; see `TargetEncoding.encode`.
  package init(_ table: Table, hashes: [UInt64], classes: [Int32], schema: FeatureSchema, plan: SplitPlan) {
    let testShare = plan.testSource == nil ? clamp(plan.test) : 0
    let validationShare = min(clamp(plan.validation), 1 - testShare)
    switch plan.by {
    case .time:
      self.init(byTime: table, schema: schema, validation: validationShare, test: testShare)
    case .hash:
      self.init(hashes: hashes, classes: classes, validation: validationShare, test: testShare)
    }
  }

  private init(byTime table: Table, schema: FeatureSchema, validation: Double, test: Double) {
    let rows = table.rowsByTime(timestamp: schema.timestamp)
    let testCount = Int((Double(rows.count) * test).rounded())
    let validationCount = min(Int((Double(rows.count) * validation).rounded()), rows.count - testCount)
    let trainCount = rows.count - testCount - validationCount
    self.init(
      train: Array(rows[..<trainCount]), validation: Array(rows[trainCount..<(trainCount + validationCount)]),
      test: Array(rows[(trainCount + validationCount)...]))
  }

  init(hashes: [UInt64], classes: [Int32], validation: Double, test: Double) {
    let testLimit = Self.limit(test)
    let validationLimit = Self.limit(test + validation)
    var parts = hashes.map { hash -> Part in
      let position = Self.position(hash)
      return position < testLimit ? .test : position < validationLimit ? .validation : .train
    }
    var wanted: [Part] = [.train]
    if test > 0 { wanted.append(.test) }
    if validation > 0 { wanted.append(.validation) }

    var rowsOfClass: [Int32: [Int]] = [:]
    for (row, code) in classes.enumerated() where code >= 0 { rowsOfClass[code, default: []].append(row) }
    var ranked: [Int32] = []
    for (code, rows) in rowsOfClass {
      let present = Set(rows.map { parts[$0] })
      guard wanted.contains(where: { !present.contains($0) }) else { continue }
      ranked.append(code)
      let sorted = rows.sorted { (hashes[$0], $0) < (hashes[$1], $1) }
      let shares = Part.counts(of: rows.count, validation: validation, test: test, wanted: wanted)
      for (rank, row) in sorted.enumerated() {
        parts[row] = rank < shares.test ? .test : rank < shares.test + shares.validation ? .validation : .train
      }
    }
    self.init(
      train: parts.indices.filter { parts[$0] == .train },
      validation: parts.indices.filter { parts[$0] == .validation },
      test: parts.indices.filter { parts[$0] == .test }, rankedClasses: ranked.sorted())
  }

  /// Where a hash lies in 0 ..< 2^53: test rows come first, then validation rows.
  static func position(_ hash: UInt64) -> UInt64 { hash >> 11 }

  /// The end of the first part of this share.
  static func limit(_ share: Double) -> UInt64 { UInt64(clamp(share) * 0x1p53) }

  private enum Part {
    case train, validation, test

    /// Rows of a class for test and validation, so that every wanted part gets one while there are enough.
    static func counts(
      of rows: Int, validation: Double, test: Double, wanted: [Part]
    ) -> (test: Int, validation: Int) {
      var testCount = Int((Double(rows) * test).rounded())
      var validationCount = Int((Double(rows) * validation).rounded())
      if wanted.contains(.test), rows >= 2 { testCount = max(1, testCount) }
      if wanted.contains(.validation), rows >= wanted.count { validationCount = max(1, validationCount) }
      while testCount + validationCount > max(0, rows - 1) {
        if validationCount > 0, validationCount >= testCount {
          validationCount -= 1
        } else {
          testCount -= 1
        }
      }
      return (testCount, validationCount)
    }
  }
}

private func clamp(_ share: Double) -> Double { share.isNaN ? 0 : min(max(share, 0), 1) }
