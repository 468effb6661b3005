import Statistics
import Values

/// Changes rows as a plan of injections says. The same seed, source and plan give the same rows; injections compose in
/// the order given.
package struct DriftInjector: Sendable {
  private let injections: [DriftInjection]
  private let profile: SourceProfile
  private let seed: Int
  /// Features that the drift is about, chosen once by the seed: half of the numeric ones, at least one.
  private let movedNumeric: [String]
  private let movedCategorical: [String]
  private let renamed: String?
  private let dropped: String?
  private let pivot: String?

  package init(_ injections: [DriftInjection], profile: SourceProfile, seed: Int) {
    self.injections = injections
    self.profile = profile
    self.seed = seed
    var random = SeededGenerator(seed: seed).forked("drifting features")
    let numeric = profile.numericNames
    movedNumeric = random.sample(max(1, numeric.count / 2), of: numeric.count).map { numeric[$0] }
    let categorical = profile.categorical
    movedCategorical = random.sample(max(1, categorical.count / 2), of: categorical.count).map { categorical[$0] }
    let names = profile.featureNames
    dropped = names.isEmpty ? nil : names[random.index(below: names.count)]
    let others = names.filter { [dropped] in $0 != dropped }
    renamed = others.isEmpty ? nil : others[random.index(below: others.count)]
    pivot = numeric.isEmpty ? nil : numeric[random.index(below: numeric.count)]
  }

  /// The source's row at `index` with everything that goes wrong by then.
  package func row(at index: Int, of source: some RowSource) -> SimulatedRow {
    var row = source.row(at: index)
    for (position, injection) in injections.enumerated() {
      let strength = injection.strength(at: index)
      guard strength > 0 else { continue }
      var random = SeededGenerator(seed: seed).forked("drift \(position) \(index)")
      inject(injection.kind, strength, into: &row, index: index, using: &random)
    }
    return row
  }

  private func inject(
    _ kind: DriftKind, _ strength: Double, into row: inout SimulatedRow, index: Int, using random: inout SeededGenerator
  ) {
    switch kind {
    case .covariate: moveNumbers(by: strength, in: &row)
    case .label: changeClassShares(strength, in: &row, using: &random)
    case .concept: changeMeaning(strength, in: &row, using: &random)
    case .missing: loseValues(strength, in: &row, using: &random)
    case .schema: breakSchema(strength, in: &row, using: &random)
    case .categorical: inventLevels(strength, in: &row, using: &random)
    case .temporal: swing(strength, in: &row, index: index)
    }
  }

  /// Up by as much as two standard deviations; what cannot be negative stays so.
  private func moveNumbers(by strength: Double, in row: inout SimulatedRow) {
    for name in movedNumeric {
      guard let value = row.values[name]?.number, let known = profile.numeric[name] else { continue }
      row.values[name] = .number(value + 2 * strength * known.deviation)
    }
  }

  /// A row of another class in its place, so that the rarer classes come up to half of the time more often.
  private func changeClassShares(
    _ strength: Double, in row: inout SimulatedRow, using random: inout SeededGenerator
  ) {
    guard random.bernoulli(strength / 2) else { return }
    let label = row.label
    let others = profile.byLabel.keys.filter { $0 != label }.sorted()
    guard !others.isEmpty, let pool = profile.byLabel[others[random.index(below: others.count)]] else { return }
    let time = row.time
    row = pool[random.index(below: pool.count)]
    row.time = time
  }

  /// The source's own other concept where it has one; else labels are exchanged above the median of one feature.
  private func changeMeaning(_ strength: Double, in row: inout SimulatedRow, using random: inout SeededGenerator) {
    guard random.bernoulli(strength) else { return }
    if let label = row.labelUnderNewConcept {
      row.label = label
      return
    }
    guard let pivot, let value = row.values[pivot]?.number, let known = profile.numeric[pivot], value > known.median
    else { return }
    let label = row.label
    let others = profile.byLabel.keys.filter { $0 != label }.sorted()
    if !others.isEmpty { row.label = others[random.index(below: others.count)] }
  }

  private func loseValues(_ strength: Double, in row: inout SimulatedRow, using random: inout SeededGenerator) {
    for name in movedNumeric + movedCategorical where random.bernoulli(strength * 0.6) { row.values[name] = .missing }
  }

  private func breakSchema(_ strength: Double, in row: inout SimulatedRow, using random: inout SeededGenerator) {
    guard random.bernoulli(strength) else { return }
    if let dropped { row.values[dropped] = nil }
    if let renamed, let value = row.values.removeValue(forKey: renamed) { row.values[renamed + "_v2"] = value }
    if let first = movedNumeric.first(where: { $0 != dropped && $0 != renamed }), let value = row.values[first]?.number
    {
      row.values[first] = .text("\(value) units")
    }
  }

  private func inventLevels(_ strength: Double, in row: inout SimulatedRow, using random: inout SeededGenerator) {
    for name in movedCategorical where random.bernoulli(strength) {
      row.values[name] = .text("new_\(random.index(below: 3))")
    }
  }

  /// A season of 500 rows with an amplitude of as much as 1.5 deviations, and event times up to 30 days late.
  private func swing(_ strength: Double, in row: inout SimulatedRow, index: Int) {
    let season = Season.value(at: index, period: 500)
    for name in movedNumeric {
      guard let value = row.values[name]?.number, let known = profile.numeric[name] else { continue }
      let moved = value + 1.5 * strength * known.deviation * season
      row.values[name] = .number(known.minimum >= 0 ? max(0, moved) : moved)
    }
    row.time -= strength * 30 * 86_400
  }
}
