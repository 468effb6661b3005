package import Foundation

/// A value of a log line.
package enum LogValue: Sendable, Encodable, Equatable {
  case text(String)
  case number(Double)
  case count(Int)
  case flag(Bool)

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .text(let text): try container.encode(text)
    case .number(let number): try container.encode(number)
    case .count(let count): try container.encode(count)
    case .flag(let flag): try container.encode(flag)
    }
  }
}

/// One JSON object a line: static messages, values as fields. Never given a secret or a row.
package struct RunLog: Sendable {
  private let sink: @Sendable (String) -> Void
  private let now: @Sendable () -> Date
  /// Fields of every line: namespace, model, run.
  private let common: [String: LogValue]

  package init(
    common: [String: LogValue] = [:], now: @escaping @Sendable () -> Date = { Date() },
    sink: @escaping @Sendable (String) -> Void
  ) {
    self.common = common
    self.now = now
    self.sink = sink
  }

  /// The same log with more fields on every line.
  func with(_ fields: [String: LogValue]) -> RunLog {
    RunLog(common: common.merging(fields) { $1 }, now: now, sink: sink)
  }

  func write(
    _ message: String, level: String = "info", step: RunStep? = nil, _ fields: [String: LogValue] = [:]
  ) {
    var line = common.merging(fields) { $1 }
    line["message"] = .text(message)
    line["level"] = .text(level)
    line["time"] = .text(now().formatted(.iso8601))
    if let step { line["step"] = .text(step.rawValue) }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    guard let data = try? encoder.encode(line) else { return }
    sink(String(decoding: data, as: UTF8.self))
  }
}
