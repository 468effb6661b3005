import Foundation
package import Logging

/// One JSON object a line: time, level, message, logger, and the metadata as fields.
package struct JSONLogHandler: LogHandler {
  package var metadata: Logger.Metadata = [:]
  package var metadataProvider: Logger.MetadataProvider?
  package var logLevel: Logger.Level
  private let label: String
  private let write: @Sendable (String) -> Void

  package init(
    label: String, level: Logger.Level, write: @escaping @Sendable (String) -> Void = JSONLogHandler.standardError
  ) {
    self.label = label
    logLevel = level
    self.write = write
  }

  package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  package func log(event: LogEvent) {
    var fields = metadata
    if let provided = metadataProvider?.get() { fields.merge(provided) { $1 } }
    if let given = event.metadata { fields.merge(given) { $1 } }
    let time = Date().formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    var line = "{\"time\":\"\(time)\",\"level\":\"\(event.level.rawValue)\",\"logger\":\(JSONText.quoted(label))"
    line += ",\"message\":" + JSONText.quoted(event.message.description)
    for (name, value) in fields.sorted(by: { $0.key < $1.key }) {
      line += "," + JSONText.quoted(name) + ":" + JSONText.quoted(value.description)
    }
    write(line + "}\n")
  }

  /// One call a line, so that lines of several threads do not mix. Where nobody listens any more, the line is lost.
  package static let standardError: @Sendable (String) -> Void = { line in
    try? FileHandle.standardError.write(contentsOf: Data(line.utf8))
  }
}
