import Tabular
import Testing
import WorkerContract

@Suite struct SchemaInferenceTests {
  private func infer(_ rows: [String], header: String, target: String, positive: String? = nil) throws -> InferredSchema
  {
    let text = ([header] + rows).joined(separator: "\n") + "\n"
    return try RawTable(csv: Array(text.utf8)).inferSchema(target: target, positive: positive)
  }

  @Test func `types, bounds, nullability, time and key are read off`() throws {
    let rows = (0..<100).map { row in
      "c\(row),\(1_700_000_000 + row * 60),\(row % 7 == 0 ? "" : "\(Double(row) / 10)"),\(row % 5 + 3),"
        + "\(["red", "green"][row % 2]),note number \(row),same,,\(row % 10 == 0 ? "yes" : "no")"
    }
    let inferred = try infer(
      rows, header: "customer_id,event_time,amount,count,colour,note,constant,empty,fraud", target: "fraud")
    let schema = inferred.schema
    #expect(schema.features.map(\.name) == ["amount", "count", "colour"])
    #expect(schema.timestamp == "event_time" && schema.primaryKey == ["customer_id"])
    #expect(schema.features.map(\.nullable) == [true, false, false])
    #expect(schema.features[0].minimum == 0 && schema.features[0].maximum == 14.8)
    #expect(schema.features[1].minimum == 1 && schema.features[1].maximum == 9)
    #expect(schema.features[2].categories == ["green", "red"])
    #expect(schema.target == .init(name: "fraud", positive: "yes", classes: ["no", "yes"]))
    #expect(Set(inferred.leftOut.map(\.column)) == ["customer_id", "event_time", "note", "constant", "empty"])
    #expect(inferred.classShares == [0.9, 0.1])
    for feature in schema.features {
      #expect(inferred.explanations["features.\(feature.name)"] != nil)
      #expect(inferred.explanations["features.\(feature.name).nullable"] != nil)
    }
    for path in ["target", "target.classes", "target.positive", "timestamp", "primaryKey"] {
      #expect(inferred.explanations[path] != nil)
    }
  }

  @Test func `numbers with a few mistakes are left out and named`() throws {
    let rows = (0..<500).map { "\($0 == 300 ? "oops" : "\(Double($0) / 3)"),\($0 % 3),\($0 % 2)" }
    let inferred = try infer(rows, header: "a,b,y", target: "y")
    #expect(inferred.schema.features.map(\.name) == ["b"])
    #expect(inferred.leftOut.first?.why.contains("first 'oops' at line 302") == true)
  }

  @Test func `bad targets are named`() {
    #expect(throws: InferenceError.targetMissing("z", columns: ["a", "y"])) {
      try infer(["1,1", "2,0"], header: "a,y", target: "z")
    }
    #expect(throws: InferenceError.singleClass("y", only: "1")) {
      try infer(["1,1", "2,1"], header: "a,y", target: "y")
    }
    #expect(throws: InferenceError.tooManyClasses("a", count: 60)) {
      try infer((0..<60).map { "\($0),1" }, header: "a,y", target: "a")
    }
    #expect(throws: InferenceError.unknownPositive("2", classes: ["0", "1"])) {
      try infer(["1,1", "2,0"], header: "a,y", target: "y", positive: "2")
    }
    #expect(throws: InferenceError.noRows) { try infer([], header: "a,y", target: "y") }
  }

  @Test(.enabled(if: realData("adult_train.csv") != nil, "the census data is not beside the repository"))
  func `the census data keeps all fourteen features`() throws {
    let inferred = try RawTable(csv: try #require(realData("adult_train.csv"))).inferSchema(target: "income")
    #expect(inferred.leftOut == [])
    #expect(inferred.schema.features.count == 14)
    #expect(inferred.schema.features.filter { $0.type == .numeric }.count == 6)
    #expect(inferred.schema.features.filter(\.nullable).map(\.name) == ["workclass", "occupation", "native_country"])
    #expect(inferred.schema.target.positive == ">50K")
  }

  @Test(.enabled(if: realData("elec.csv") != nil, "the electricity data is not beside the repository"))
  func `the electricity data keeps all six features`() throws {
    let inferred = try RawTable(csv: try #require(realData("elec.csv"))).inferSchema(target: "class")
    #expect(inferred.leftOut == [])
    #expect(
      inferred.schema.features.map(\.name) == ["period", "nswprice", "nswdemand", "vicprice", "vicdemand", "transfer"])
    #expect(inferred.schema.target == .init(name: "class", positive: "1", classes: ["0", "1"]))
  }
}
