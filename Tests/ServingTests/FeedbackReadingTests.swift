import Engine
import JSONScanning
import Testing

@testable import Serving

struct FeedbackReadingTests {
  private func feedback(_ text: String, limit: Int = 10) throws -> FeedbackReader.Feedback {
    let bytes = Array(text.utf8)
    return try bytes.withUnsafeBufferPointer {
      try FeedbackReader.read($0, limit: limit, classes: LabelClasses([["0", "1", "true"], ["1", "<=50K"]]))
    }
  }

  @Test func `feedback is one label or a list of them`() throws {
    let one = FeedbackReader.Item.label(requestID: "a", label: "1")
    #expect(try feedback(#"{"request_id":"a","label":"1"}"#) == .init(items: [one], isSingle: true))
    #expect(try feedback(#"{"label":1,"request_id":"a"}"#).items == [one])
    #expect(try feedback(#"[{"request_id":"a","label":"1"}]"#) == .init(items: [one]))
    let mixed = try feedback(
      #"{"feedback":[{"request_id":"a","label":"1"},{"label":null},{"request_id":"b","label":true}]}"#)
    #expect(mixed.items.count == 3)
    #expect(mixed.items.first == one)
    #expect(mixed.items.last == .label(requestID: "b", label: "true"))
    guard case .problems(nil, let problems) = mixed.items[1] else { throw FeedbackReader.TooMany() }
    #expect(Set(problems.told.map(\.field)) == ["request_id", "label"])
    #expect(throws: FeedbackReader.TooMany.self) { try feedback("[{},{},{}]", limit: 2) }
    #expect(try feedback(#"{"label":1.0,"request_id":"a"}"#).items == [one], "a number means the class of its value")
    #expect(throws: JSONProblem.self) { try feedback(#"{"feedback":[{"request_id":"a"}"#) }
  }

  @Test func `a label that is no class of a served version is refused by name`() throws {
    for label in ["\"maybe\"", "2", "false", "\"\\u0031x\""] {
      guard case .problems("a", let problems) = try feedback("{\"request_id\":\"a\",\"label\":\(label)}").items[0]
      else {
        Issue.record("\(label) was taken")
        continue
      }
      #expect(problems.told.map(\.field) == ["label"] && problems.told.map(\.reason) == [.unseenCategory])
      #expect(problems.told[0].message.contains("'0', '1', 'true', '<=50K'"), "\(problems.told[0].message)")
    }
    let many = LabelClasses([(0..<1000).map(String.init)]).problem(String(repeating: "x", count: 900))
    #expect(many.message.utf8.count < 400 && many.message.contains("980 more"))
  }
}
