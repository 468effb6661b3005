import Foundation
package import Logging
import ServiceLifecycle
import Synchronization

/// The tokens that clients may bring, from a file that is read again when it changes: one token a line, so that an old and a
/// new one can be valid at the same time. While the file cannot be read at the start, no token is valid; later, the last
/// ones stay.
package final class BearerTokens: Service, Sendable {
  private let path: String
  private let interval: Duration
  private let logger: Logger
  private let contents = Mutex(Contents())

  private struct Contents {
    var tokens: [[UInt8]] = []
    var document: Data?
    var isUnreadable = false
  }

  /// - Parameter interval: How often the file is looked at.
  package init(path: String, interval: Duration = .seconds(1), logger: Logger) {
    self.path = path
    self.interval = interval
    self.logger = logger
    load()
  }

  /// Looks at the file's content rather than its time of change: a Secret's files are swapped by a link, and are small.
  private func load() {
    let document = try? Data(contentsOf: URL(fileURLWithPath: path))
    let change = contents.withLock { contents -> (isUnreadable: Bool, count: Int)? in
      guard let document else {
        defer { contents.isUnreadable = true }
        return contents.isUnreadable ? nil : (true, contents.tokens.count)
      }
      contents.isUnreadable = false
      guard document != contents.document else { return nil }
      contents.document = document
      contents.tokens = Self.tokens(in: document)
      return (false, contents.tokens.count)
    }
    guard let change else { return }
    if change.isUnreadable {
      logger.error(
        "the file of tokens cannot be read", metadata: ["path": "\(path)", "valid_tokens": "\(change.count)"])
    } else if change.count == 0 {
      logger.error("the file of tokens has none: every request is refused", metadata: ["path": "\(path)"])
    } else {
      logger.info("tokens are read", metadata: ["valid_tokens": "\(change.count)"])
    }
  }

  /// One a line, without blanks at its ends, and without the mark that some editors put before the first line (U+FEFF).
  static func tokens(in document: Data) -> [[UInt8]] {
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    return document.dropFirst(document.starts(with: mark) ? mark.count : 0).split { $0 == 0x0A || $0 == 0x0D }
      .compactMap { line in
        let token = line.drop { $0 == 0x20 || $0 == 0x09 }
        let end = token.lastIndex { $0 != 0x20 && $0 != 0x09 }
        return end.map { Array(token[token.startIndex...$0]) }
      }
  }

  package enum Verdict: Sendable, Equatable {
    case valid
    case missing
    case wrong
  }

  /// - Parameter header: The request's `Authorization`.
  package func verdict(on header: String?) -> Verdict {
    guard let token = Self.token(in: header) else { return .missing }
    let given = Array(token.utf8)
    let tokens = contents.withLock { $0.tokens }
    // All tokens are compared, and each to its end, so that the time tells nothing about them.
    var isValid = false
    for token in tokens where Self.isEqual(given, token) { isValid = true }
    return isValid ? .valid : .wrong
  }

  /// The token of an `Authorization`; nil where it brings none.
  static func token(in header: String?) -> Substring? {
    guard let parts = header?.split(separator: " ", maxSplits: 1), parts.count == 2, parts[0].lowercased() == "bearer"
    else { return nil }
    return parts[1].drop { $0 == " " }
  }

  /// Takes as long whatever the bytes of `token` are.
  private static func isEqual(_ given: [UInt8], _ token: [UInt8]) -> Bool {
    guard !token.isEmpty else { return false }
    var difference = given.count ^ token.count
    for place in given.indices { difference |= Int(given[place] ^ token[place % token.count]) }
    return difference == 0
  }

  package func run() async throws {
    await cancelWhenGracefulShutdown {
      while !Task.isCancelled {
        try? await Task.sleep(for: self.interval)
        self.load()
      }
    }
  }
}
