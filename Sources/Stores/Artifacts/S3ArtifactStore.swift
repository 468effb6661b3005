package import Foundation
import HTTPTransport

/// Artifacts in an S3 bucket, below a prefix: `<prefix>/sha256/<hex>/<file>` and `<prefix>/reports/…`.
///
/// A bundle's manifest is stored last: while it is missing, the bundle is not there. While one is being removed,
/// `.removing` beside its files holds the manifest.
package struct S3ArtifactStore: ArtifactStore {
  private let bucket: S3Bucket
  private let prefix: String

  package init(_ bucket: S3Bucket, prefix: String) {
    self.bucket = bucket
    self.prefix = prefix.isEmpty || prefix.hasSuffix("/") ? prefix : prefix + "/"
  }

  init(location: String, environment: [String: String]) throws(ArtifactError) {
    guard let (bucket, prefix) = S3Bucket.split(location) else { throw .unsupportedLocation(location) }
    let place = S3Bucket.Location(bucket: bucket, environment: environment)
    do {
      self.init(S3Bucket(place, transport: try CurlTransport()), prefix: prefix)
    } catch {
      throw .unavailable(location: location, reason: error.description)
    }
  }

  package func put(_ bundle: ArtifactBundle) async throws {
    if try await isIntact(bundle.digest) { return }
    for (name, data) in bundle.files.sorted(by: { $0.key < $1.key }) {
      try await bucket.put(data, at: key(bundle.digest, name))
    }
    try await bucket.put(bundle.manifest, at: key(bundle.digest, ArtifactManifest.fileName))
  }

  package func open(_ digest: String) async throws -> ArtifactBundle {
    guard let digest = ContentDigest(digest) else { throw ArtifactError.malformedDigest(digest) }
    guard let manifest = try await bucket.get(key(digest, ArtifactManifest.fileName), atMost: ArtifactBounds.manifest)
    else {
      throw ArtifactError.notFound("The artifact \(digest)")
    }
    return try await ArtifactBundle.verified(digest, manifest: manifest) { name, size in
      try await bucket.get(key(digest, name), atMost: size)
    }
  }

  package func remove(_ digest: String) async throws {
    guard let digest = ContentDigest(digest) else { throw ArtifactError.malformedDigest(digest) }
    let (manifest, removing) = (key(digest, ArtifactManifest.fileName), key(digest, Self.removing))
    var names = Self.files(in: try await bucket.get(removing, atMost: ArtifactBounds.manifest)) ?? []
    if let listed = try await bucket.get(manifest, atMost: ArtifactBounds.manifest) {
      // Of a manifest that cannot be read the usual files are known.
      names.formUnion(Self.files(in: listed) ?? ArtifactBundle.FileName.all)
      try await bucket.put(listed, at: removing)
      // Without its manifest a bundle is not there.
      try await bucket.delete(manifest)
    } else if names.isEmpty {
      // Not there; or a worker of release 0.1.0 was interrupted, which kept no list.
      names = ArtifactBundle.FileName.all
    }
    for name in names.sorted() where ArtifactBundle.isPlain(name) { try await bucket.delete(key(digest, name)) }
    try await bucket.delete(removing)
  }

  /// No file of a bundle can have this name.
  private static let removing = ".removing"

  private static func files(in manifest: Data?) -> Set<String>? {
    manifest.flatMap { try? JSONDecoder().decode(ArtifactManifest.self, from: $0) }.map { Set($0.files.map(\.name)) }
  }

  package func putReport(_ data: Data, at path: String) async throws {
    try await bucket.put(data, at: prefix + ReportPath(path).text)
  }

  package func report(at path: String) async throws -> Data {
    guard let data = try await bucket.get(prefix + ReportPath(path).text) else {
      throw ArtifactError.notFound("The report \(path)")
    }
    return data
  }

  /// A bucket does not tell whether there was something to delete: it is asked before.
  package func removeReport(at path: String) async throws -> Bool {
    let key = try prefix + ReportPath(path).text
    guard try await bucket.get(key) != nil else { return false }
    try await bucket.delete(key)
    return true
  }

  private func key(_ digest: ContentDigest, _ name: String) -> String { "\(prefix)sha256/\(digest.hex)/\(name)" }

  private func isIntact(_ digest: ContentDigest) async throws -> Bool {
    do {
      return try await contains(digest.description)
    } catch ArtifactError.corrupted {
      return false
    }
  }
}
