import JSON
import Values

/// One line of a log: a JSON object that begins with `time`, `level`, `logger` where there is one, and `message`; fields
/// follow by name.
///
/// Values whose name speaks of a secret are not written, whoever puts them there.
package struct JSONLogLine: Sendable {
  /// The value of a field.
  package indirect enum Value: Sendable, Equatable {
    case text(String)
    /// What is not finite is written as a text.
    case number(Double)
    case count(Int)
    case flag(Bool)
    case list([Value])
    case object([String: Value])
  }

  private let head: [(name: String, text: String)]
  private let fields: [String: Value]

  /// - Parameters:
  ///   - time: Seconds since 1970.
  ///   - fields: One that is called as one of the first members gets `_` behind its name.
  package init(time: Double, level: String, logger: String? = nil, message: String, fields: [String: Value]) {
    head =
      [("time", Self.text(of: time)), ("level", level)] + (logger.map { [("logger", $0)] } ?? [])
      + [("message", message)]
    self.fields = fields
  }

  /// With the line feed at its end.
  package var text: String {
    var text = "{"
    for (name, value) in head {
      if text.utf8.count > 1 { text += "," }
      text += "\"\(name)\":\(Self.quoted(value))"
    }
    for (name, value) in fields.sorted(by: { $0.key < $1.key }) {
      text += ",\(Self.quoted(Self.reserved.contains(name) ? name + "_" : name)):\(Self.json(value, name: name))"
    }
    return text + "}\n"
  }

  private static let reserved: Set<String> = ["time", "level", "logger", "message"]
  private static let secretWords = ["token", "password", "secret", "authorization", "credential", "apikey"]

  private static func json(_ value: Value, name: String) -> String {
    let plain = name.lowercased().filter { $0 != "_" && $0 != "-" }
    if secretWords.contains(where: plain.hasSuffix) { return "\"redacted\"" }
    switch value {
    case .text(let text): return quoted(text)
    case .number(let number): return number.isFinite ? number.description : quoted(number.description)
    case .count(let count): return String(count)
    case .flag(let flag): return flag ? "true" : "false"
    case .list(let values): return "[" + values.map { json($0, name: "") }.joined(separator: ",") + "]"
    case .object(let members):
      let texts = members.sorted { $0.key < $1.key }.map { "\(quoted($0.key)):\(json($0.value, name: $0.key))" }
      return "{" + texts.joined(separator: ",") + "}"
    }
  }

  private static func quoted(_ text: String) -> String { JSONString.quoted(text, .lineFeed) }

  /// RFC 3339 with microseconds, in UTC. Times that no calendar shows are written as their number.
  private static func text(of time: Double) -> String {
    guard time.isFinite, abs(time) < 2e11 else { return "\(time)" }
    return RFC3339.text(ofTicks: Int((time * 1e6).rounded(.down)), digits: 6)
  }
}
