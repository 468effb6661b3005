internal import ClusterState
internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import KubernetesModel
internal import NIOCore
internal import YAMLCoding

/// From an HTTP request to one of the API.
enum RequestReading {
  /// Larger bodies are refused, as etcd would.
  static let bodyLimit = 3 << 20

  /// The decoded segments of its path.
  static func path(of request: Request) -> [String] {
    request.uri.path.split(separator: "/").map { String($0).removingPercentEncoding ?? String($0) }
  }

  static func read(_ request: Request, from user: RequestUser) async throws -> ReceivedRequest {
    guard let method = ReceivedRequest.Method(rawValue: request.method.rawValue) else {
      throw StatusError(
        code: 405, reason: "MethodNotAllowed",
        message: "the server does not allow this method on the requested resource")
    }
    let query = request.uri.queryParameters.map { (String($0.key), String($0.value).replacing("+", with: " ")) }
    let type = request.headers[.contentType] ?? "application/json"
    var read = ReceivedRequest(
      method, path: path(of: request), query: APIQuery(query), accept: request.headers[.accept] ?? "",
      contentType: type,
      userAgent: request.headers[.userAgent] ?? "",
      source: RequestSource(
        uri: request.uri.string, user: user,
        impersonatedUser: HTTPField.Name("Impersonate-User").flatMap { request.headers[$0] }))
    if method != .get { read.body = try await body(of: request, type) }
    return read
  }

  private static func body(of request: Request, _ type: String) async throws -> JSONValue? {
    let buffer: ByteBuffer
    do {
      buffer = try await request.body.collect(upTo: bodyLimit)
    } catch is NIOTooManyBytesError {
      throw StatusError(
        code: 413, reason: "RequestEntityTooLarge", message: "Request entity too large: limit is \(bodyLimit)")
    }
    guard buffer.readableBytes > 0 else { return nil }
    let bytes = Array(buffer.readableBytesView)
    if type.contains("protobuf") { return try ProtobufBody.decode(bytes) }
    do {
      return try JSONValue(parsing: bytes)
    } catch let fault {
      guard type.contains("yaml") else {
        throw StatusError(
          code: 400, reason: "BadRequest", message: "the object provided is unrecognized: \(fault.description)")
      }
    }
    do {
      return try YAML.document(bytes).value
    } catch {
      throw StatusError(code: 400, reason: "BadRequest", message: "error decoding YAML: \(error.description)")
    }
  }
}

extension LogOptions {
  /// The query of `GET …/pods/NAME/log`.
  init(_ query: APIQuery) {
    self.init()
    container = query["container"]
    follow = query.isTrue("follow")
    previous = query.isTrue("previous")
    tailLines = query["tailLines"].flatMap { Int($0) }
    sinceSeconds = query["sinceSeconds"].flatMap { Int($0) }
    timestamps = query.isTrue("timestamps")
    limitBytes = query["limitBytes"].flatMap { Int($0) }
  }
}
