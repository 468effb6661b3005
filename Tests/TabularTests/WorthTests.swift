import Tabular
import Testing
import WorkerContract

/// Findings about what nothing can be learned from, and about the few odd values that must not keep a model from being trained.
@Suite struct WorthTests {
  private func read(
    _ rows: [[String]], classes: [String] = [], positive: String? = nil, categories: [String] = [],
    onUnknown: FeatureSchema.UnknownPolicy = .warn, limits: DataLimits = .init()
  ) -> TableReading {
    let schema = FeatureSchema(
      target: .init(name: "y", positive: positive, classes: classes),
      features: [.init(name: "c", type: .categorical, nullable: true, categories: categories, onUnknown: onUnknown)])
    return RawTable(header: ["c", "y"], rows: rows).read(schema: schema, limits: limits)
  }

  private func rows(_ count: Int, _ row: (Int) -> [String]) -> [[String]] { (0..<count).map(row) }

  @Test func `a listed category that no row has is a warning`() {
    let reading = read(rows(40) { ["\($0 % 2)", "\($0 % 2)"] }, categories: ["1.0", "0", "green", "blue"])
    #expect(reading.failures == [] && reading.warnings.map(\.reason) == [.unusedCategory])
    #expect(
      reading.warnings.first?.message
        == "column c: categories 'green', 'blue' are listed and in no row: the model knows nothing about them; "
        + "check the spelling, or remove them")
  }

  @Test(arguments: FeatureSchema.UnknownPolicy.allCases)
  func `a feature whose values are all unknown is an error`(policy: FeatureSchema.UnknownPolicy) {
    let values = ["Male", "Female"]
    let reading = read(rows(40) { [values[$0 % 2], "\($0 % 2)"] }, categories: ["m", "f"], onUnknown: policy)
    #expect(reading.failures.map(\.reason) == [.featureAlwaysUnknown])
    #expect(reading.failures.first?.message.contains("first 'Male' at row 1") == true)
  }

  @Test func `an unknown level is treated as in serving`() {
    let data = rows(40) { [$0 == 3 ? "new" : "\($0 % 2)", "\($0 % 2)"] }
    for policy in FeatureSchema.UnknownPolicy.allCases {
      let column = read(data, categories: ["0", "1"], onUnknown: policy).table["c"]
      #expect(column?.missingCount == (policy == .warn ? 0 : 1), "\(policy)")
    }
  }

  @Test func `a listed class that no row has is a warning, the positive one an error`() {
    let data = rows(40) { ["\($0 % 3)", $0 % 2 == 0 ? "no" : "yes"] }
    let soft = read(data, classes: ["no", "yes", "maybe"], positive: "yes")
    #expect(soft.failures == [] && soft.warnings.map(\.reason) == [.unusedClass])
    #expect(read(data, classes: ["no", "yes", "maybe"], positive: "maybe").failures.map(\.reason) == [.unknownClass])
  }

  @Test func `few rows of a class that is not listed are left out, many are an error`() {
    func data(odd: Int) -> [[String]] { rows(40) { ["\($0 % 3)", $0 < odd ? "yess" : "\($0 % 2)"] } }
    let few = read(data(odd: 2), classes: ["0", "1"])
    #expect(few.failures == [] && few.warnings.map(\.reason) == [.strayClass] && few.warnings.first?.count == 2)
    #expect(few.table.rowCount == 38)
    #expect(few.warnings.first?.message.contains("first 'yess' at row 1: left out") == true)
    #expect(read(data(odd: 3), classes: ["0", "1"]).failures.map(\.reason) == [.unknownClass])
    let strict = DataLimits(unknownClass: 0)
    #expect(read(data(odd: 1), classes: ["0", "1"], limits: strict).failures.map(\.reason) == [.unknownClass])
  }

  @Test func `the share of values out of bounds that is an error is stated`() {
    let schema = FeatureSchema(
      target: .init(name: "y"), features: [.init(name: "n", type: .numeric, minimum: 0, maximum: 9)])
    let raw = RawTable(header: ["n", "y"], rows: rows(40) { [$0 < 16 ? "99" : "5", "\($0 % 2)"] })
    #expect(raw.read(schema: schema).failures.map(\.reason) == [.outOfBounds])
    let lenient = raw.read(schema: schema, limits: DataLimits(outOfRange: 0.5))
    #expect(lenient.failures == [] && lenient.warnings.map(\.reason) == [.strayNumber])
    #expect(lenient.warnings.first?.count == 16)
  }

  @Test func `one unreadable time is a warning`() {
    let schema = FeatureSchema(
      target: .init(name: "y"), features: [.init(name: "n", type: .numeric)], timestamp: "t")
    let raw = RawTable(
      header: ["t", "n", "y"], rows: rows(40) { [$0 == 7 ? "never" : "\(1_700_000_000 + $0)", "\($0)", "\($0 % 2)"] })
    let reading = raw.read(schema: schema)
    #expect(reading.failures == [] && reading.warnings.map(\.reason) == [.strayTime])
  }

  @Test(.timeLimit(.minutes(1)))
  func `a column of identifiers is refused at once, as category and as target`() {
    let data = rows(20_000) { ["id\($0)", "\($0 % 2)"] }
    #expect(read(data).failures.map(\.reason) == [.tooManyCategories])
    let listed = read(data, categories: (0..<10_000).map { "id\($0)" })
    #expect(listed.failures.map(\.reason) == [.tooManyCategories], "as wide as the unlisted column")
    let turned = read(rows(20_000) { ["\($0 % 2)", "id\($0)"] })
    #expect(turned.failures.map(\.reason) == [.tooManyClasses])
    let small = read(rows(90) { ["id\($0)", "\($0 % 2)"] })
    #expect(small.failures == [] && small.warnings.map(\.reason) == [.identifyingCategories])
  }

  @Test(
    arguments: [
      ([3, 2], Finding.Reason.tooFewTestRows), ([5, 1], .tooFewTestRows), ([1, 19], .tooFewTestRows),
      ([3, 4], .fewTestRows),
      ([20, 19], .fewTestRows), ([296, 4], .fewTestRows), ([100, 20], nil), ([2, 2, 2], .fewTestRows),
      ([1, 1, 1], .tooFewTestRows),
    ] as [([Int], Finding.Reason?)])
  func `test rows that cannot tell a model from a guess are told`(counts: [Int], reason: Finding.Reason?) {
    let target = TargetEncoding(classes: counts.indices.map { "c\($0)" }, positive: counts.count - 1)
    #expect(TestRows(counts: counts, target: target).findings.map(\.reason) == [reason].compactMap { $0 })
  }
}
