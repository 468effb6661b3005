import CPostgres
import Foundation

/// What one exchange with a server that a stranger has named may take: its answers have no bound of their own.
struct PostgresLimits: Sendable {
  /// From the first byte that is sent to the last that is read.
  var time: Duration = .seconds(30)
  /// Bytes of results, and of all else that the server sends.
  var bytes = 16 << 20
}

/// One command on a connection in non-blocking mode, whose results are read row by row. After a failure the connection is in the
/// middle of an answer: it can only be ended.
struct PostgresExchange {
  private let handle: OpaquePointer
  private let limits: PostgresLimits
  private let deadline: ContinuousClock.Instant
  /// Bytes that had come over the connection before.
  private let before: UInt64

  init(on handle: OpaquePointer, _ limits: PostgresLimits) {
    self.handle = handle
    self.limits = limits
    deadline = .now + limits.time
    before = Self.received(handle)
  }

  /// The results of what `send` sends, a row each.
  /// Errors: in `PostgresFailure`'s words, also where a limit is passed or the server asks for a copy.
  func results(of send: () -> Int32) throws(PostgresFailure) -> [PostgresResult] {
    guard send() == 1 else { throw lost }
    _ = PQsetSingleRowMode(handle)
    try flush()
    var results: [PostgresResult] = []
    var bytes = 0
    while true {
      while PQisBusy(handle) == 1 {
        try wait(for: Int32(POLLIN))
        try consume()
      }
      guard let next = PQgetResult(handle) else { return results }
      let result = PostgresResult(handle: next)
      let status = PQresultStatus(next)
      // It would say so for ever.
      guard status != PGRES_COPY_IN, status != PGRES_COPY_OUT, status != PGRES_COPY_BOTH else {
        throw failure("the server asked for a copy that nobody wanted")
      }
      bytes += Int(clamping: PQresultMemorySize(next))
      guard bytes <= limits.bytes else { throw tooLarge }
      results.append(result)
    }
  }

  private func flush() throws(PostgresFailure) {
    while true {
      switch PQflush(handle) {
      case 0: return
      case 1:
        try wait(for: Int32(POLLIN) | Int32(POLLOUT))
        try consume()
      default: throw lost
      }
    }
  }

  private func consume() throws(PostgresFailure) {
    guard PQconsumeInput(handle) == 1 else { throw lost }
    // Notifications are kept until somebody takes them.
    while let notification = PQnotifies(handle) { PQfreemem(notification) }
    guard Self.received(handle) &- before <= UInt64(limits.bytes) * 2 else { throw tooLarge }
  }

  private func wait(for events: Int32) throws(PostgresFailure) {
    let left = ContinuousClock.now.duration(to: deadline)
    guard left > .zero else { throw failure("no whole answer came within \(limits.time)") }
    var entry = pollfd(fd: PQsocket(handle), events: Int16(truncatingIfNeeded: events), revents: 0)
    let milliseconds = (left / .milliseconds(1)).rounded(.up)
    guard poll(&entry, 1, Int32(min(milliseconds, 60_000))) >= 0 || errno == EINTR else { throw lost }
  }

  private var lost: PostgresFailure {
    failure(PQerrorMessage(handle).map { String(cString: $0) } ?? "the connection was lost")
  }

  private var tooLarge: PostgresFailure { failure("the answer is larger than \(limits.bytes) bytes") }

  private func failure(_ message: String) -> PostgresFailure { PostgresFailure(state: "", message: message) }

  /// Bytes that the kernel has taken from the network for this connection (`tcp_info.tcpi_bytes_received`): libpq keeps a message
  /// in memory until its end, and a row may claim to be a gigabyte. 0: not known.
  private static func received(_ handle: OpaquePointer) -> UInt64 {
    #if os(Linux)
      let (protocolTCP, optionInfo, offset) = (Int32(6), Int32(11), 128)
      var info = [UInt8](repeating: 0, count: 256)
      var size = socklen_t(info.count)
      guard getsockopt(PQsocket(handle), protocolTCP, optionInfo, &info, &size) == 0, size >= 136 else { return 0 }
      return info.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: UInt64.self) }
    #else
      return 0
    #endif
  }
}
