import Foundation

/// A store that took the place of another: everything new is written to it, and what only the former one has is read from there.
struct SucceedingArtifactStore: ArtifactStore {
  let current: any ArtifactStore
  let former: any ArtifactStore

  func put(_ bundle: ArtifactBundle) async throws { try await current.put(bundle) }

  func open(_ digest: String) async throws -> ArtifactBundle {
    do {
      return try await current.open(digest)
    } catch ArtifactError.notFound {
      return try await former.open(digest)
    }
  }

  /// From both: whoever gives a bundle up does not know where it lies.
  func remove(_ digest: String) async throws {
    try await current.remove(digest)
    try await former.remove(digest)
  }

  func putReport(_ data: Data, at path: String) async throws { try await current.putReport(data, at: path) }

  func report(at path: String) async throws -> Data {
    do {
      return try await current.report(at: path)
    } catch ArtifactError.notFound {
      return try await former.report(at: path)
    }
  }

  func removeReport(at path: String) async throws -> Bool {
    let isRemoved = try await current.removeReport(at: path)
    return try await former.removeReport(at: path) || isRemoved
  }
}
