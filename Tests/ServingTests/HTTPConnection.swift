import Dispatch
import Foundation

/// A client's connection over a plain socket: what goes over the wire is in the test's hands.
///
/// Sendable because its state is touched on `queue` only, which is serial.
final class HTTPConnection: @unchecked Sendable {
  struct Reply: Sendable {
    var code: Int
    var headers: [String: String]
    var body: Data

    var text: String { String(decoding: body, as: UTF8.self) }

    /// The body as JSON.
    var json: [String: Any] {
      (try? JSONSerialization.jsonObject(with: body)) as? [String: Any] ?? [:]
    }
  }

  enum Failure: Error {
    case notConnected(Int32)
    case closed
  }

  /// The server neither sent anything nor closed the connection for a long time.
  struct Silence: Error {}

  private let queue = DispatchQueue(label: "client")
  private let descriptor: Int32
  private var received: [UInt8] = []

  init(port: Int) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    let result = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    // `deinit` closes, also after this.
    guard result == 0 else { throw Failure.notConnected(errno) }
    var timeout = timeval(tv_sec: 20, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
  }

  deinit { close(descriptor) }

  /// Sends bytes as they are.
  func write(_ text: String) {
    queue.sync { send(Array(text.utf8)) }
  }

  /// Says that nothing more comes, and goes on reading.
  func endWriting() {
    queue.sync { _ = shutdown(descriptor, Int32(SHUT_WR)) }
  }

  private func send(_ bytes: [UInt8]) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      guard count > 0 else { return }
      rest = rest.dropFirst(count)
    }
  }

  func request(
    _ method: String, _ path: String, _ body: String? = nil, headers: [String: String] = [:]
  ) async throws -> Reply {
    try await request(method, path, data: body.map { Data($0.utf8) }, headers: headers)
  }

  func request(
    _ method: String, _ path: String, data: Data?, headers: [String: String] = [:]
  ) async throws -> Reply {
    var head = "\(method) \(path) HTTP/1.1\r\nHost: test\r\n"
    for (name, value) in headers { head += "\(name): \(value)\r\n" }
    if let data { head += "Content-Length: \(data.count)\r\n" }
    let bytes = Array((head + "\r\n").utf8) + (data ?? Data())
    return try await blocking {
      self.send(bytes)
      return try self.reply(hasBody: method != "HEAD")
    }
  }

  /// The next reply on the wire.
  func next() async throws -> Reply {
    try await blocking { try self.reply() }
  }

  private func blocking(_ work: @escaping @Sendable () throws -> Reply) async throws -> Reply {
    try await withCheckedThrowingContinuation { continuation in
      queue.async { continuation.resume(with: Result { try work() }) }
    }
  }

  private func reply(hasBody: Bool = true) throws -> Reply {
    let separator = Array("\r\n\r\n".utf8)
    var end: Int?
    while true {
      end = received.indices.first { received[$0...].starts(with: separator) }
      if end != nil { break }
      try receive()
    }
    let lines = String(decoding: received[..<(end ?? 0)], as: UTF8.self).components(separatedBy: "\r\n")
    received.removeFirst((end ?? 0) + 4)
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1)
      if parts.count == 2 { headers[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces) }
    }
    let length = hasBody ? headers["content-length"].flatMap { Int($0) } ?? 0 : 0
    while received.count < length { try receive() }
    let body = Data(received.prefix(length))
    received.removeFirst(length)
    let words = lines[0].split(separator: " ")
    return Reply(code: words.count > 1 ? Int(words[1]) ?? 0 : 0, headers: headers, body: body)
  }

  private func receive() throws {
    var chunk = [UInt8](repeating: 0, count: 65536)
    let count = recv(descriptor, &chunk, chunk.count, 0)
    guard count > 0 else {
      if count < 0, errno == EAGAIN { throw Silence() }
      throw Failure.closed
    }
    received += chunk[..<count]
  }
}
