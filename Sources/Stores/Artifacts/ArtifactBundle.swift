package import Foundation

/// The files of one model version, in memory.
package struct ArtifactBundle: Sendable, Equatable {
  /// Contents by file name, without the manifest.
  package let files: [String: Data]
  /// `manifest.json` as it is stored; custom trainers may write it their own way.
  package let manifest: Data
  /// `sha256:<hex>` of the manifest's bytes: the version's digest.
  package let digest: ContentDigest

  /// Names that the built-in trainer writes and the server reads.
  package enum FileName {
    package static let model = "model.json"
    package static let schema = "schema.json"
    package static let pipeline = "pipeline.json"
    package static let reference = "reference.json"
    package static let evaluation = "evaluation.json"
    /// Rows with what a custom trainer predicted for them.
    package static let samples = "samples.json"
    package static let report = "report.html"

    package static let all: Set<String> = [model, schema, pipeline, reference, evaluation, samples, report]
  }

  /// A new bundle. Throws `unsafeName` for a name that is no plain file name.
  package init(files: [String: Data]) throws {
    for name in files.keys where !Self.isPlain(name) || name == ArtifactManifest.fileName {
      throw ArtifactError.unsafeName(name)
    }
    self.files = files
    manifest = try ArtifactManifest(describing: files).canonicalBytes()
    digest = ContentDigest(of: manifest)
  }

  /// A stored bundle: reads the manifest, checks it against `digest` and `bounds`, then each file that `read` returns against it.
  /// Throws `corrupted` or `unacceptable`, naming the file, where anything differs.
  /// - Parameter read: Gets a file's name and size; it need not read more than that.
  static func verified(
    _ digest: ContentDigest, manifest: Data, within bounds: ArtifactBounds = .standard,
    read: (String, Int) async throws -> Data?
  ) async throws -> ArtifactBundle {
    let manifestName = ArtifactManifest.fileName
    guard ContentDigest(of: manifest) == digest else {
      throw ArtifactError.corrupted(
        digest: digest.description, file: manifestName, detail: "does not have the digest it is stored under")
    }
    let listed: ArtifactManifest
    do {
      listed = try JSONDecoder().decode(ArtifactManifest.self, from: manifest)
    } catch {
      throw ArtifactError.corrupted(digest: digest.description, file: manifestName, detail: "is not a manifest")
    }
    if let file = listed.files.first(where: { !isPlain($0.name) }) { throw ArtifactError.unsafeName(file.name) }
    if let (file, detail) = bounds.problem(of: listed.files) {
      throw ArtifactError.unacceptable(digest: digest.description, file: file, detail: detail)
    }
    var files: [String: Data] = [:]
    for file in listed.files {
      guard let data = try await read(file.name, file.size) else {
        throw ArtifactError.corrupted(digest: digest.description, file: file.name, detail: "is missing")
      }
      guard data.count == file.size else {
        throw ArtifactError.corrupted(
          digest: digest.description, file: file.name, detail: "has \(data.count) bytes instead of \(file.size)")
      }
      guard ContentDigest(of: data).hex == file.sha256 else {
        throw ArtifactError.corrupted(
          digest: digest.description, file: file.name, detail: "does not have the SHA-256 of the manifest")
      }
      files[file.name] = data
    }
    return ArtifactBundle(files: files, manifest: manifest, digest: digest)
  }

  private init(files: [String: Data], manifest: Data, digest: ContentDigest) {
    self.files = files
    self.manifest = manifest
    self.digest = digest
  }

  /// The contents of a file the bundle must have; throws `notFound`, naming it, otherwise.
  package func file(_ name: String) throws -> Data {
    guard let data = files[name] else { throw ArtifactError.notFound("\(name) of the artifact \(digest)") }
    return data
  }

  /// A file name without separators that no file system or URL reads in another way.
  static func isPlain(_ name: String) -> Bool {
    !name.isEmpty && name.utf8.count <= 255 && !name.hasPrefix(".")
      && name.utf8.allSatisfy { byte in
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
          || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
      }
  }
}
