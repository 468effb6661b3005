import JSONScanning
import Tabular
import Testing
import WorkerContract

@testable import Engine

struct RequestReadingTests {
  private func scan(_ text: String) throws(JSONProblem) -> Range<Int> {
    let bytes = Array(text.utf8)
    let result: Result<Range<Int>, JSONProblem> = bytes.withUnsafeBufferPointer { bytes in
      do throws(JSONProblem) {
        try JSONScanner.validateUTF8(bytes)
        var scanner = JSONScanner(bytes)
        let range = try scanner.skip()
        try scanner.finish()
        return .success(range)
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  @Test(arguments: [
    "{}", "[]", " [1, 2.5, -0, 1e9, 1E-7, 0.1] ", #"{"a":{"b":[null,true,false,"x\n\u00e9\ud83d\ude00"]}}"#, #""""#,
    "NaN",
    "[-Infinity]", #"{"ü":"😀"}"#,
  ])
  func `what is JSON is read to its end`(text: String) throws {
    #expect(throws: Never.self) { try scan(text) }
  }

  @Test(arguments: [
    ("", 0), ("{", 1), (#"{"a"}"#, 4), (#"{"a":}"#, 5), (#"{"a":1,}"#, 7), ("[1 2]", 3), ("[1,]", 3), ("01", 2),
    ("1.", 2),
    ("1e", 2), ("-", 1), ("tru", 0), ("nul", 0), (#""abc"#, 4), (#""\x""#, 2), (#""\u12g4""#, 2), ("\"a\nb\"", 2),
    ("{} {}", 3), ("'a'", 0), (#"{a:1}"#, 1), (String(repeating: "[", count: 100), 64),
  ])
  func `what is no JSON is told with its place`(text: String, offset: Int) {
    #expect(throws: JSONProblem.self) { try scan(text) }
    do throws(JSONProblem) { _ = try scan(text) } catch { #expect(error.offset == offset, "\(text): \(error)") }
  }

  @Test func `bytes that are not UTF-8 are refused before anything is read`() {
    let bytes: [UInt8] = [0x22, 0xC3, 0x28, 0x22]
    #expect(throws: JSONProblem.self) {
      try bytes.withUnsafeBufferPointer { try JSONScanner.validateUTF8($0) }
    }
  }

  private struct Findings {
    var problems: [FieldProblem]
    var warnings: [FeatureReader.InputWarning]
    var hasEscapes: Bool
  }

  private func read(
    _ features: String, by reader: FeatureReader = FeatureReader(pipeline: Sample.pipeline)
  ) throws -> (values: [FeatureValue], findings: Findings) {
    let bytes = Array(features.utf8)
    var values = [FeatureValue](repeating: .unseen, count: reader.count)
    var given = [Bool](repeating: true, count: reader.count)
    var warnings = [FeatureReader.InputWarning](repeating: .init(feature: 0, kind: .missing), count: reader.count)
    let findings = try values.withUnsafeMutableBufferPointer { values in
      try given.withUnsafeMutableBufferPointer { given in
        try warnings.withUnsafeMutableBufferPointer { warnings in
          try bytes.withUnsafeBufferPointer { bytes in
            let findings = try reader.read(
              bytes, range: 0..<bytes.count, into: values, given: given, warnings: warnings)
            return Findings(
              problems: findings.problems.told, warnings: Array(findings.warnings), hasEscapes: findings.hasEscapes)
          }
        }
      }
    }
    return (values, findings)
  }

  @Test func `values come in the schema's order whatever order they are given in`() throws {
    let (values, findings) = try read(
      #"{ "zone" : "2", "city":"\u00dcrg\u00fcp", "work":"State", "gain":0.5, "hours":null, "age":1e1 }"#)
    #expect(values == [.number(10), .missing, .number(0.5), .category(1), .category(1), .category(1)])
    #expect(findings.problems.isEmpty)
    #expect(findings.warnings == [.init(feature: 1, kind: .missing)])
    #expect(findings.hasEscapes)
  }

  @Test func `the policy of a feature decides what becomes of a strange value`() throws {
    let (values, findings) = try read(#"{"age":39,"hours":200,"gain":-5,"work":"Private","city":"Rome","zone":"9"}"#)
    #expect(findings.problems.isEmpty)
    #expect(values == [.number(39), .number(200), .missing, .category(0), .missing, .unseen])
    #expect(findings.warnings.map(\.kind) == [.outOfRange, .outOfRange, .unseenCategory, .unseenCategory])
  }

  @Test func `a number that writes a category is that category`() throws {
    #expect(try read(#"{"age":39,"work":"Private","zone":2}"#).values[5] == .category(1))
    #expect(try read(#"{"age":39,"work":"Private","zone":3}"#).findings.problems.map(\.reason) == [.wrongType])
  }

  @Test func `what could not be read back from the log is no category`() throws {
    let schema = FeatureSchema(
      target: .init(name: "y", classes: ["a", "b"]),
      features: [.init(name: "kind", type: .categorical, categories: ["NaN", "[1]", "true", "-1e5"])])
    let reader = FeatureReader(pipeline: FeaturePipeline(learned: schema))
    func problems(_ value: String) throws -> [FieldProblem] {
      try read("{\"kind\":\(value)}", by: reader).findings.problems
    }
    for value in ["true", "-1e5", #""NaN""#, #""[1]""#] { #expect(try problems(value).isEmpty, "\(value)") }
    for value in ["NaN", "[1]"] { #expect(try problems(value).map(\.reason) == [.wrongType], "\(value)") }
  }

  static let wrong: [(String, [String: FieldProblem.Reason])] = [
    ("{}", ["age": .missing, "work": .missing, "zone": .missing]),
    (#"{"age":null,"work":null,"zone":""}"#, ["age": .null, "work": .null, "zone": .null]),
    (#"{"age":"39","work":1,"zone":{}}"#, ["age": .wrongType, "work": .wrongType, "zone": .wrongType]),
    (#"{"age":true,"work":[],"zone":"1"}"#, ["age": .wrongType, "work": .wrongType]),
    (#"{"age":121,"work":"Private","zone":"1"}"#, ["age": .outOfRange]),
    (
      #"{"age":NaN,"hours":Infinity,"gain":1e999,"work":"Private","zone":"1"}"#,
      ["age": .notFinite, "hours": .notFinite, "gain": .notFinite]
    ),
    (#"{"age":39,"gain":1e39,"work":"Private","zone":"1"}"#, ["gain": .notFinite]),
    (
      #"{"age":39,"work":"Navy","zone":"1","Age":1,"x\u0041":{"deep":[1]}}"#,
      ["work": .unseenCategory, "Age": .unknown, "xA": .unknown]
    ),
    (#"{"age":39,"age":40,"work":"Private","zone":"1"}"#, ["age": .repeated]),
  ]

  @Test(arguments: wrong)
  func `every bad field is named at once`(features: String, expected: [String: FieldProblem.Reason]) throws {
    let problems = try read(features).findings.problems
    #expect(Dictionary(problems.map { ($0.field, $0.reason) }, uniquingKeysWith: { $1 }) == expected, "\(features)")
    #expect(problems.count == expected.count)
    #expect(problems.allSatisfy { $0.message.contains($0.field) })
  }

  @Test func `stored features are compact, without redacted ones, and free of escapes that databases refuse`() throws {
    let scratch = ByteScratch()
    func stored(_ text: String, redact: [String] = [], hasEscapes: Bool = false) -> String {
      let bytes = Array(text.utf8)
      return bytes.withUnsafeBufferPointer {
        String(
          decoding: FeatureText.copy(
            $0, range: 0..<bytes.count, redact: redact, hasEscapes: hasEscapes, to: scratch), as: UTF8.self)
      }
    }
    let text = #"{ "age" : 39 , "work" : "a b", "city":null }"#
    let compact = #"{"age":39,"work":"a b","city":null}"#
    #expect(stored(text) == compact)
    #expect(stored(compact.replacing(" ", with: "_")) == compact.replacing(" ", with: "_"))
    #expect(stored(text, redact: ["work", "age"]) == #"{"city":null}"#)
    #expect(stored(text, hasEscapes: true) == compact)
    #expect(stored(#"{"a":"\u0000\ud83d\ude00\"x"}"#, hasEscapes: true) == "{\"a\":\"\u{FFFD}😀\\\"x\"}")
  }

  @Test func `ids of requests follow the time and are never the same`() {
    var ids = RequestIDs()
    var others = RequestIDs()
    let times = [0.0, 1.5, 1_700_000_000, 1_700_000_000.001, 1_700_000_001, 4_000_000_000]
    let made = times.map { ids.next(at: $0) }
    #expect(made == made.sorted())
    #expect(made.allSatisfy { $0.utf8.count == 32 && $0.allSatisfy(\.isHexDigit) })
    #expect(made[2].hasPrefix("018bcfe56800"))
    let same = (0..<1000).flatMap { _ in [ids.next(at: 1), others.next(at: 1)] }
    #expect(Set(same).count == 2000)
  }
}
