import JSONScanning
import Tabular
import Testing
import WorkerContract

@testable import Engine

/// What of a request may be how large, and how much is said about it.
struct BoundsTests {
  private func problems(_ features: String, of schema: FeatureSchema = Sample.schema) throws -> FieldProblems {
    let reader = FeatureReader(pipeline: FeaturePipeline(learned: schema))
    let bytes = Array(features.utf8)
    var values = [FeatureValue](repeating: .missing, count: reader.count)
    var given = [Bool](repeating: false, count: reader.count)
    var warnings = [FeatureReader.InputWarning](repeating: .init(feature: 0, kind: .missing), count: reader.count)
    return try values.withUnsafeMutableBufferPointer { values in
      try given.withUnsafeMutableBufferPointer { given in
        try warnings.withUnsafeMutableBufferPointer { warnings in
          try bytes.withUnsafeBufferPointer {
            try reader.read($0, range: 0..<bytes.count, into: values, given: given, warnings: warnings).problems
          }
        }
      }
    }
  }

  private static func text(_ count: Int, _ letter: String = "x") -> String { String(repeating: letter, count: count) }

  @Test func `a value that is too long is refused with its feature and its length`() throws {
    func row(_ city: String, age: String = "39") -> String {
      #"{"age":\#(age),"work":"Private","zone":"1","city":"\#(city)"}"#
    }
    #expect(try problems(row(Self.text(4096))).isEmpty)
    let long = try problems(row(Self.text(4097)))
    #expect(long.told.map(\.reason) == [.tooLong] && long.told.map(\.field) == ["city"])
    #expect(long.sentence == "'city' has a text of 4097 bytes; a category has at most 4096.")
    // Also where each byte is an escape, and where the text would mean something else.
    #expect(try problems(row(Self.text(1000, #"\u0041"#))).told.map(\.reason) == [.tooLong])
    let number = try problems(row("Bern", age: "39." + Self.text(2000, "0")))
    #expect(number.sentence == "'age' has a number of 2003 bytes; a number has at most 1024.")
    // A category that training has seen is taken as it is.
    let known = FeatureSchema(
      target: Sample.schema.target,
      features: [.init(name: "city", type: .categorical, categories: [Self.text(5000)], onUnknown: .reject)])
    #expect(try problems(#"{"city":"\#(Self.text(5000))"}"#, of: known).isEmpty)
  }

  @Test func `a row that is too long is refused with its length, where none of its values is`() throws {
    let row = #"{"age":39,"work":"Private","zone":"1""# + Self.text(1 << 20, " ") + "}"
    let found = try problems(row)
    #expect(found.told.map(\.field) == ["features"] && found.told.map(\.reason) == [.tooLong])
    #expect(found.sentence.contains("\(row.utf8.count) bytes") && found.sentence.contains("263680"))
  }

  @Test func `twenty problems are told, and all are counted`() throws {
    let names = (0..<100_000).map { "\"n\($0)\":1" }.joined(separator: ",").prefix(200_000).split(separator: ",")
    let found = try problems("{" + names.dropLast().joined(separator: ",") + "}")
    #expect(found.count == names.count - 1 + 3 && found.told.count == 20)
    #expect(found.sentence.hasSuffix(" There are \(found.count - 20) more."))
    #expect(found.sentence.utf8.count < 2000)
  }

  @Test func `names and messages are cut by bytes, between characters`() throws {
    let name = "e" + Self.text(60_000, "\u{301}")
    #expect(name.count == 1, "one character as Swift counts")
    let found = try problems("{\"\(name)\":1}")
    #expect(found.told[0].field.utf8.count <= FieldProblem.mostField + 3)
    #expect(found.told.allSatisfy { $0.message.utf8.count <= 200 }, "\(found.told)")
    let problem = FieldProblem(Self.text(1000), .unknown, Self.text(100_000, "ü"))
    #expect(problem.field.utf8.count == 131 && problem.message.utf8.count == 515)
    for (text, most, cut) in [("abc", 3, "abc"), ("abcd", 3, "abc…"), ("aü", 2, "a…"), ("ü", 1, "…"), ("", 0, "")] {
      #expect(text.cut(to: most) == cut)
    }
  }

  @Test func `lists of problems add up, and one that only counts keeps no words`() {
    var all = FieldProblems()
    for index in 0..<15 { all.append(FieldProblem("a\(index)", .missing, "m\(index)")) }
    let sum = all + all
    #expect(sum.count == 30 && sum.told.count == 20 && sum.told.last?.field == "a4")
    var counting = FieldProblems(telling: 0)
    counting.append(
      { () -> FieldProblem in
        Issue.record("made though it is not told")
        return FieldProblem("", .missing, "")
      }())
    counting.append(all)
    #expect(counting.count == 16 && counting.told.isEmpty && counting.sentence.hasPrefix("16 problems are not told"))
    var placed = FieldProblems()
    placed.append(all, at: "Row 3")
    #expect(placed.told[2].message == "Row 3: m2" && placed.count == 15)
  }
}
