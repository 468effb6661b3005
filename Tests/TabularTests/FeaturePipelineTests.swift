import Foundation
import Tabular
import Testing
import WorkerContract

@Suite struct FeaturePipelineTests {
  private let schema = FeatureSchema(
    target: .init(name: "y"),
    features: [
      .init(name: "n", type: .numeric),
      .init(name: "c", type: .categorical, nullable: true),
      .init(name: "d", type: .categorical, categories: ["x", "y"]),
    ])
  private let table = Table([
    ("n", .numeric([1, .nan, 3])),
    ("c", .categorical(codes: [1, 0, -1], levels: ["b", "a", "unused"])),
    ("d", .categorical(codes: [1, 2, -1], levels: ["x", "y", "new"])),
  ])

  @Test func `levels that occur are learned in order, given ones kept`() throws {
    let pipeline = try FeaturePipeline(fitting: table, schema: schema)
    #expect(pipeline.encodedNames == ["n", "c=a", "c=b", "c is missing", "d=x", "d=y"])
    #expect(pipeline.schema.features[1].categories == ["a", "b"])
    #expect(pipeline.sources == [0, 1, 1, 1, 2, 2])
  }

  @Test func `a table is encoded row by row`() throws {
    let pipeline = try FeaturePipeline(fitting: table, schema: schema)
    let rows = pipeline.encode(table)
    #expect(Array(rows[0..<6]) == [1, 1, 0, 0, 0, 1])
    #expect(rows[6].isNaN && Array(rows[7..<12]) == [0, 1, 0, 0, 0])
    #expect(Array(rows[12..<18]) == [3, 0, 0, 1, 0, 0])
  }

  @Test func `columns that are not there are missing`() throws {
    let pipeline = try FeaturePipeline(fitting: table, schema: schema)
    let rows = pipeline.encode(Table([("d", .categorical(codes: [0], levels: ["y"]))]))
    #expect(rows[0].isNaN && Array(rows[1...]) == [0, 0, 1, 0, 1])
  }

  @Test func `one row is encoded as the table's row is`() throws {
    let pipeline = try FeaturePipeline(fitting: table, schema: schema)
    let whole = pipeline.encode(table)
    for row in 0..<3 {
      let values = schema.features.indices.map { feature -> FeatureValue in
        let name = schema.features[feature].name
        guard let text = table[name]?.text(at: row) else { return .missing }
        if case .numeric(let values) = table[name] { return .number(values[row]) }
        return pipeline.category(text, ofFeature: feature)
      }
      var output = [Float](repeating: 7, count: pipeline.width)
      values.withUnsafeBufferPointer { values in
        output.withUnsafeMutableBufferPointer { pipeline.encode(values, into: $0) }
      }
      let expected = whole[row * 6..<row * 6 + 6]
      #expect(zip(output, expected).allSatisfy { $0 == $1 || ($0.isNaN && $1.isNaN) })
    }
  }

  @Test func `features and categories are found by name`() throws {
    let pipeline = try FeaturePipeline(fitting: table, schema: schema)
    #expect(pipeline.feature(named: "d") == 2 && pipeline.feature(named: "nope") == -1)
    #expect(pipeline.category("b", ofFeature: 1) == .category(1))
    #expect(pipeline.category("zzz", ofFeature: 1) == .unseen)
    #expect(pipeline.category("1", ofFeature: 0) == .unseen)
  }

  @Test func `it survives being saved`() throws {
    let pipeline = try FeaturePipeline(fitting: table, schema: schema)
    let copy = try JSONDecoder().decode(FeaturePipeline.self, from: JSONEncoder().encode(pipeline))
    #expect(copy == pipeline)
    #expect(copy.encode(table).map(\.bitPattern) == pipeline.encode(table).map(\.bitPattern))
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(FeaturePipeline.self, from: Data(#"{"format":"other","schema":{}}"#.utf8))
    }
  }

  @Test func `fitting names what is wrong`() {
    #expect(throws: FeaturePipeline.FittingError.noFeatures) {
      try FeaturePipeline(fitting: table, schema: FeatureSchema(target: .init(name: "y"), features: []))
    }
    #expect(throws: FeaturePipeline.FittingError.columnMissing("q")) {
      try FeaturePipeline(
        fitting: table, schema: FeatureSchema(target: .init(name: "y"), features: [.init(name: "q", type: .numeric)]))
    }
    #expect(throws: FeaturePipeline.FittingError.wrongType("c")) {
      try FeaturePipeline(
        fitting: table, schema: FeatureSchema(target: .init(name: "y"), features: [.init(name: "c", type: .numeric)]))
    }
  }

  @Test(
    arguments: [
      (["b", "a"], nil, ["a", "b"], 1), (["10", "9"], nil, ["9", "10"], 1), (["no", "yes"], "no", ["no", "yes"], 0),
    ] as [([String], String?, [String], Int)])
  func `classes are sorted, the positive one found`(
    levels: [String], positive: String?, classes: [String], index: Int
  ) throws {
    let table = Table([("y", .categorical(codes: [0, 1, -1], levels: levels + ["unused"]))])
    let encoding = try #require(TargetEncoding(fitting: table, target: .init(name: "y", positive: positive)))
    #expect(encoding.classes == classes && encoding.positive == index)
    #expect(encoding.encode(.categorical(codes: [0, 1, -1], levels: ["zzz", classes[1]])) == [-1, 1, -1])
  }

  @Test func `names that are listed twice do no harm`() throws {
    var twice = schema
    twice.features[2].categories = ["x", "x", "y"]
    let pipeline = try FeaturePipeline(fitting: table, schema: twice)
    #expect(pipeline.encodedNames.suffix(2) == ["d=x", "d=y"])
    twice.features.append(twice.features[0])
    #expect(throws: FeaturePipeline.FittingError.duplicateFeature("n")) {
      try FeaturePipeline(fitting: table, schema: twice)
    }
    #expect(Table([("a", .numeric([1])), ("a", .numeric([2]))])["a"] == .numeric([1]))
  }

  @Test func `logged rows become a table of the schema's types`() {
    var builder = TableBuilder(schema: schema)
    builder.append(["n": .text("2.5"), "d": .text("new")])
    builder.append(["n": .number(1), "d": .number(3)])
    #expect(builder.table["n"] == .numeric([2.5, 1]))
    #expect(builder.table["c"] == nil)
    #expect(builder.table["d"] == .categorical(codes: [2, 3], levels: ["x", "y", "new", "3"]))
  }

  @Test func `level indexes find every level and no other`() {
    var index = LevelIndex()
    for number in 0..<1000 { #expect(index.intern("level \(number)") == number) }
    for number in 0..<1000 { #expect(index.code(of: "level \(number)") == number) }
    #expect(index.code(of: "level 1000") == -1 && index.code(of: "") == -1)
  }
}
