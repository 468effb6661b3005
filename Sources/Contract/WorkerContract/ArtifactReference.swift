import JSON
package import Schema

/// One version's files: the digest is the SHA-256 of the bundle's manifest, as `sha256:<hex>`, and is its only address.
public struct ArtifactReference: Codable, Sendable, Hashable {
  public var version: String
  public var digest: String

  public init(version: String, digest: String) {
    self.version = version
    self.digest = digest
  }
}

extension ArtifactReference: SchemaDescribed {
  package static let schema = Schema.object(
    "The files of a version, by their digest.",
    [
      .required("version", .version("The version.")),
      .required("digest", .string("SHA-256 of the manifest: sha256:<hex>.", maximum: 128)),
    ])
}

extension Schema {
  /// `v7`
  package static func version(_ description: String) -> Schema {
    .string(description, minimum: 2, maximum: 12, pattern: "^v[1-9][0-9]*$", form: "a version such as v7")
  }
}
