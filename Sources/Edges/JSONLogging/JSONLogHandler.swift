import Foundation
package import Logging

/// One JSON object a line (`JSONLogLine`), with each metadata value under its key.
package struct JSONLogHandler: LogHandler {
  package var logLevel: Logger.Level
  package var metadata: Logger.Metadata = [:]
  package var metadataProvider: Logger.MetadataProvider?
  private let label: String
  private let write: @Sendable (String) -> Void
  private let now: @Sendable () -> Double

  /// - Parameters:
  ///   - write: Gets each line with its line feed.
  ///   - now: Seconds since 1970.
  package init(
    label: String, level: Logger.Level = .info,
    write: @escaping @Sendable (String) -> Void = JSONLogHandler.standardError,
    now: @escaping @Sendable () -> Double = { Date().timeIntervalSince1970 }
  ) {
    self.label = label
    logLevel = level
    self.write = write
    self.now = now
  }

  package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  package func log(event: LogEvent) {
    var fields = metadata
    if let provided = metadataProvider?.get() { fields.merge(provided) { $1 } }
    if let given = event.metadata { fields.merge(given) { $1 } }
    if let error = event.error, fields["error"] == nil { fields["error"] = "\(error)" }
    let line = JSONLogLine(
      time: now(), level: event.level.rawValue, logger: label, message: event.message.description,
      fields: fields.mapValues(JSONLogLine.Value.init))
    write(line.text)
  }

  /// One write a line, so that lines of several threads do not mix. A log that nobody takes is no reason to stop.
  package static let standardError: @Sendable (String) -> Void = { line in
    try? FileHandle.standardError.write(contentsOf: Data(line.utf8))
  }
}

extension JSONLogLine.Value {
  fileprivate init(_ value: Logger.MetadataValue) {
    switch value {
    case .string(let text): self = .text(text)
    case .stringConvertible(let value): self = .text(value.description)
    case .array(let values): self = .list(values.map(Self.init))
    case .dictionary(let members): self = .object(members.mapValues(Self.init))
    }
  }
}
