package import HTTPTypes
import HummingbirdCore
package import NIOCore

extension ModelServer {
  /// What a listener would send back.
  package struct Reply: Sendable, Equatable {
    package var code: Int
    package var headers: HTTPFields
    package var body: ByteBuffer
  }

  /// Answers a request by the listeners' own code, without a socket: for whoever asks millions of them.
  package func reply(
    to head: HTTPRequest, _ body: ByteBuffer, by face: Endpoint.Face = .public
  ) async throws -> Reply {
    let request = Request(head: head, body: RequestBody(buffer: body))
    let response = try await responder(for: face).respond(to: request)
    let collected = Collected()
    try await response.body.write(collected)
    return Reply(code: response.status.code, headers: response.headers, body: collected.body)
  }

  private final class Collected: ResponseBodyWriter {
    var body = ByteBuffer()

    func write(_ buffer: ByteBuffer) async throws { body.writeImmutableBuffer(buffer) }

    consuming func finish(_ trailers: HTTPFields?) async throws {}
  }
}
