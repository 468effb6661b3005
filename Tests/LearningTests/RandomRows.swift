import Learning
import Values

/// Random numbers that are the same in every run.
struct Dice {
  private var generator: SplitMix64

  init(state: UInt64) { generator = SplitMix64(seed: state) }

  mutating func next() -> UInt64 { generator.next() }
  mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(limit)) }
  mutating func unit() -> Double { Double(next() >> 11) / 0x1p53 }
}

/// Random rows with missing values; labels follow the first columns and the last, so that trees have something to find.
enum RandomRows {
  static func smooth(_ count: Int, width: Int, classes: Int, missing: Double, seed: UInt64) -> LabelledRows {
    rows(count, width: width, classes: classes, missing: missing, seed: seed, partner: 1 % width) { $0.unit() * 4 - 2 }
  }

  /// Columns from the third on hold few different values, so that trees split on them often.
  static func coarse(_ count: Int, width: Int, classes: Int, missing: Double, seed: UInt64) -> LabelledRows {
    var column = 0
    return rows(count, width: width, classes: classes, missing: missing, seed: seed, partner: width - 1) { dice in
      defer { column = (column + 1) % width }
      return column < 3 ? dice.unit() * 4 - 2 : (dice.unit() * 3).rounded(.down)
    }
  }

  private static func rows(
    _ count: Int, width: Int, classes: Int, missing: Double, seed: UInt64, partner: Int,
    _ value: (inout Dice) -> Double
  ) -> LabelledRows {
    var dice = Dice(state: seed)
    var values: [Float] = []
    var labels: [Int] = []
    for _ in 0..<count {
      let row = (0..<width).map { _ in Float(value(&dice)) }
      let sum = row[0] + row[1] * row[partner] + Float(dice.unit())
      labels.append(min(max(Int(sum + 1), 0), classes - 1))
      values += row.map { dice.unit() < missing ? .nan : $0 }
    }
    return LabelledRows(values: values, width: width, labels: labels)
  }
}
