import Tabular
import Testing
import WorkerContract

@Suite struct DataSplitTests {
  private let schema = FeatureSchema(
    target: .init(name: "y"),
    features: [.init(name: "n", type: .numeric), .init(name: "c", type: .categorical)], timestamp: "t")

  private func raw(_ numbers: [Double], _ also: (Double) -> String? = { _ in nil }) -> RawTable {
    RawTable(
      header: ["n", "c", "t", "note"],
      rows: numbers.map { [String($0), ["a", "b", "c"][Int($0) % 3], String(-$0), also($0)] })
  }

  private func hashes(_ numbers: [Double], seed: Int = 42) -> [UInt64] {
    let raw = raw(numbers)
    return raw.rowHashes(by: raw.identity(primaryKey: []), seed: seed) ?? []
  }

  private func table(_ numbers: [Double]) -> Table {
    Table([
      ("n", .numeric(numbers)),
      ("c", .categorical(codes: numbers.map { Int32($0) % 3 }, levels: ["a", "b", "c"])),
      ("t", .numeric(numbers.map { -$0 })),
    ])
  }

  @Test func `a row keeps its part when others come or go`() {
    let first = (0..<600).map(Double.init)
    let second = Array((300..<900).map(Double.init).reversed())
    let plan = SplitPlan()
    func parts(_ numbers: [Double]) -> [Double: String] {
      let split = DataSplit(
        table(numbers), hashes: hashes(numbers), classes: numbers.map { Int32($0) % 2 }, schema: schema, plan: plan)
      #expect(split.train.count + split.validation.count + split.test.count == numbers.count)
      #expect(split.rankedClasses == [])
      var parts: [Double: String] = [:]
      for row in split.train { parts[numbers[row]] = "train" }
      for row in split.validation { parts[numbers[row]] = "validation" }
      for row in split.test { parts[numbers[row]] = "test" }
      return parts
    }
    let (one, two) = (parts(first), parts(second))
    for number in 300..<600 { #expect(one[Double(number)] == two[Double(number)]) }
    let shares = ["train", "validation", "test"].map { part in one.values.count { $0 == part } }
    #expect((300...420).contains(shares[0]) && (80...160).contains(shares[1]) && (80...160).contains(shares[2]))
  }

  @Test func `equal rows spread over the parts, and another seed splits otherwise`() {
    let numbers = (0..<4000).map { Double($0 % 5) }
    func split(_ plan: SplitPlan) -> DataSplit {
      DataSplit(
        table(numbers), hashes: hashes(numbers, seed: plan.seed), classes: numbers.map { Int32($0) % 2 },
        schema: schema, plan: plan)
    }
    let one = split(SplitPlan(validation: 0, test: 0.25))
    #expect(one.rankedClasses == [])
    for number in 0..<5 {
      let tested = one.test.count { numbers[$0] == Double(number) }
      #expect((150...250).contains(tested), "\(tested) of 800 equal rows")
    }
    #expect(split(SplitPlan(validation: 0, test: 0.25, seed: 43)) != one)
  }

  @Test func `a row is told by its values, however they are written and ordered`() {
    let plain = RawTable(header: ["a", "b"], rows: [["1", "true"], ["2.50", "é"], ["02134", "x"], ["1", "true"]])
    let other = RawTable(
      header: ["b", "a"], rows: [["True", "1.0"], ["e\u{301}", "2.5"], ["x", "02134"], ["t", "1e0"]])
    let identity = plain.identity(primaryKey: [])
    #expect(identity == other.identity(primaryKey: []) && identity.columns == ["a", "b"] && identity.countsEquals)
    let hashes = plain.rowHashes(by: identity, seed: 7) ?? []
    #expect(hashes == other.rowHashes(by: identity, seed: 7))
    #expect(Set(hashes).count == 4, "equal rows are told apart by their number")
    #expect(hashes != plain.rowHashes(by: identity, seed: 8))
    let code = RawTable(header: ["a", "b"], rows: [["2134", "x"]])
    #expect(code.rowHashes(by: identity, seed: 7)?.first != hashes[2])
    #expect(plain.rowHashes(by: RowIdentity(columns: ["z"], countsEquals: true), seed: 7) == nil)
  }

  @Test func `a column that only counts the rows says nothing about them`() {
    let first = RawTable(header: ["Unnamed: 1", "a"], rows: [["0", "x"], ["1", "y"]])
    let later = RawTable(header: ["Unnamed: 1", "a"], rows: [["0", "y"]])
    let identity = first.identity(primaryKey: [])
    #expect(identity.columns == ["a"])
    #expect(first.rowHashes(by: identity, seed: 1)?.last == later.rowHashes(by: identity, seed: 1)?.first)
  }

  @Test func `what a version was not trained on is known from its recipe`() {
    let numbers = (0..<1000).map(Double.init)
    let raw = raw(numbers)
    let classes = numbers.map { $0 < 3 ? "rare" : "usual" }
    let recipe = SplitRecipe(SplitPlan(validation: 0.2, test: 0.2), identity: raw.identity(primaryKey: []))
    let split = DataSplit(table(numbers), hashes: hashes(numbers), classes: [], schema: schema, plan: SplitPlan())
    guard case .heldBack(let held) = recipe.knowledge(of: raw, times: nil, classes: classes) else {
      Issue.record("a split by hash is known")
      return
    }
    #expect(held.indices.filter { held[$0] } == split.test)
    var ranked = recipe
    ranked.rankedClasses = ["rare"]
    guard case .heldBack(let more) = ranked.knowledge(of: raw, times: nil, classes: classes) else { return }
    #expect(more[0] && more[1] && more[2])
    var moved = recipe
    moved.identity?.columns = ["gone"]
    #expect(
      moved.knowledge(of: raw, times: nil, classes: classes)
        == .unknown("its rows were told apart by columns that the source has no longer: 'gone'"))
    let byTime = SplitRecipe(SplitPlan(by: .time), learnedUntil: 3)
    #expect(byTime.knowledge(of: raw.prefix(3), times: [2, 4, .nan], classes: []) == .heldBack([false, true, false]))
    #expect(byTime.knowledge(of: raw.prefix(1), times: nil, classes: []) == .unknown("its rows have no time"))
    let apart = SplitRecipe(SplitPlan(testSource: DataSource(csv: .init(uri: "file:///x"))))
    #expect(apart.knowledge(of: raw.prefix(2), times: nil, classes: []) == .heldBack([false, false]))
  }

  @Test func `a rare class is in every part`() {
    let numbers = (0..<300).map(Double.init)
    let classes = numbers.map { Int32($0 < 4 ? 1 : 0) }
    let split = DataSplit(
      table(numbers), hashes: hashes(numbers), classes: classes, schema: schema,
      plan: SplitPlan(validation: 0.1, test: 0.1))
    for part in [split.train, split.validation, split.test] { #expect(part.contains { classes[$0] == 1 }) }
    let alone = DataSplit(
      table(numbers), hashes: hashes(numbers), classes: numbers.map { Int32($0 < 1 ? 1 : 0) }, schema: schema,
      plan: SplitPlan())
    #expect(alone.train.contains(0) && alone.rankedClasses == [1])
  }

  @Test func `by time the oldest train and the newest test`() {
    let numbers = (0..<10).map(Double.init)
    let split = DataSplit(
      table(numbers), hashes: [], classes: [], schema: schema, plan: SplitPlan(validation: 0.2, test: 0.2, by: .time))
    #expect(split.test == [1, 0] && split.validation == [3, 2] && split.train == [9, 8, 7, 6, 5, 4])
  }

  @Test func `with a test source of its own nothing is held back for testing`() {
    let numbers = (0..<100).map(Double.init)
    let plan = SplitPlan(validation: 0.2, test: 0.2, testSource: DataSource(csv: .init(uri: "file:///x")))
    let split = DataSplit(
      table(numbers), hashes: hashes(numbers), classes: numbers.map { Int32($0) % 2 }, schema: schema, plan: plan)
    #expect(split.test == [])
  }

  @Test func `a primary key decides where there is one, and its rows stay together`() {
    let (one, two) = (raw([1, 2, 1]), raw([1, 2, 1]) { "later \($0)" })
    let identity = one.identity(primaryKey: ["t"])
    let hashes = one.rowHashes(by: identity, seed: 1) ?? []
    #expect(identity == RowIdentity(columns: ["t"], countsEquals: false))
    #expect(hashes == two.rowHashes(by: identity, seed: 1))
    #expect(hashes[0] == hashes[2] && hashes[0] != hashes[1])
    #expect(one.identity(primaryKey: ["absent"]).countsEquals, "a key that is not there tells nothing apart")
  }
}
