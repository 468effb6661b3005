import NIOHTTP1

/// What the reader of HTTP lets through, though whoever stands in front of this server might read it as another request (RFC 9112,
/// 3.2 and 6.1).
enum RequestFraming {
  /// The refusal; nil: nothing is wrong.
  static func refusal(of head: HTTPRequestHead, _ headers: RequestHeaders) -> Answer? {
    guard headers.hosts == 1 || headers.hosts == 0 && head.version == .http1_0 else {
      return closing(.error(400, "The request has \(headers.hosts) Host headers; HTTP/1.1 requires exactly one."))
    }
    if let host = headers.host, !isHost(host) {
      return closing(.error(400, "Host is not a name or address, with or without a port."))
    }
    return headers.transferEncoding.flatMap { refusal(ofTransfer: $0, head.version) }
  }

  /// Whoever reads this request in another way reads what follows it in another way too.
  private static func closing(_ answer: Answer) -> Answer {
    var answer = answer
    answer.closes = true
    return answer
  }

  /// - Parameter coding: The header's value. A request that has a body of an unknown coding cannot be read, nor what follows it.
  private static func refusal(ofTransfer coding: String, _ version: HTTPVersion) -> Answer? {
    let codings = coding.lowercased().split(separator: ",").map { $0.filter { $0 != " " && $0 != "\t" } }
      .filter { !$0.isEmpty }
    var answer: Answer
    if version == .http1_0 {
      answer = .error(400, "HTTP/1.0 has no Transfer-Encoding.")
    } else if codings.last == "chunked", let unknown = codings.first(where: { $0 != "chunked" }) {
      answer = .error(
        501, "The transfer coding '\(unknown.prefix(64))' is not known here; this server reads chunked alone.")
    } else if codings != ["chunked"] {
      // Where chunked is not the last one, nobody knows where the body ends, known or not (RFC 9112, 6.3).
      answer = .error(400, "Transfer-Encoding is chunked, once and without parameters.")
    } else {
      return nil
    }
    answer.closes = true
    return answer
  }

  /// `uri-host [ ":" port ]` (RFC 3986, 3.2.2), by its characters; empty where the target has no authority.
  private static func isHost(_ host: String) -> Bool {
    host.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "~"), UInt8(ascii: ":"), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "%"),
        UInt8(ascii: "!"), UInt8(ascii: "$"), UInt8(ascii: "&"), UInt8(ascii: "'"), UInt8(ascii: "("),
        UInt8(ascii: ")"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: ","), UInt8(ascii: ";"),
        UInt8(ascii: "="):
        true
      default: false
      }
    }
  }
}
