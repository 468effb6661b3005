import WorkerContract
import Values

/// How often each level of a column occurs, and what that says about its worth to a model.
struct LevelUse {
  /// By level; the listed ones stand first.
  private let counts: [Int]
  private let levels: [String]
  private let listed: Int
  private let rowCount: Int

  init(codes: [Int32], levels: [String], listed: [String]) {
    var counts = [Int](repeating: 0, count: levels.count)
    for code in codes where code >= 0 { counts[Int(code)] += 1 }
    self.counts = counts
    self.levels = levels
    self.listed = min(listed.count, levels.count)
    rowCount = codes.count
  }

  private var unused: [String] { (0..<listed).filter { counts[$0] == 0 }.map { levels[$0] } }
  private var occurring: Int { counts.count { $0 > 0 } }

  /// - Parameter firstUnknown: The first value that is not listed, and where it stands.
  func findings(_ feature: FeatureSchema.Feature, firstUnknown: (text: String, place: String)?) -> [Finding] {
    if let size = sizeFinding(feature) { return [size] }
    guard listed > 0, rowCount > 0 else { return [] }
    let known = counts[..<listed].reduce(0, +)
    if let firstUnknown, known == 0 {
      return [
        Finding(
          .featureAlwaysUnknown, column: feature.name, count: counts.reduce(0, +),
          message: "column \(feature.name): no value is among its categories \(named(feature.categories)), first "
            + "'\(firstUnknown.text)' at \(firstUnknown.place): correct spec.schema.features, or take the feature out")
      ]
    }
    guard known > 0, !unused.isEmpty else { return [] }
    return [
      Finding(
        .unusedCategory, column: feature.name, count: unused.count,
        message: "column \(feature.name): \(unused.count == 1 ? "category" : "categories") \(named(unused)) "
          + "\(unused.count == 1 ? "is" : "are") listed and in no row: the model knows nothing about "
          + "\(unused.count == 1 ? "it" : "them"); check the spelling, or remove \(unused.count == 1 ? "it" : "them")")
    ]
  }

  /// Each level becomes a number of every encoded row.
  private func sizeFinding(_ feature: FeatureSchema.Feature) -> Finding? {
    let count = levels.count
    let isLarge = count > 1000 && count * rowCount > 100_000_000
    if isLarge || listed == 0 && (count > 10_000 || count > 1000 && count * 2 > rowCount) {
      return Finding(
        .tooManyCategories, column: feature.name, count: count,
        message:
          "column \(feature.name) has \(count) different texts in \(Figures.count(rowCount, "row")), which are no "
          + "categories: take it out of spec.schema.features, or list the categories that matter")
    }
    guard listed == 0, occurring > 50, occurring * 2 > rowCount else { return nil }
    return Finding(
      .identifyingCategories, column: feature.name, count: occurring,
      message:
        "column \(feature.name) has \(occurring) different texts in \(Figures.count(rowCount, "row")), which name rows "
        + "rather than kinds of rows: take it out of spec.schema.features, or list the categories that matter")
  }

  func findings(_ target: FeatureSchema.Target) -> [Finding] {
    if occurring > 1000 || occurring > 50 && occurring * 2 > rowCount {
      return [
        Finding(
          .tooManyClasses, column: target.name, count: occurring,
          message:
            "target \(target.name) has \(occurring) different values in \(Figures.count(rowCount, "row")), which are no "
            + "classes: name a column of categories in spec.schema.target.name (numbers are not predicted)")
      ]
    }
    let present = occurring
    let unused = unused.filter { level in
      target.positive.map { ValueReading.identity($0) != ValueReading.identity(level) } ?? true
    }
    // A single class, or none of the positive one, is an error of its own.
    guard present > 1, !unused.isEmpty else { return [] }
    return [
      Finding(
        .unusedClass, column: target.name, count: unused.count,
        message: "target \(target.name): \(unused.count == 1 ? "class" : "classes") \(named(unused)) "
          + "\(unused.count == 1 ? "is" : "are") listed and in no row, so that the model never learns "
          + "\(unused.count == 1 ? "it" : "them"): check the spelling, or widen the window")
    ]
  }

  private func named(_ levels: [String]) -> String { Tabular.listed(levels) }
}

extension StrayClass {
  func finding(_ target: FeatureSchema.Target, place: String) -> Finding {
    Finding(
      .strayClass, column: target.name, count: count, firstLine: firstLine,
      message:
        "target \(target.name): \(Figures.count(count, "value")) \(count == 1 ? "is" : "are") not among its classes "
        + "\(listed(target.classes)), first '\(excerpt(text))' at \(place) \(firstLine): left out; mend the rows or add the class"
    )
  }
}
