package import Foundation

/// Where model versions and reports are kept.
///
/// Guarantees of every implementation: a bundle appears whole or not at all; storing the same bundle again, also at the
/// same time from several places, is harmless; opening verifies every byte against the digest.
package protocol ArtifactStore: Sendable {
  /// Stores the bundle; it can be opened by its digest when this returns.
  func put(_ bundle: ArtifactBundle) async throws
  /// The bundle with this digest (`sha256:<hex>`), every file verified. Throws `notFound` or `corrupted`.
  func open(_ digest: String) async throws -> ArtifactBundle
  /// Whether the bundle is there and intact. A damaged one throws `corrupted`.
  func contains(_ digest: String) async throws -> Bool
  /// Takes the bundle away; one that is not there counts as taken away. From the first moment on it is not to be
  /// opened. Where it was interrupted, doing it again takes away what was left.
  func remove(_ digest: String) async throws
  /// Stores a file for people, such as `reports/<run>.html`, and replaces what was there.
  func putReport(_ data: Data, at path: String) async throws
  /// The file for people at `path`; throws `notFound`.
  func report(at path: String) async throws -> Data
  /// Takes the file for people at `path` away; returns false where there was none.
  func removeReport(at path: String) async throws -> Bool
}

extension ArtifactStore {
  package func contains(_ digest: String) async throws -> Bool {
    do {
      _ = try await open(digest)
      return true
    } catch ArtifactError.notFound {
      return false
    }
  }
}

/// The address of a report: plain names joined by slashes.
struct ReportPath {
  let components: [String]

  init(_ text: String) throws {
    components = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard !components.isEmpty, components.allSatisfy(ArtifactBundle.isPlain), components.first != "sha256" else {
      throw ArtifactError.unsafeName(text)
    }
  }

  var text: String { components.joined(separator: "/") }
}
