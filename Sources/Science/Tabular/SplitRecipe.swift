package import WorkerContract

/// How the rows of a training were divided, as its artifact records it: from this the next training knows which rows the
/// version was not trained on.
package struct SplitRecipe: Codable, Sendable, Equatable {
  package var by: SplitPlan.Method
  package var seed: Int
  package var validation: Double
  package var test: Double
  /// Whether the test rows had a source of their own: then the version learned from all rows of the source.
  package var hasTestSource: Bool
  /// By hash: what the hash is of.
  package var identity: RowIdentity?
  /// By time: the newest row learned from, in seconds since 1970. nil where rows have no time.
  package var learnedUntil: Double?
  /// By hash: classes whose rows were divided by rank, which changes as rows come and go.
  package var rankedClasses: [String]

  package init(
    _ plan: SplitPlan, identity: RowIdentity? = nil, learnedUntil: Double? = nil, rankedClasses: [String] = []
  ) {
    by = plan.by
    seed = plan.seed
    validation = plan.validation
    test = plan.testSource == nil ? plan.test : 0
    hasTestSource = plan.testSource != nil
    self.identity = identity
    self.learnedUntil = learnedUntil
    self.rankedClasses = rankedClasses
  }

  /// Whether every test row of `other`, a split of whatever rows, was held back here too: no hash needs to be worked out.
  package func heldBackTestRows(of other: SplitRecipe) -> Bool {
    by == .hash && other.by == .hash && !hasTestSource && !other.hasTestSource && identity == other.identity
      && identity != nil && seed == other.seed && test >= other.test && rankedClasses.isEmpty
      && other.rankedClasses.isEmpty
  }

  /// What can be said about rows and the training of the version that has this recipe.
  package enum Knowledge: Sendable, Equatable {
    /// Whether each row was surely held back from the training.
    case heldBack([Bool])
    /// Why it cannot be known, as the end of a sentence.
    case unknown(String)
  }

  /// Which of these rows did not train the version, wherever it met them.
  /// - Parameters:
  ///   - rows: As the source gives them.
  ///   - times: Of each row, in seconds since 1970, NaN where it has none; nil where the schema names no timestamp.
  ///   - classes: Name of each row's class.
  package func knowledge(of rows: RawTable, times: [Double]?, classes: [String]) -> Knowledge {
    guard !hasTestSource else { return .heldBack([Bool](repeating: false, count: rows.rowCount)) }
    switch by {
    case .time:
      guard let learnedUntil, let times else { return .unknown("its rows have no time") }
      return .heldBack(times.map { $0 > learnedUntil })
    case .hash:
      guard let identity else { return .unknown("its split was not recorded") }
      guard let hashes = rows.rowHashes(by: identity, seed: seed) else {
        let missing = identity.columns.filter { !rows.header.contains($0) }
        return .unknown("its rows were told apart by columns that the source has no longer: \(listed(missing))")
      }
      let ranked = Set(rankedClasses)
      let limit = DataSplit.limit(test)
      return .heldBack(
        hashes.indices.map { row in
          DataSplit.position(hashes[row]) < limit || (row < classes.count && ranked.contains(classes[row]))
        })
    }
  }
}
