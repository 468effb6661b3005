package import Foundation
package import JSONLogging

/// A value of a log line.
package typealias LogValue = JSONLogLine.Value

/// The log of a run: static messages, values as fields (`JSONLogLine`). Never given a secret or a row.
package struct RunLog: Sendable {
  private let sink: @Sendable (String) -> Void
  private let now: @Sendable () -> Date
  /// Fields of every line: namespace, model, run.
  private let common: [String: LogValue]

  /// - Parameter sink: Gets each line with its line feed.
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
    var all = common.merging(fields) { $1 }
    if let step { all["step"] = .text(step.rawValue) }
    sink(JSONLogLine(time: now().timeIntervalSince1970, level: level, message: message, fields: all).text)
  }
}
