internal import Foundation
internal import Glibc
internal import Synchronization

/// A container's log file while it is written. Each line is a record: the time (30 bytes), a space, `F` for a full line
/// or `P` for a part of a long one, a space, the text.
final class ContainerLog: Sendable {
  private struct State {
    var descriptor: Int32
    var size = 0
    var pending: [UInt8] = []
    var readers: [UUID: AsyncStream<Void>.Continuation] = [:]
    var isFinished = false
  }

  static let partLimit = 16_384

  let path: String
  private let limit: Int
  private let state: Mutex<State>

  /// A file that reaches `limit` bytes is set aside as `….log.1`, in place of the one before, and a new one begun; readers
  /// that follow go on with the new one. Errors: the file cannot be made.
  init(path: String, limit: Int = 10 << 20) throws(SpawnFailure) {
    self.path = path
    self.limit = limit
    let descriptor = Self.open(path)
    guard descriptor >= 0 else {
      throw SpawnFailure(program: path, reason: "log file \(path): \(String(cString: strerror(errno)))")
    }
    state = Mutex(State(descriptor: descriptor))
  }

  private static func open(_ path: String) -> Int32 {
    Glibc.open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o640)
  }

  private func rotate(_ state: inout State) {
    guard state.size >= limit, rename(path, path + ".1") == 0 else { return }
    let fresh = Self.open(path)
    guard fresh >= 0 else { return }
    close(state.descriptor)
    state.descriptor = fresh
    state.size = 0
  }

  /// Copies what a program writes until it closes its end, or for half a second after it has ended.
  func pump(from descriptor: Int32, until hasEnded: () -> Bool) {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      let ready = poll(&request, 1, 500)
      if ready == 0, hasEnded() { break }
      if ready <= 0 { continue }
      let count = read(descriptor, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      if count <= 0 { break }
      append(buffer[0..<count], at: Date())
    }
    close(descriptor)
    finish()
  }

  func append(_ bytes: ArraySlice<UInt8>, at date: Date) {
    let time = Array(TimeText.precise(date).utf8)
    let readers = state.withLock { state -> [AsyncStream<Void>.Continuation] in
      var output: [UInt8] = []
      var rest = bytes
      while let newline = rest.firstIndex(of: 0x0A) {
        Self.record("F", state.pending + rest[..<newline], time, to: &output)
        state.pending = []
        rest = rest[(newline + 1)...]
      }
      state.pending += rest
      while state.pending.count >= Self.partLimit {
        Self.record("P", Array(state.pending.prefix(Self.partLimit)), time, to: &output)
        state.pending.removeFirst(Self.partLimit)
      }
      Self.write(output, to: state.descriptor)
      state.size += output.count
      rotate(&state)
      return output.isEmpty ? [] : Array(state.readers.values)
    }
    for reader in readers { reader.yield() }
  }

  private static func record(_ tag: String, _ text: [UInt8], _ time: [UInt8], to output: inout [UInt8]) {
    output += time
    output += Array(" \(tag) ".utf8)
    output += text
    output.append(0x0A)
  }

  private static func write(_ bytes: [UInt8], to descriptor: Int32) {
    var written = 0
    while written < bytes.count {
      let count = bytes[written...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno != EINTR { return }
      written += max(0, count)
    }
  }

  func finish() {
    let readers = state.withLock { state -> [AsyncStream<Void>.Continuation] in
      guard !state.isFinished else { return [] }
      state.isFinished = true
      if !state.pending.isEmpty {
        var output: [UInt8] = []
        Self.record("F", state.pending, Array(TimeText.precise(Date()).utf8), to: &output)
        Self.write(output, to: state.descriptor)
        state.pending = []
      }
      close(state.descriptor)
      defer { state.readers = [:] }
      return Array(state.readers.values)
    }
    // Outside of the lock: the end of a stream calls back.
    for reader in readers {
      reader.yield()
      reader.finish()
    }
  }

  /// An element after each write; ends with the log.
  func growth() -> AsyncStream<Void> {
    let (stream, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    let id = UUID()
    let isFinished = state.withLock { state in
      if !state.isFinished { state.readers[id] = continuation }
      return state.isFinished
    }
    continuation.yield()
    if isFinished {
      continuation.finish()
    } else {
      continuation.onTermination = { [weak self] _ in self?.leave(id) }
    }
    return stream
  }

  private func leave(_ id: UUID) { state.withLock { $0.readers[id] = nil } }
}
