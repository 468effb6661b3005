import NIOCore

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
        .error(415, "Content-Encoding '\(coding)' is not understood; gzip and deflate are, and none.")
      case .damaged(let coding): .error(400, "The body is damaged: it is not \(coding) data as Content-Encoding says.")
      case .tooLarge(let limit): .error(413, "The body has more than \(limit) bytes when it is decompressed.")
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

  /// - Parameter limit: The most bytes that may come out.
  func decode(_ body: ByteBuffer, limit: Int) -> Result<ByteBuffer, Problem> {
    if self == .identity { return .success(body) }
    return body.withUnsafeReadableBytes { raw in
      do throws(Inflate.Problem) {
        let bytes = try Inflate.bytes(
          of: raw.assumingMemoryBound(to: UInt8.self), format: self == .gzip ? .gzip : .zlib, limit: limit)
        return .success(ByteBuffer(bytes: bytes))
      } catch {
        return .failure(error == .tooLarge ? .tooLarge(limit: limit) : .damaged("\(self)"))
      }
    }
  }
}
