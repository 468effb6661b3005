import Values

/// Why an artifact could not be stored or opened; each case reads as a sentence for a person.
package enum ArtifactError: Error, Equatable, CustomStringConvertible {
  /// Not `sha256:<hex>`.
  case malformedDigest(String)
  /// No bundle with this digest, or no report at this path.
  case notFound(String)
  /// A file's bytes are not those that were stored.
  case corrupted(digest: String, file: String, detail: String)
  /// The manifest promises what no reader takes: a size, a number of files.
  case unacceptable(digest: String, file: String, detail: String)
  /// A name that is no plain file name, or a path that leaves the store.
  case unsafeName(String)
  /// A location that no store understands.
  case unsupportedLocation(String)
  /// The store could not be read or written; trying again may help.
  case unavailable(location: String, reason: String)
  /// The store refused: credentials or rights.
  case forbidden(location: String, reason: String)
  /// The store answered that the request makes no sense to it.
  case refused(location: String, reason: String)

  package var description: String {
    switch self {
    case .malformedDigest(let text): "'\(text)' is not a digest; write sha256: and 64 hexadecimal digits."
    case .notFound(let what):
      "\(what) is not in the artifact store; check APUS_ARTIFACTS and that the volume is mounted."
    case .corrupted(let digest, let file, let detail):
      "The artifact \(digest) is damaged: \(file) \(detail). Restore the file or train again."
    case .unacceptable(let digest, let file, let detail):
      "The artifact \(digest) cannot be read: \(file) \(detail). Make it smaller, or raise the memory limit."
    case .unsafeName(let name):
      "'\(name.unicodeScalars.count > 255 ? "a very long name" : name.plain(characters: 255))' cannot be a name in the artifact store; use letters, digits, '.', '-', '_'."
    case .unsupportedLocation(let text):
      "APUS_ARTIFACTS is '\(text)'; write file:///a/folder or s3://bucket/prefix."
    case .unavailable(let location, let reason): "The artifact store \(location) cannot be used: \(reason)."
    case .forbidden(let location, let reason):
      "The artifact store \(location) refused access: \(reason). Check the credentials (the operator's setting "
        + "storage.s3.secret, or AWS_* in the pod templates), their rights, and whether temporary ones have expired."
    case .refused(let location, let reason):
      "The store \(location) refused the request: \(reason). Check the bucket, the region and the endpoint."
    }
  }

  /// Whether trying again with the same input may help.
  package var isRetryable: Bool {
    if case .unavailable = self { return true }
    return false
  }
}
