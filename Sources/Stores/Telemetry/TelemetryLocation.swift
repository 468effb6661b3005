import Foundation

/// Where a telemetry store is.
package enum TelemetryLocation: Sendable, Equatable {
  /// Absolute path of the database file.
  case sqlite(path: String)
  /// A libpq connection URL.
  case postgres(url: String)

  package init(_ text: String) throws(TelemetryError) {
    // Secrets made from files end with a line end, which would become a part of the database's name.
    let text = text.trimmingCharacters(in: .whitespacesAndNewlines)
    guard !text.contains(where: \.isNewline) else {
      throw .location(
        reason: "it has a line end in its middle; where it comes from a Secret, write it there as one line")
    }
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2 else { throw .location(reason: "it has no scheme") }
    switch parts[0] {
    case "sqlite":
      guard parts[1].hasPrefix("///"), let path = String(parts[1].dropFirst(2)).removingPercentEncoding, path.count > 1,
        !path.hasSuffix("/")
      else { throw .location(reason: "sqlite: needs the absolute path of a file") }
      self = .sqlite(path: path)
    case "postgres", "postgresql":
      guard parts[1].hasPrefix("//") else { throw .location(reason: "\(parts[0]): needs // and a host") }
      self = .postgres(url: text)
    default:
      throw .location(reason: "its scheme '\(parts[0])' is neither sqlite nor postgres")
    }
  }
}
