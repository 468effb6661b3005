/// The answers that came by a connection, read strictly.
struct AnswerStream {
  struct Item: Equatable {
    var code: Int
    /// Whether the answer says that the connection ends.
    var closes: Bool
    var length: Int
  }

  private(set) var items: [Item] = []
  /// What is no HTTP; nil: all of it is.
  private(set) var problem: String?

  /// Interim answers (100) are left out.
  init(_ bytes: [UInt8]) {
    var rest = bytes[...]
    while !rest.isEmpty {
      guard let head = Self.head(of: rest) else {
        problem =
          "no head at byte \(rest.startIndex): \(String(decoding: rest.prefix(40), as: UTF8.self).debugDescription)"
        return
      }
      rest = rest.dropFirst(head.size)
      if head.code == 100 { continue }
      guard let length = head.length, length <= rest.count else {
        problem =
          "an answer \(head.code) with \(rest.count) bytes, and a length of \(head.length.map { "\($0)" } ?? "none")"
        return
      }
      rest = rest.dropFirst(length)
      items.append(Item(code: head.code, closes: head.closes, length: length))
    }
  }

  private struct Head {
    var size: Int
    var code: Int
    var length: Int?
    var closes = false
  }

  private static func head(of bytes: ArraySlice<UInt8>) -> Head? {
    guard let end = bytes.indices.dropLast(3).first(where: { bytes[$0...].starts(with: [13, 10, 13, 10]) }) else {
      return nil
    }
    let lines = String(decoding: bytes[..<end], as: UTF8.self).split(
      separator: "\r\n", omittingEmptySubsequences: false)
    guard let first = lines.first, first.hasPrefix("HTTP/1.1 "), let code = Int(first.dropFirst(9).prefix(3)) else {
      return nil
    }
    var head = Head(size: end + 4 - bytes.startIndex, code: code)
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":"), !line.contains(where: { $0 == "\r" || $0 == "\n" || $0 == "\r\n" })
      else {
        return nil
      }
      let value = line[line.index(after: colon)...].drop { $0 == " " }
      switch line[..<colon].lowercased() {
      case "content-length": head.length = Int(value)
      case "connection": head.closes = value.lowercased() == "close"
      default: break
      }
    }
    return head
  }
}
