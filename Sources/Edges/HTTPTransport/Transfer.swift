internal import CCurl
import Synchronization
import Values

/// One request under way: written by the loop's thread, read by one task.
final class Transfer: Sendable {
  struct Head: Sendable {
    var status: Int
    var headers: HTTPHeaders
  }

  private struct State {
    /// What the header lines have said so far.
    var incoming = Head(status: 0, headers: [:])
    var headBytes = 0
    var head: Head?
    var bytes: [UInt8] = []
    /// Set once; the first outcome wins.
    var outcome: Result<Void, TransportError>?
    var isPaused = false
    var reader: CheckedContinuation<Void, Never>?

    /// Whoever takes it resumes it, outside of the lock.
    mutating func takeReader() -> CheckedContinuation<Void, Never>? {
      defer { reader = nil }
      return reader
    }
  }

  let request: HTTPRequest
  let configuration: TransportConfiguration
  /// Whether the host is a short name for a Service (`OutboundRules.service`).
  let isToService: Bool
  private let isStreaming: Bool
  private let loop: CurlLoop
  private let state = Mutex(State())

  /// A reader that is this far behind holds the sender back: eight lists at once are to take megabytes, not tens of them.
  private static let highWater = 1 << 20

  private static let maximumHeadBytes = 256 << 10

  init(
    _ request: HTTPRequest, _ configuration: TransportConfiguration, isStreaming: Bool, isToService: Bool = false,
    loop: CurlLoop
  ) {
    self.request = request
    self.isToService = isToService
    self.configuration = configuration
    self.isStreaming = isStreaming
    self.loop = loop
  }

  /// A redirect leads to a host that nobody has judged.
  var followsRedirects: Bool { request.followsRedirects && configuration.outbound?.allowsAnyHost != false }
  var origin: String { TransportError.origin(of: request.url) }
  var isFinished: Bool { state.withLock { $0.outcome != nil } }

  // MARK: The reader's side

  /// With streaming as soon as the head is there, else when the body is complete.
  func head() async -> Result<Head, TransportError> {
    await wait { state in
      if isStreaming, let head = state.head { return .success(head) }
      if case .failure(let error) = state.outcome { return .failure(error) }
      guard state.outcome != nil else { return nil }
      if let head = state.head { return .success(head) }
      return .failure(.interrupted(origin: origin, reason: "it sent no answer"))
    }
  }

  /// nil at the end.
  func nextChunk() async -> Result<[UInt8]?, TransportError> {
    var mustResume = false
    let result: Result<[UInt8]?, TransportError> = await wait { state in
      if !state.bytes.isEmpty {
        let chunk = state.bytes
        state.bytes = []
        mustResume = state.isPaused
        state.isPaused = false
        return .success(chunk)
      }
      switch state.outcome {
      case .success: return .success(nil)
      case .failure(let error): return .failure(error)
      case nil: return nil
      }
    }
    if mustResume { loop.resume(self) }
    return result
  }

  func takeAll() -> [UInt8] {
    state.withLock { state in
      let bytes = state.bytes
      state.bytes = []
      return bytes
    }
  }

  func cancel() {
    guard finish(.failure(.cancelled)) else { return }
    loop.remove(self)
  }

  /// Looks, and where there is nothing yet, waits for the loop's next word and looks again.
  private func wait<Value: Sendable>(_ look: (inout State) -> Value?) async -> Value {
    while true {
      var found: Value?
      await withCheckedContinuation { continuation in
        found = state.withLock { state in
          let value = look(&state)
          if value == nil { state.reader = continuation }
          return value
        }
        if found != nil { continuation.resume() }
      }
      if let found { return found }
    }
  }

  // MARK: The loop's side

  /// Returns false where the transfer had an outcome already.
  @discardableResult
  func finish(_ outcome: Result<Void, TransportError>) -> Bool {
    let (isFirst, reader) = state.withLock { state in
      guard state.outcome == nil else { return (false, nil as CheckedContinuation<Void, Never>?) }
      state.outcome = outcome
      return (true, state.takeReader())
    }
    reader?.resume()
    return isFirst
  }

  /// Returns how many bytes were taken: all, or none and libcurl's mark for "later", or 0 to end the transfer.
  func receive(_ bytes: UnsafeRawBufferPointer) -> Int {
    let (taken, reader) = state.withLock { state -> (Int, CheckedContinuation<Void, Never>?) in
      guard state.outcome == nil else { return (0, nil) }
      if isStreaming {
        guard state.bytes.count < Self.highWater else {
          state.isPaused = true
          return (Int(apus_curl_pause_writing()), nil)
        }
      } else if state.bytes.count + bytes.count > request.maximumBodyBytes {
        state.outcome = .failure(.bodyTooLarge(limit: request.maximumBodyBytes))
        return (0, state.takeReader())
      }
      state.bytes.append(contentsOf: bytes)
      return (bytes.count, isStreaming ? state.takeReader() : nil)
    }
    reader?.resume()
    return taken
  }

  /// One header line. The head is complete at the empty line, unless an interim answer or a redirect that is being
  /// followed precedes the real one. Returns how many bytes were taken: all, or 0 to end the transfer.
  func receiveHeader(_ line: UnsafeRawBufferPointer) -> Int {
    let text = String(decoding: line, as: UTF8.self)
    let (isTaken, reader) = state.withLock { state -> (Bool, CheckedContinuation<Void, Never>?) in
      state.headBytes += line.count
      guard state.headBytes <= Self.maximumHeadBytes else {
        if state.outcome == nil { state.outcome = .failure(.headTooLarge(limit: Self.maximumHeadBytes)) }
        return (false, state.takeReader())
      }
      if text.hasPrefix("HTTP/") {
        let status = text.split(separator: " ", maxSplits: 2).dropFirst().first.flatMap { Int($0.prefix(3)) }
        state.incoming = Head(status: status ?? 0, headers: [:])
        return (true, nil)
      }
      if let colon = text.firstIndex(of: ":") {
        state.incoming.headers.append(String(text[..<colon]), Self.trimmed(text[text.index(after: colon)...]))
        return (true, nil)
      }
      guard state.head == nil, state.incoming.status >= 200 else { return (true, nil) }
      let isRedirect =
        (300..<400).contains(state.incoming.status) && state.incoming.headers["location"] != nil
      guard !(followsRedirects && isRedirect) else { return (true, nil) }
      state.head = state.incoming
      guard isStreaming else {
        let length = state.incoming.headers["content-length"].flatMap { Int($0) } ?? 0
        state.bytes.reserveCapacity(min(max(0, length), Self.highWater))
        return (true, nil)
      }
      return (true, state.takeReader())
    }
    reader?.resume()
    return isTaken ? line.count : 0
  }

  private static func trimmed(_ text: Substring) -> String {
    var text = text
    while let first = text.first, first.isWhitespace { text.removeFirst() }
    while let last = text.last, last.isWhitespace { text.removeLast() }
    return String(text)
  }
}
