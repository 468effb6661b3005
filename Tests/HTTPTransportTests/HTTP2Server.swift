import Foundation
import Synchronization

/// Just enough of HTTP/2 (RFC 9113) to answer requests, behind openssl's TLS: one connection at a time, and a second one
/// would wait for ever. Header blocks are not decoded: streams are told apart by their order.
final class HTTP2Server: Sendable {
  struct Answer: Sendable {
    var body: [UInt8]
    /// The stream stays open after the body.
    var isHeld = false
  }

  let tls: TLSServer
  private let answer: @Sendable (Int) -> Answer
  private let streams = Mutex(0)

  /// - Parameter answer: to the request of this number, counted from 0.
  init(answer: @escaping @Sendable (Int) -> Answer) async throws {
    tls = try await TLSServer.start(name: "localhost", protocols: "h2")
    self.answer = answer
    Thread { [self] in serve() }.start()
  }

  /// How many requests came.
  var requests: Int { streams.withLock { $0 } }
  var url: String { "https://localhost:\(tls.port)/" }

  private static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

  private enum Frame {
    static let data: UInt8 = 0
    static let headers: UInt8 = 1
    static let settings: UInt8 = 4
    static let ping: UInt8 = 6
  }

  private func serve() {
    var buffer: [UInt8] = []
    var hasBegun = false
    while true {
      let block = tls.received.fileHandleForReading.availableData
      guard !block.isEmpty else { return }
      buffer += block
      if !hasBegun {
        guard buffer.count >= Self.preface.count else { continue }
        buffer.removeFirst(Self.preface.count)
        hasBegun = true
        send(Frame.settings, flags: 0, stream: 0, [])
      }
      while buffer.count >= 9 {
        let length = Int(buffer[0]) << 16 | Int(buffer[1]) << 8 | Int(buffer[2])
        guard buffer.count >= 9 + length else { break }
        let stream = buffer[5..<9].reduce(0) { $0 << 8 | UInt32($1) } & 0x7fff_ffff
        take(buffer[3], flags: buffer[4], stream: stream, Array(buffer[9..<9 + length]))
        buffer.removeFirst(9 + length)
      }
    }
  }

  private func take(_ type: UInt8, flags: UInt8, stream: UInt32, _ payload: [UInt8]) {
    switch type {
    case Frame.settings where flags & 1 == 0: send(Frame.settings, flags: 1, stream: 0, [])
    case Frame.ping where flags & 1 == 0: send(Frame.ping, flags: 1, stream: 0, payload)
    case Frame.headers:
      let number = streams.withLock { count in
        defer { count += 1 }
        return count
      }
      let answer = answer(number)
      // 0x88 is `:status: 200` of the static table; flag 4 ends the headers, flag 1 the stream.
      send(Frame.headers, flags: 4, stream: stream, [0x88])
      var rest = answer.body[...]
      while !rest.isEmpty {
        let part = rest.prefix(16384)
        rest = rest.dropFirst(part.count)
        send(Frame.data, flags: 0, stream: stream, Array(part))
      }
      if !answer.isHeld { send(Frame.data, flags: 1, stream: stream, []) }
    default: break
    }
  }

  private func send(_ type: UInt8, flags: UInt8, stream: UInt32, _ payload: [UInt8]) {
    let length = [UInt8(payload.count >> 16 & 255), UInt8(payload.count >> 8 & 255), UInt8(payload.count & 255)]
    let identifier = (0..<4).map { UInt8(stream >> (24 - 8 * $0) & 255) }
    try? tls.answers.fileHandleForWriting.write(contentsOf: length + [type, flags] + identifier + payload)
  }
}
