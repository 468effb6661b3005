import NIOCore
import NIOHTTP1

/// Why nothing more can be read from a connection.
enum ReadingFault: Equatable {
  case refused(code: Int, message: String)
  /// The client has stopped in the middle of a request, and hears no more of it.
  case cut

  /// Nil: the error is not one of reading HTTP.
  init?(_ error: any Error) {
    // Blanks in front of a header's value, which the decoder does not count.
    if error is ByteToMessageDecoderError.PayloadTooLargeError {
      self = .refused(code: 431, message: HeadLimits.message)
      return
    }
    guard let error = error as? HTTPParserError else { return nil }
    switch error {
    case .headerOverflow: self = .refused(code: 431, message: HeadLimits.message)
    case .invalidEOFState: self = .cut
    case .invalidVersion, .paused:
      self = .refused(
        code: 400, message: "The request is neither HTTP/1.1 nor HTTP/1.0; this server speaks no other version.")
    default: self = .refused(code: 400, message: "The request cannot be read as HTTP/1.1: \(Self.reason(error)).")
    }
  }

  private static func reason(_ error: HTTPParserError) -> String {
    switch error {
    case .invalidMethod: "its method is unknown"
    case .invalidURL: "its target is not a path or URL"
    case .invalidConstant: "its first line is not 'METHOD PATH HTTP/1.1'"
    case .invalidHeaderToken: "a header has a character that is not allowed there"
    case .invalidContentLength: "Content-Length is not a number of bytes"
    case .unexpectedContentLength: "Content-Length is given twice, or beside Transfer-Encoding"
    case .invalidChunkSize: "the size of a chunk is not a hexadecimal number"
    case .lfExpected, .strictModeAssertion: "a line does not end with CR LF"
    // The decoder has no case of its own for these two.
    case .unknown: "Transfer-Encoding does not end with chunked, or a line does not end with CR LF"
    default: "\(error)"
    }
  }

  /// Whether more bytes came where nothing can be read any more: the client was told why, or will be.
  static func isRepeated(_ error: any Error) -> Bool { error is ByteToMessageDecoderError }
}
