import Dispatch
import Foundation
import Synchronization
import Testing
import Values

@testable import Telemetry

/// Databases that a stranger has named answer as they like; what a connection takes of it has an end.
@Suite struct PostgresExchangeTests {
  private static let loopback = OutboundRules(
    networks: [AddressBlock("127.0.0.0/8")].compactMap(\.self), allowsLoopback: true)

  /// A message of the protocol: a letter, the length of what follows, the rest.
  private static func message(_ kind: Character, _ body: [UInt8]) -> [UInt8] {
    [kind.asciiValue ?? 0] + number(body.count + 4) + body
  }

  private static func number(_ value: Int) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
  }

  private static let ready = message("Z", [UInt8(ascii: "I")])
  /// One column of texts, named `a`.
  private static let columns = message(
    "T", [0, 1, UInt8(ascii: "a"), 0] + number(0) + [0, 0] + number(25) + [0xFF, 0xFF] + number(-1) + [0, 0])

  private static func row(_ text: String) -> [UInt8] {
    message("D", [0, 1] + number(text.utf8.count) + Array(text.utf8))
  }

  private static let parsed = message("1", []) + message("2", [])

  static let answers: [(String, first: [UInt8], then: [UInt8], words: String)] = [
    ("nothing", [], [], "no whole answer came within"),
    ("rows without end", parsed + columns, row(String(repeating: "x", count: 1000)), "larger than"),
    (
      "a row of a gigabyte",
      parsed + columns + [UInt8(ascii: "D")] + number(1 << 30) + [0, 1] + number((1 << 30) - 10),
      [UInt8](repeating: 120, count: 65_536), "larger than"
    ),
    ("a copy", parsed + message("G", [0, 0, 0]), [], "a copy that nobody wanted"),
    (
      "notifications without end", [], message("A", number(1) + [UInt8(ascii: "a"), 0, UInt8(ascii: "b"), 0]),
      "larger than"
    ),
  ]

  @Test(arguments: answers.indices) func `an answer without end is broken off, and the connection with it`(
    _ index: Int
  ) throws {
    let (what, first, then, words) = Self.answers[index]
    let server = try Database { _ in (first, then) }
    defer { server.stop() }
    let connection = try PostgresConnection(
      url: server.url, outbound: Self.loopback,
      limits: PostgresLimits(time: .milliseconds(1500), bytes: 200_000))
    do throws(TelemetryError) {
      _ = try connection.rows(SQLStatement("read", table: "t", "SELECT 1"), [])
      Issue.record("\(what) was read")
    } catch {
      #expect("\(error)".contains(words), "\(what)")
    }
    #expect(!connection.isUsable)
  }

  @Test func `an answer that ends is read whole`() throws {
    let server = try Database { query in
      if query.first == UInt8(ascii: "Q") { return (Self.message("C", Array("BEGIN\0".utf8)) + Self.ready, []) }
      return (
        Self.parsed + Self.columns + Self.row("one") + Self.row("two") + Self.message("C", Array("SELECT 2\0".utf8))
          + Self.ready, []
      )
    }
    defer { server.stop() }
    let connection = try PostgresConnection(url: server.url, outbound: Self.loopback)
    try connection.begin()
    let statement = SQLStatement("read", table: "t", "SELECT a FROM t")
    #expect(try connection.rows(statement, [.text("x")]).map { try $0.text(0) } == ["one", "two"])
    #expect(try connection.run(statement, []) == 2 && connection.isUsable)
  }

  @Test func `one that takes connections and says nothing is not waited for, whatever the URL says`() throws {
    let server = try Database(greets: false) { _ in ([], []) }
    defer { server.stop() }
    #expect(throws: TelemetryError.self) {
      _ = try PostgresConnection(url: server.url + "&connect_timeout=0", outbound: Self.loopback)
    }
  }

  /// As much of a server as libpq needs: it lets anybody in.
  private final class Database: Sendable {
    private let listener: Int32
    private let port: UInt16
    private let clients = Mutex<[Int32]>([])

    var url: String { "postgres://a@127.0.0.1:\(port)/d?sslmode=disable&gssencmode=disable" }

    /// - Parameter answer: to the bytes of a query: what is sent, and what is sent after it for ever.
    init(greets: Bool = true, _ answer: @escaping @Sendable ([UInt8]) -> (first: [UInt8], then: [UInt8])) throws {
      listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
      var size = socklen_t(MemoryLayout<sockaddr_in>.size)
      let listener = listener
      let isBound = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          bind(listener, $0, size) == 0 && listen(listener, 4) == 0 && getsockname(listener, $0, &size) == 0
        }
      }
      try #require(isBound)
      port = UInt16(bigEndian: address.sin_port)
      Thread.detachNewThread { [self] in
        while true {
          let client = accept(listener, nil, nil)
          guard client >= 0 else { return }
          clients.withLock { $0.append(client) }
          guard greets else { continue }
          Thread.detachNewThread { Self.serve(client, answer) }
        }
      }
    }

    private static func serve(_ client: Int32, _ answer: ([UInt8]) -> (first: [UInt8], then: [UInt8])) {
      var buffer = [UInt8](repeating: 0, count: 8192)
      func receive() -> [UInt8]? {
        let count = recv(client, &buffer, buffer.count, 0)
        return count > 0 ? Array(buffer[..<count]) : nil
      }
      func transmit(_ bytes: [UInt8]) -> Bool {
        var start = 0
        while start < bytes.count {
          let count = bytes.withUnsafeBytes {
            send(client, $0.baseAddress?.advanced(by: start), bytes.count - start, Int32(MSG_NOSIGNAL))
          }
          guard count > 0 else { return false }
          start += count
        }
        return true
      }
      typealias Messages = PostgresExchangeTests
      let welcome = Messages.message("R", Messages.number(0)) + Messages.ready
      guard receive() != nil, transmit(welcome) else { return }
      while let query = receive() {
        let (first, then) = answer(query)
        guard transmit(first) else { return }
        while !then.isEmpty { guard transmit(then) else { return } }
      }
    }

    func stop() {
      shutdown(listener, Int32(SHUT_RDWR))
      close(listener)
      clients.withLock { clients in
        for client in clients { shutdown(client, Int32(SHUT_RDWR)) }
      }
    }
  }
}
