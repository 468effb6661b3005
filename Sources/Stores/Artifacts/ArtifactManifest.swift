package import Foundation

/// The list of a bundle's files. Its canonical bytes are `manifest.json`, and their SHA-256 is the bundle's digest:
/// who knows the digest can verify every byte.
package struct ArtifactManifest: Codable, Sendable, Equatable {
  /// `apus.dev/artifact/v1`
  package var contract: String
  /// Sorted by name.
  package var files: [File]

  package static let currentContract = "apus.dev/artifact/v1"
  package static let fileName = "manifest.json"

  package struct File: Codable, Sendable, Equatable {
    package var name: String
    /// Bytes.
    package var size: Int
    /// 64 hexadecimal digits.
    package var sha256: String
  }

  /// The manifest of `files` by name.
  package init(describing files: [String: Data]) {
    contract = Self.currentContract
    self.files = files.map { File(name: $0.key, size: $0.value.count, sha256: ContentDigest(of: $0.value).hex) }
      .sorted { $0.name < $1.name }
  }

  /// The bytes of `manifest.json`: keys sorted, no spaces, the same on every machine.
  package func canonicalBytes() throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(self)
  }
}
