import Tabular
import Testing
import WorkerContract

@Suite struct DataSplitTests {
  private let schema = FeatureSchema(
    target: .init(name: "y"),
    features: [.init(name: "n", type: .numeric), .init(name: "c", type: .categorical)], timestamp: "t")

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
      let split = DataSplit(table(numbers), classes: numbers.map { Int32($0) % 2 }, schema: schema, plan: plan)
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

  @Test func `equal rows stay together and another seed splits otherwise`() {
    let numbers = (0..<400).map { Double($0 % 50) }
    let split = DataSplit(
      table(numbers), classes: numbers.map { Int32($0) % 2 }, schema: schema, plan: SplitPlan(validation: 0, test: 0.5))
    #expect(Set(split.train.map { numbers[$0] }).isDisjoint(with: Set(split.test.map { numbers[$0] })))
    let other = DataSplit(
      table(numbers), classes: numbers.map { Int32($0) % 2 }, schema: schema,
      plan: SplitPlan(validation: 0, test: 0.5, seed: 43))
    #expect(other != split)
  }

  @Test func `a rare class is in every part`() {
    let numbers = (0..<300).map(Double.init)
    let classes = numbers.map { Int32($0 < 4 ? 1 : 0) }
    let split = DataSplit(table(numbers), classes: classes, schema: schema, plan: SplitPlan(validation: 0.1, test: 0.1))
    for part in [split.train, split.validation, split.test] { #expect(part.contains { classes[$0] == 1 }) }
    let alone = DataSplit(
      table(numbers), classes: numbers.map { Int32($0 < 1 ? 1 : 0) }, schema: schema, plan: SplitPlan())
    #expect(alone.train.contains(0) && alone.rankedClasses == [1])
  }

  @Test func `by time the oldest train and the newest test`() {
    let numbers = (0..<10).map(Double.init)
    let split = DataSplit(
      table(numbers), classes: [], schema: schema, plan: SplitPlan(validation: 0.2, test: 0.2, by: .time))
    #expect(split.test == [1, 0] && split.validation == [3, 2] && split.train == [9, 8, 7, 6, 5, 4])
  }

  @Test func `with a test source of its own nothing is held back for testing`() {
    let numbers = (0..<100).map(Double.init)
    let plan = SplitPlan(validation: 0.2, test: 0.2, testSource: DataSource(csv: .init(uri: "file:///x")))
    let split = DataSplit(table(numbers), classes: numbers.map { Int32($0) % 2 }, schema: schema, plan: plan)
    #expect(split.test == [])
  }

  @Test func `a primary key decides where there is one`() {
    var keyed = schema
    keyed.primaryKey = ["t"]
    let hashes = table([1, 2]).rowHashes(schema: keyed, seed: 1)
    let moved = table([1, 2]).replacing("n", with: .numeric([5, 6])).rowHashes(schema: keyed, seed: 1)
    #expect(hashes == moved && hashes[0] != hashes[1])
  }
}
