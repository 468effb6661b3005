import NIOCore
import NIOEmbedded
import NIOHTTP1
import NIOHTTPCompression

/// How a request's body is compressed.
enum ContentCoding: Equatable {
  case identity
  case gzip
  case deflate

  /// What `Accept-Encoding` says when something else comes.
  static let accepted = "gzip, deflate"

  enum Problem: Error, Equatable {
    case unknown(String)
    /// The data are damaged or not compressed.
    case damaged(String)
    case tooLarge(limit: Int)

    var answer: Answer {
      switch self {
      case .unknown(let coding):
        .error(415, "Content-Encoding '\(coding)' is not understood; send the body as gzip, deflate or as it is.")
      case .damaged(let coding): .error(400, "The body is damaged: it is not \(coding) data as Content-Encoding says.")
      case .tooLarge(let limit):
        .error(
          413, "The body has more than \(limit) bytes when it is decompressed, this server's limit (--maximum-body).")
      }
    }
  }

  /// - Parameter header: The request's `Content-Encoding`.
  static func of(_ header: String?) -> Result<ContentCoding, Problem> {
    guard let header else { return .success(.identity) }
    switch header.lowercased() {
    case "", "identity": return .success(.identity)
    case "gzip", "x-gzip": return .success(.gzip)
    case "deflate": return .success(.deflate)
    default: return .failure(.unknown(String(header.prefix(64))))
    }
  }

  /// Decompresses a whole body by the handler that NIO has for it. It runs on a channel of its own, not in each connection's
  /// pipeline: an error then is an answer instead of the end of the connection, and plain bodies pay nothing.
  /// - Parameter limit: The most bytes that may come out.
  func decode(_ body: ByteBuffer, limit: Int) -> Result<ByteBuffer, Problem> {
    if self == .identity { return .success(body) }
    let channel = EmbeddedChannel(handler: NIOHTTPRequestDecompressor(limit: .size(limit)))
    defer { _ = try? channel.finish(acceptAlreadyClosed: true) }
    do {
      let head = HTTPRequestHead(
        version: .http1_1, method: .POST, uri: "/", headers: ["Content-Encoding": self == .gzip ? "gzip" : "deflate"])
      try channel.writeInbound(HTTPServerRequestPart.head(head))
      try channel.writeInbound(HTTPServerRequestPart.body(body))
      try channel.writeInbound(HTTPServerRequestPart.end(nil))
      var plain = ByteBuffer()
      while let part = try channel.readInbound(as: HTTPServerRequestPart.self) {
        if case .body(var piece) = part { plain.writeBuffer(&piece) }
      }
      return .success(plain)
    } catch let error as NIOHTTPDecompression.DecompressionError where error == .limit {
      return .failure(.tooLarge(limit: limit))
    } catch {
      return .failure(.damaged("\(self)"))
    }
  }
}
