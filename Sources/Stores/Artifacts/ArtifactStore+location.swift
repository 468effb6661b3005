import Foundation

/// Opens the store at a location such as `RunEnvironment.artifacts` holds: `file:///folder` or `s3://bucket/prefix`.
///
/// For S3, `environment` gives `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, and where needed `AWS_SESSION_TOKEN`,
/// `AWS_REGION` (default us-east-1) and `AWS_ENDPOINT_URL`.
///
/// Where it names a former store (`APUS_ARTIFACTS_FORMER`), what only that one has is read from there.
package func openArtifactStore(
  at location: String, environment: [String: String]
) throws(ArtifactError) -> any ArtifactStore {
  let current = try openSingleStore(at: location, environment: environment)
  guard let former = environment["APUS_ARTIFACTS_FORMER"], !former.isEmpty, former != location else { return current }
  return SucceedingArtifactStore(
    current: current, former: try openSingleStore(at: former, environment: environment))
}

private func openSingleStore(
  at location: String, environment: [String: String]
) throws(ArtifactError) -> any ArtifactStore {
  let filePrefix = "file://"
  if location.hasPrefix(filePrefix + "/") {
    guard let path = String(location.dropFirst(filePrefix.count)).removingPercentEncoding, path.utf8.count > 1 else {
      throw .unsupportedLocation(location)
    }
    return FileArtifactStore(folder: path)
  }
  if location.hasPrefix("s3://") {
    return try S3ArtifactStore(location: location, environment: environment)
  }
  throw .unsupportedLocation(location)
}
