import Foundation
import Glibc
import Synchronization

/// What a client asked for.
package struct ScriptedRequest: Sendable {
  package var method: String
  /// Path and query as they came.
  package var target: String
  /// Names in lower case.
  package var headers: [String: String]
  package var body: [UInt8]
  /// Counts the connections from 1, to see whether they are reused.
  package var connection: Int

  package var path: String { String(target.prefix { $0 != "?" }) }

  /// Query items, percent-decoded.
  package var query: [String: String] {
    let items = URLComponents(string: target)?.queryItems ?? []
    return Dictionary(items.map { ($0.name, $0.value ?? "") }, uniquingKeysWith: { $1 })
  }

  package var text: String { String(decoding: body, as: UTF8.self) }
}

/// What the server does next on a connection.
package enum ScriptedStep: Sendable {
  /// A whole answer with its length; the connection stays open.
  case answer(Int, headers: [String: String] = [:], body: String = "")
  /// The head of a chunked answer.
  case beginChunked(Int = 200, headers: [String: String] = [:])
  /// One HTTP chunk.
  case chunk(String)
  /// The same text, one byte a chunk and a packet.
  case dribble(String)
  /// The clean end of a chunked answer.
  case endChunked
  /// Text as it is.
  case raw(String)
  /// Bytes as they are.
  case bytes([UInt8])
  /// Whatever the closure writes, for as long as it wants; false ends the connection.
  case live(@Sendable (ScriptedConnection) -> Bool)
  /// Waits until the gate opens or the server stops.
  case wait(ScriptedGate)
  /// Says nothing more, but keeps the connection, until the server stops.
  case hold
  /// Closes the connection, in the middle of whatever was going on.
  case close
  /// Closes it with a TCP reset.
  case reset
}

/// One connection of a scripted server, for steps that are written as they happen.
package struct ScriptedConnection: Sendable {
  let socket: Int32
  let isServerStopped: @Sendable () -> Bool

  /// false where the other side has gone.
  @discardableResult
  package func write(_ bytes: [UInt8]) -> Bool { ScriptedServer.write(socket, bytes: bytes) }

  @discardableResult
  package func write(_ text: String) -> Bool { write(Array(text.utf8)) }

  /// As an HTTP chunk.
  @discardableResult
  package func writeChunk(_ bytes: [UInt8]) -> Bool {
    write(Array("\(String(bytes.count, radix: 16))\r\n".utf8) + bytes + Array("\r\n".utf8))
  }

  /// Bytes of the other side; nil when it has gone.
  package func read() -> [UInt8]? {
    var block = [UInt8](repeating: 0, count: 65536)
    let count = recv(socket, &block, block.count, 0)
    return count > 0 ? Array(block[..<count]) : nil
  }

  /// Whether the other side has gone or the server is to end.
  package var isOver: Bool {
    var one: UInt8 = 0
    return isServerStopped() || recv(socket, &one, 1, Int32(MSG_PEEK | MSG_DONTWAIT)) == 0
  }

  /// Between two looks at whatever the step waits for.
  package func pause() { usleep(2000) }

  /// Hands everything on to another port of this machine and back, until one side ends.
  package func relay(toPort port: Int) {
    let upstream = Loopback.connect(toPort: port)
    guard upstream >= 0 else { return }
    let back = ScriptedConnection(socket: upstream, isServerStopped: isServerStopped)
    let done = ScriptedGate()
    Thread {
      while let bytes = back.read(), write(bytes) {}
      shutdown(socket, Int32(SHUT_RDWR))
      done.open()
    }.start()
    while let bytes = read(), back.write(bytes) {}
    shutdown(upstream, Int32(SHUT_RDWR))
    while !done.isOpen { pause() }
    close(upstream)
  }
}

/// A client's side of a loopback connection.
private enum Loopback {
  static func connect(toPort port: Int) -> Int32 {
    let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    let result = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
        Glibc.connect(client, raw, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard result == 0 else {
      close(client)
      return -1
    }
    return client
  }
}

/// Opens once, for `ScriptedStep.wait`.
package final class ScriptedGate: Sendable {
  private let isOpenFlag = Mutex(false)

  package init() {}

  package func open() { isOpenFlag.withLock { $0 = true } }
  package var isOpen: Bool { isOpenFlag.withLock { $0 } }
}

/// An HTTP/1.1 server on a loopback port that does exactly what a test tells it: also what no good server would do. One
/// thread for each connection.
package final class ScriptedServer: Sendable {
  package typealias Script = @Sendable (ScriptedRequest) -> [ScriptedStep]

  private struct State {
    var requests: [ScriptedRequest] = []
    var sockets: Set<Int32> = []
    var connections = 0
    var isStopped = false
  }

  private let state = Mutex(State())
  private let listener: Int32
  private let script: Script
  package let port: Int

  /// - Parameter port: 0: one of the system's choice.
  package init(port: Int = 0, _ script: @escaping Script) throws {
    self.script = script
    (listener, self.port) = try Self.listen(on: port)
    let listener = listener
    Self.accept(from: listener) { [weak self] client in
      guard let self else { return false }
      self.open(client)
      return true
    }
  }

  /// Hands each connection over until the socket is shut down; those the closure has no use for are closed. The thread closes
  /// what it listens to itself: closed by another, the number could be a new socket's by the next look.
  static func accept(from listener: Int32, _ take: @escaping @Sendable (Int32) -> Bool) {
    Thread {
      while true {
        let client = Glibc.accept(listener, nil, nil)
        if client < 0, errno == EINTR || errno == ECONNABORTED { continue }
        guard client >= 0 else { break }
        if !take(client) { Glibc.close(client) }
      }
      Glibc.close(listener)
    }.start()
  }

  /// A socket that listens on a loopback port; 0: of the system's choice.
  static func listen(on port: Int = 0) throws -> (socket: Int32, port: Int) {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard listener >= 0 else { throw ScriptedServerFailure(what: "socket", code: errno) }
    var yes: Int32 = 1
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    address.sin_port = UInt16(port).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let bound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
        bind(listener, raw, length) == 0 && Glibc.listen(listener, 64) == 0 && getsockname(listener, raw, &length) == 0
      }
    }
    guard bound else { throw ScriptedServerFailure(what: "bind", code: errno) }
    return (listener, Int(UInt16(bigEndian: address.sin_port)))
  }

  deinit { stop() }

  package var url: String { "http://127.0.0.1:\(port)" }
  package var requests: [ScriptedRequest] { state.withLock { $0.requests } }
  /// How many connections were ever opened.
  package var connections: Int { state.withLock { $0.connections } }
  package var openConnections: Int { state.withLock { $0.sockets.count } }

  package func stop() {
    state.withLock { state in
      guard !state.isStopped else { return }
      state.isStopped = true
      shutdown(listener, Int32(SHUT_RDWR))
      // Only shut down: the connection's own thread closes its socket. Both happen in the lock: a number that was closed
      // in between would be a socket of another test.
      for socket in state.sockets { shutdown(socket, Int32(SHUT_RDWR)) }
    }
  }

  private func open(_ client: Int32) {
    var yes: Int32 = 1
    setsockopt(client, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
    let number: Int? = state.withLock { state in
      guard !state.isStopped else { return nil }
      state.sockets.insert(client)
      state.connections += 1
      return state.connections
    }
    guard let number else {
      close(client)
      return
    }
    Thread { [weak self] in
      var buffer: [UInt8] = []
      while let request = Self.read(client, number, &buffer) {
        guard let steps = self?.note(request) else { break }
        let stays = steps.allSatisfy { step in self?.perform(step, client) ?? false }
        guard stays else { break }
      }
      guard let self else {
        close(client)
        return
      }
      self.state.withLock { state in
        state.sockets.remove(client)
        close(client)
      }
    }.start()
  }

  private func note(_ request: ScriptedRequest) -> [ScriptedStep] {
    state.withLock { $0.requests.append(request) }
    return script(request)
  }

  /// false ends the connection.
  private func perform(_ step: ScriptedStep, _ client: Int32) -> Bool {
    switch step {
    case .answer(let status, let headers, let body):
      return Self.write(client, Self.head(status, headers, "Content-Length: \(body.utf8.count)") + body)
    case .beginChunked(let status, let headers):
      return Self.write(client, Self.head(status, headers, "Transfer-Encoding: chunked"))
    case .chunk(let text):
      return Self.write(client, "\(String(text.utf8.count, radix: 16))\r\n\(text)\r\n")
    case .dribble(let text):
      return text.utf8.allSatisfy { byte in Self.write(client, bytes: Array("1\r\n".utf8) + [byte] + Array("\r\n".utf8))
      }
    case .endChunked: return Self.write(client, "0\r\n\r\n")
    case .raw(let text): return Self.write(client, text)
    case .bytes(let bytes): return Self.write(client, bytes: bytes)
    case .live(let body):
      return body(ScriptedConnection(socket: client) { [weak self] in self?.state.withLock { $0.isStopped } ?? true })
    case .wait(let gate):
      while !gate.isOpen, !state.withLock({ $0.isStopped }) { usleep(2000) }
      return true
    case .hold:
      while !state.withLock({ $0.isStopped }) {
        var one: UInt8 = 0
        if recv(client, &one, 1, Int32(MSG_PEEK | MSG_DONTWAIT)) == 0 { break }
        usleep(5000)
      }
      return false
    case .close: return false
    case .reset:
      var linger = linger(l_onoff: 1, l_linger: 0)
      setsockopt(client, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<linger>.size))
      return false
    }
  }

  private static func head(_ status: Int, _ headers: [String: String], _ framing: String) -> String {
    let lines = headers.map { "\($0.key): \($0.value)" } + [framing]
    return "HTTP/1.1 \(status) Scripted\r\n" + lines.joined(separator: "\r\n") + "\r\n\r\n"
  }

  private static func write(_ client: Int32, _ text: String) -> Bool { write(client, bytes: Array(text.utf8)) }

  fileprivate static func write(_ client: Int32, bytes: [UInt8]) -> Bool {
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes { buffer in
        send(client, buffer.baseAddress.map { $0 + sent }, buffer.count - sent, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return false }
      sent += count
    }
    return true
  }

  private static func read(_ client: Int32, _ number: Int, _ buffer: inout [UInt8]) -> ScriptedRequest? {
    func fill() -> Bool {
      var block = [UInt8](repeating: 0, count: 65536)
      var count = recv(client, &block, block.count, 0)
      while count < 0, errno == EINTR { count = recv(client, &block, block.count, 0) }
      guard count > 0 else { return false }
      buffer += block[..<count]
      return true
    }
    let mark = Array("\r\n\r\n".utf8)
    var end = buffer.firstRange(of: mark)
    while end == nil {
      guard fill() else { return nil }
      end = buffer.firstRange(of: mark)
    }
    guard let end else { return nil }
    let lines = String(decoding: buffer[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
    buffer.removeSubrange(..<end.upperBound)
    let start = lines[0].split(separator: " ")
    guard start.count == 3 else { return nil }
    var request = ScriptedRequest(
      method: String(start[0]), target: String(start[1]), headers: [:], body: [], connection: number)
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":") else { continue }
      request.headers[line[..<colon].lowercased()] =
        line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
    }
    let length = request.headers["content-length"].flatMap(Int.init) ?? 0
    while buffer.count < length {
      guard fill() else { return nil }
    }
    request.body = Array(buffer[..<length])
    buffer.removeSubrange(..<length)
    return request
  }
}

package struct ScriptedServerFailure: Error, CustomStringConvertible {
  package var what: String
  package var code: Int32
  package var description: String { "\(what) failed with error \(code)" }
}
