import Crypto
package import Foundation
import Values

/// The SHA-256 of some bytes, written as `sha256:<64 hexadecimal digits>`: the only address of an artifact.
package struct ContentDigest: Hashable, Sendable, CustomStringConvertible {
  /// 64 lower-case hexadecimal digits.
  package let hex: String

  /// The digest of `data`.
  package init(of data: Data) {
    hex = Figures.hexadecimal(SHA256.hash(data: data))
  }

  /// Reads `sha256:<hex>`; nil where `text` is anything else, so that no digest can leave the store's folder.
  package init?(_ text: String) {
    let prefix = "sha256:"
    guard text.hasPrefix(prefix) else { return nil }
    let hex = text.dropFirst(prefix.count)
    guard hex.utf8.count == 64, hex.utf8.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) }) else {
      return nil
    }
    self.hex = String(hex)
  }

  package var description: String { "sha256:" + hex }
}
