internal import CZlib

/// Reads the header blocks of one connection, in order: they are one zlib stream.
/// Source: SPDY Protocol, Draft 3.1, section 2.6.10.
final class SPDYHeaders {
  /// A block's size when it is inflated; port forwarding needs some 60 bytes.
  static let longestBlock = 16 << 10

  private var stream = z_stream()

  init() throws(SPDYFault) {
    guard apus_inflate_init(&stream, 15) == Z_OK else { throw SPDYFault(description: "zlib has no memory") }
  }

  deinit { inflateEnd(&stream) }

  /// The headers of a block; names are in lower case. Of a name given twice the last value counts.
  func read(_ block: [UInt8]) throws(SPDYFault) -> [String: String] {
    try Self.headers(in: inflate(block))
  }

  private func inflate(_ block: [UInt8]) throws(SPDYFault) -> [UInt8] {
    var input = block
    // One byte more than is accepted: that tells a longer block from one that just fits.
    var output = [UInt8](repeating: 0, count: Self.longestBlock + 1)
    let (status, size): (Int32, Int) = input.withUnsafeMutableBufferPointer { source in
      output.withUnsafeMutableBufferPointer { target in
        stream.next_in = source.baseAddress
        stream.avail_in = UInt32(source.count)
        stream.next_out = target.baseAddress
        stream.avail_out = UInt32(target.count)
        var status = CZlib.inflate(&stream, Z_SYNC_FLUSH)
        if status == Z_NEED_DICT {
          status = Self.dictionary.withUnsafeBufferPointer { words in
            inflateSetDictionary(&stream, words.baseAddress, UInt32(words.count))
          }
          if status == Z_OK { status = CZlib.inflate(&stream, Z_SYNC_FLUSH) }
        }
        defer {
          stream.next_in = nil
          stream.next_out = nil
        }
        return (status, target.count - Int(stream.avail_out))
      }
    }
    guard status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR, size <= Self.longestBlock else {
      throw SPDYFault(
        description: "a block of headers cannot be inflated, or is longer than \(Self.longestBlock) bytes")
    }
    return Array(output[..<size])
  }

  static func headers(in bytes: [UInt8]) throws(SPDYFault) -> [String: String] {
    var rest = bytes[...]
    func number() throws(SPDYFault) -> Int {
      guard rest.count >= 4 else { throw .shortBlock }
      defer { rest = rest.dropFirst(4) }
      return rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
    }
    func text() throws(SPDYFault) -> String {
      let length = try number()
      guard length <= rest.count else { throw .shortBlock }
      defer { rest = rest.dropFirst(length) }
      return String(decoding: rest.prefix(length), as: UTF8.self)
    }
    var headers: [String: String] = [:]
    // What a count promises must be there: each pair takes eight bytes at least.
    let count = try number()
    guard count <= rest.count / 8 else { throw .shortBlock }
    for _ in 0..<count {
      let name = try text()
      headers[name.lowercased()] = try text()
    }
    return headers
  }

  /// A block without headers, as deflate writes it in stored blocks: the count 0, then an empty block that makes the reader
  /// take it. The first of a connection opens the zlib stream and names the dictionary by its checksum.
  static func emptyBlock(isFirst: Bool) -> [UInt8] {
    (isFirst ? [0x78, 0xBB, 0xE3, 0xC6, 0xA7, 0xC2] : [])
      + [0x00, 0x04, 0x00, 0xFB, 0xFF, 0, 0, 0, 0] + [0x00, 0x00, 0x00, 0xFF, 0xFF]
  }

  /// What both sides have agreed to have seen before; its Adler-32 is e3c6a7c2. Words with their length in four bytes, then
  /// a text.
  static let dictionary: [UInt8] = {
    let words = """
      options|head|post|put|delete|trace|accept|accept-charset|accept-encoding|accept-language|accept-ranges|age|allow|\
      authorization|cache-control|connection|content-base|content-encoding|content-language|content-length|\
      content-location|content-md5|content-range|content-type|date|etag|expect|expires|from|host|if-match|\
      if-modified-since|if-none-match|if-range|if-unmodified-since|last-modified|location|max-forwards|pragma|\
      proxy-authenticate|proxy-authorization|range|referer|retry-after|server|te|trailer|transfer-encoding|upgrade|\
      user-agent|vary|via|warning|www-authenticate|method|get|status|200 OK|version|HTTP/1.1|url|public|set-cookie|\
      keep-alive|origin
      """
    let text = """
      100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505203 Non-Authoritative \
      Information204 No Content301 Moved Permanently400 Bad Request401 Unauthorized403 Forbidden404 Not Found500 \
      Internal Server Error501 Not Implemented503 Service UnavailableJan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec \
      00:00:00 Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMTchunked,text/html,image/png,image/jpg,image/gif,application/xml,\
      application/xhtml+xml,text/plain,text/javascript,publicprivatemax-age=gzip,deflate,sdchcharset=utf-8\
      charset=iso-8859-1,utf-,*,enq=0.
      """
    return words.split(separator: "|").flatMap { [0, 0, 0, UInt8($0.utf8.count)] + Array($0.utf8) } + Array(text.utf8)
  }()
}

extension SPDYFault {
  fileprivate static var shortBlock: SPDYFault { SPDYFault(description: "a block of headers ends before its fields") }
}
