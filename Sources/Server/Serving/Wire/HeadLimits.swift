import NIOHTTP1

/// How large the head of a request may be.
enum HeadLimits {
  /// Bytes of the path, of one header and of all together, and the number of headers.
  static var decoder: NIOHTTPDecoderLimitConfiguration {
    var limits = NIOHTTPDecoderLimitConfiguration()
    limits.maxHeaderFieldSize = 16 << 10
    limits.maxHeaderListSize = 32 << 10
    limits.maxHeaderFieldCount = 100
    return limits
  }

  /// Bytes that may wait to be read as HTTP: a head that has not ended, and what comes where nothing more is read.
  static let unread = 128 << 10

  /// What a client is told whose head is larger.
  static var message: String {
    let limits = decoder
    return
      "The head of the request is too large: the path and each header may have \(limits.maxHeaderFieldSize) bytes, "
      + "all of them together \(limits.maxHeaderListSize), and there may be \(limits.maxHeaderFieldCount) headers."
  }
}
