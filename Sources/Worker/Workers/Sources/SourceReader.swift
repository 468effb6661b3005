import Artifacts
import Foundation
import HTTPTransport
import Tabular
import WorkerContract

/// Reads the rows that a source describes. Messages name the field of the resource, the server, and the mend, never a
/// credential.
struct SourceReader {
  let environment: WorkerEnvironment
  /// The names of the source's credentials.
  let names: SourceVariables

  /// - Parameter field: Path of the source in the resource: `spec.training.source` or `….split.testSource`.
  func read(
    _ source: DataSource, encoding: FeatureSchema.Encoding? = nil, field: String
  ) async throws -> RawTable {
    let given = [source.csv != nil, source.postgres != nil, source.s3 != nil].count { $0 }
    guard given == 1 else {
      throw WorkerError.sourceUnreadable(
        field: field,
        reason: "\(given == 0 ? "none" : "more than one") of csv, postgres and s3 is set; set exactly one.")
    }
    if let csv = source.csv {
      let options = CSVOptions(delimiter: csv.delimiter?.byte, encoding: encoding, decimal: csv.decimal)
      return try await readCSV(csv.uri, options, field: field + ".csv.uri")
    }
    if let s3 = source.s3 {
      let options = CSVOptions(delimiter: s3.delimiter?.byte, encoding: encoding, decimal: s3.decimal)
      return try await readObject(s3, options, field: field + ".s3")
    }
    guard let postgres = source.postgres else { throw WorkerError.sourceUnreadable(field: field, reason: "is empty.") }
    return try PostgresSource(environment: environment, names: names, field: field + ".postgres").read(
      postgres, window: source.window)
  }

  private func readCSV(_ uri: String, _ options: CSVOptions, field: String) async throws -> RawTable {
    if let path = try environment.path(ofFile: uri) {
      return try parse(try readFile(path, uri: uri, field: field), options, field: field)
    }
    if uri.hasPrefix("http://") || uri.hasPrefix("https://") {
      return try parse(try await download(uri, field: field), options, field: field)
    }
    if uri.hasPrefix("s3://") {
      return try await readObject(DataSource.S3(uri: uri), options, field: field)
    }
    throw WorkerError.sourceUnreadable(
      field: field, reason: "'\(uri)' is not a source; write file:///…, http://…, https://… or s3://….")
  }

  private func readFile(_ path: String, uri: String, field: String) throws -> [UInt8] {
    let folders = try environment.folders()
    let elsewhere = WorkerError.sourceUnreadable(
      field: field,
      reason: "\(uri) is, or leads, outside of the storage and the volumes of the worker's pod; put the file below the "
        + "storage, or mount its volume in spec.training.template.")
    // On the local cluster a pod's path stands for another.
    let named = String(uri.dropFirst("file://".count)).removingPercentEncoding ?? ""
    guard SourcePlace.closedFolder(of: SourcePlace.normalized(named)) == nil else { throw elsewhere }
    do throws(SourceFile.Failure) {
      return try SourceFile.read(path, in: folders, limit: RawTable.maximumBytes)
    } catch {
      switch error {
      // Whether there is a file where none may be read is nobody's business.
      case .absent where !folders.contain(SourcePlace.normalized(path)),
        .unreadable where !folders.contain(SourcePlace.normalized(path)):
        throw elsewhere
      case .absent:
        throw WorkerError.sourceUnreadable(
          field: field,
          reason:
            "\(uri) does not exist in the worker's pod; correct it, or mount the volume in spec.training.template.")
      case .elsewhere: throw elsewhere
      case .isFolder:
        throw WorkerError.sourceUnreadable(field: field, reason: "\(uri) is a folder; name a CSV file.")
      case .isNoFile:
        throw WorkerError.sourceUnreadable(field: field, reason: "\(uri) is a pipe or a device; name a CSV file.")
      case .tooLarge(let bytes):
        throw WorkerError.sourceUnreadable(field: field, reason: "\(CSVError.tooLarge(bytes: bytes)).")
      case .unreadable(let reason):
        throw WorkerError.sourceUnreadable(
          field: field, reason: "\(uri) cannot be read (\(reason)); check its rights.")
      }
    }
  }

  private func download(_ uri: String, field: String) async throws -> [UInt8] {
    let server = TransportError.origin(of: uri)
    var request = HTTPRequest(url: uri, timeouts: HTTPTimeouts(total: nil))
    request.followsRedirects = true
    request.acceptsCompression = true
    let response: HTTPResponse
    do {
      response = try await environment.transport().send(request)
    } catch {
      switch error {
      case .invalidRequest, .bodyTooLarge, .notAllowed:
        throw WorkerError.sourceUnreadable(field: field, reason: "\(error).")
      default: throw WorkerError.sourceUnavailable(field: field, reason: "\(error).")
      }
    }
    switch response.status {
    case 200..<300: return response.body
    case 408, 425, 429, 500...:
      throw WorkerError.sourceUnavailable(field: field, reason: "\(server) answered with status \(response.status).")
    case 401, 403:
      throw WorkerError.sourceUnreadable(
        field: field,
        reason: "\(server) refused access (status \(response.status)); use a URL that the worker may read.")
    default:
      throw WorkerError.sourceUnreadable(
        field: field,
        reason: "\(Self.withoutSecrets(uri)) answered with status \(response.status); correct the URL.")
    }
  }

  /// The address without the parts in which people put passwords and tokens: the user and the query.
  private static func withoutSecrets(_ uri: String) -> String {
    guard var parts = URLComponents(string: uri) else { return TransportError.origin(of: uri) }
    parts.user = nil
    parts.password = nil
    parts.query = nil
    parts.fragment = nil
    return parts.string ?? TransportError.origin(of: uri)
  }

  private func readObject(_ source: DataSource.S3, _ options: CSVOptions, field: String) async throws -> RawTable {
    guard let (bucket, key) = S3Bucket.split(source.uri), !key.isEmpty else {
      throw WorkerError.sourceUnreadable(
        field: field, reason: "'\(source.uri)' is not of the form s3://bucket/key.csv.")
    }
    let credentials = SourceCredentials(of: names, in: environment.variables)
    func place(_ variables: [String: String]) -> S3Bucket.Location {
      S3Bucket.Location(bucket: bucket, endpoint: source.endpoint, region: source.region, environment: variables)
    }
    let location = place(credentials.variables)
    let data: Data?
    do {
      do {
        data = try await get(key, at: location)
      } catch ArtifactError.forbidden where !credentials.areOwn && location.isSigned {
        // The pod's key is another store's, and what is public would be refused for its sake.
        data = try await get(key, at: place(credentials.anonymous))
      }
    } catch let error as ArtifactError {
      throw Self.refusal(error, at: location, areOwn: credentials.areOwn, field: field)
    } catch let error as TransportError {
      throw WorkerError.sourceUnavailable(field: field, reason: "\(error).")
    }
    guard let data else {
      throw WorkerError.sourceUnreadable(field: field, reason: "\(location) has no object \(key); correct the key.")
    }
    return try parse([UInt8](data), options, field: field)
  }

  private func get(_ key: String, at location: S3Bucket.Location) async throws -> Data? {
    try await S3Bucket(location, transport: try environment.transport(), now: environment.now).get(key)
  }

  private static func refusal(
    _ error: ArtifactError, at location: S3Bucket.Location, areOwn: Bool, field: String
  ) -> WorkerError {
    switch error {
    case .unavailable(let place, let reason):
      return .sourceUnavailable(field: field, reason: "\(place) cannot be reached: \(reason).")
    case .forbidden(_, let reason) where !areOwn:
      return .sourceUnreadable(
        field: field,
        reason: "\(location) refused access (\(reason)); name a Secret with the bucket's key in \(field)"
          + ".credentialsSecretRef.")
    case .forbidden(_, let reason):
      return .sourceUnreadable(
        field: field,
        reason:
          "\(location) refused access (\(reason)); check the values of the Secret that credentialsSecretRef names "
          + "and their rights, and whether temporary credentials have expired.")
    case .refused(_, let reason):
      return .sourceUnreadable(
        field: field,
        reason: "\(location) refused the request (\(reason)); check the bucket, the region and the endpoint.")
    default: return .sourceUnreadable(field: field, reason: "\(error)")
    }
  }

  private func parse(_ bytes: [UInt8], _ options: CSVOptions, field: String) throws -> RawTable {
    do {
      return try RawTable(csv: bytes, options: options)
    } catch {
      throw WorkerError.sourceUnreadable(field: field, reason: "\(error).")
    }
  }
}
