import Foundation
import JSONLogging
import Logging
import Synchronization
import Testing

struct JSONLoggingTests {
  private func object(_ line: String) throws -> [String: any Sendable] {
    try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: any Sendable])
  }

  @Test func `logs are one JSON object a line, with fields, without secrets`() throws {
    let lines = Mutex<[String]>([])
    var logger = Logger(label: "apus") { label in
      JSONLogHandler(label: label, write: { line in lines.withLock { $0.append(line) } }, now: { 1_795_303_200.5 })
    }
    logger[metadataKey: "controller"] = "md"
    logger.info(
      "reconciled",
      metadata: [
        "name": "in\ncome", "level": "x", "apiToken": "hunter2", "nested": ["password": "hunter2", "a": ["b"]],
      ])
    logger.debug("not shown")
    let expected = """
      {"time":"2026-11-21T23:20:00.500000Z","level":"info","logger":"apus","message":"reconciled",\
      "apiToken":"redacted","controller":"md","level_":"x","name":"in\\ncome",\
      "nested":{"a":["b"],"password":"redacted"}}

      """
    #expect(lines.withLock { $0 } == [expected])
  }

  @Test func `values keep their kind, and whatever is in a text stays in its line`() throws {
    let text = "a\"\\\n\r\t\u{0}\u{1F}é\u{1F600}\u{2028}"
    let line = JSONLogLine(
      time: -0.25, level: "info", message: text,
      fields: [
        "text": .text(text), "number": .number(0.1), "none": .number(.nan), "integer": .count(-3), "flag": .flag(true),
        "list": .list([.text("a"), .object([:])]), "message": .text("x"), text: .count(1),
      ]
    ).text
    #expect(line.hasSuffix("}\n") && line.utf8.count { $0 == 0x0A } == 1)
    let object = try object(line)
    func has<Value: Equatable>(_ name: String, _ value: Value) -> Bool { object[name] as? Value == value }
    #expect(has("message", text))
    #expect(has("text", text))
    #expect(has(text, 1))
    #expect(has("time", "1969-12-31T23:59:59.750000Z"))
    #expect(has("number", 0.1))
    #expect(has("integer", -3))
    #expect(has("flag", true))
    #expect(has("none", "nan"))
    #expect(has("message_", "x"))
    #expect(object["logger"] == nil)
  }

  @Test(arguments: [
    (0, "1970-01-01T00:00:00.000000Z"), (1_763_766_000.123_456, "2025-11-21T23:00:00.123456Z"),
    (1e300, "1e+300"), (.nan, "nan"),
  ])
  func `times have microseconds`(time: Double, text: String) throws {
    let line = JSONLogLine(time: time, level: "info", message: "", fields: [:]).text
    #expect(try object(line)["time"] as? String == text)
  }

  @Test func `an error that comes with an event is a field`() throws {
    struct Failure: Error, CustomStringConvertible { let description = "no room" }
    let lines = Mutex<[String]>([])
    let logger = Logger(label: "apus") { label in
      JSONLogHandler(label: label, write: { line in lines.withLock { $0.append(line) } })
    }
    logger.error("failed", error: Failure())
    #expect(try object(try #require(lines.withLock { $0.first }))["error"] as? String == "no room")
  }
}
