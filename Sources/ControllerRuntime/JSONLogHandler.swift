import Foundation
public import Logging

/// One JSON object a line: `time`, `level`, `logger`, `message`, and each metadata value under its key.
///
/// Values whose key speaks of a secret are not written, whoever puts them there.
public struct JSONLogHandler: LogHandler {
  public var logLevel: Logger.Level
  public var metadata: Logger.Metadata = [:]
  public var metadataProvider: Logger.MetadataProvider?
  private let label: String
  private let write: @Sendable (String) -> Void
  private let now: @Sendable () -> Double

  /// - Parameters:
  ///   - write: gets each line with its line feed; nil: standard error.
  ///   - now: seconds since 1970; nil: the machine's clock.
  public init(
    label: String, level: Logger.Level = .info, write: (@Sendable (String) -> Void)? = nil,
    now: (@Sendable () -> Double)? = nil
  ) {
    self.label = label
    self.logLevel = level
    self.now = now ?? { Date().timeIntervalSince1970 }
    // One write for each line, so that lines of several threads do not mix. A log that nobody takes is no reason to stop.
    self.write = write ?? { line in try? FileHandle.standardError.write(contentsOf: Data(line.utf8)) }
  }

  public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  public func log(event: LogEvent) {
    write(Self.line(event, label: label, metadata: metadata, provider: metadataProvider, at: now()))
  }
}
