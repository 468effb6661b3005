internal import CCurl
import Foundation
import Synchronization
import Values

/// One mail under way: its thread writes down what is said, one task reads the outcome.
final class MailTransfer: Sendable {
  private struct State {
    var dialogue: MailDialogue
    var answerBytes = 0
    var outcome: Result<[MailRefusal], MailError>?
    var reader: CheckedContinuation<Void, Never>?
    var isCancelled = false
    /// What libcurl has open.
    var sockets: Set<curl_socket_t> = []
  }

  let mail: Mail
  let server: MailServer
  let outbound: OutboundRules?
  /// Whether the host is a short name for a Service (`OutboundRules.service`).
  let isToService: Bool
  private let state: Mutex<State>

  /// Of everything that the server says.
  private static let maximumAnswerBytes = 64 << 10

  init(_ mail: Mail, _ server: MailServer, _ outbound: OutboundRules?, isToService: Bool = false) {
    self.isToService = isToService
    self.mail = mail
    self.server = server
    self.outbound = outbound
    state = Mutex(State(dialogue: MailDialogue(mail, password: server.credentials?.password)))
  }

  var isFinished: Bool { state.withLock { $0.outcome != nil } }

  // MARK: The task's side

  func outcome() async -> Result<[MailRefusal], MailError> {
    await withCheckedContinuation { continuation in
      let isOver = state.withLock { state in
        if state.outcome == nil { state.reader = continuation }
        return state.outcome != nil
      }
      if isOver { continuation.resume() }
    }
    return state.withLock { $0.outcome } ?? .failure(MailError(.transport(.cancelled)))
  }

  /// Cuts the connection, so that nothing more reaches the server. Left to libcurl, a transfer that is taken away ends with the
  /// content's last dot, and the server delivers half a mail.
  func cancel() {
    state.withLock { state in
      state.isCancelled = true
      for socket in state.sockets { shutdown(socket, Int32(SHUT_RDWR)) }
    }
    finish(.transport(.cancelled))
  }

  // MARK: The thread's side

  func run() {
    do throws(TransportError) {
      guard CurlThread.isReady else { throw .unavailable(reason: "libcurl could not be started") }
      let handle = try MailHandle(self)
      finish(handle.perform())
    } catch {
      finish(.transport(error))
    }
  }

  /// The first outcome counts.
  private func finish(_ cause: MailError.Cause?) {
    let reader = state.withLock { state -> CheckedContinuation<Void, Never>? in
      guard state.outcome == nil else { return nil }
      // The cut connection may be noticed before whoever cut it comes to say so.
      let cause = state.isCancelled && cause != nil ? .transport(.cancelled) : cause
      state.outcome = state.dialogue.outcome(cause, mayExpectTLS: server.security != .tls)
      defer { state.reader = nil }
      return state.reader
    }
    reader?.resume()
  }

  /// Returns false to end the transfer.
  func recordOpened(_ socket: curl_socket_t) -> Bool {
    state.withLock { state in
      guard !state.isCancelled else { return false }
      state.sockets.insert(socket)
      return true
    }
  }

  /// Under the lock: another file of the process may get the same number at once.
  func closeSocket(_ socket: curl_socket_t) -> Int32 {
    state.withLock { state in
      state.sockets.remove(socket)
      return close(socket)
    }
  }

  /// Before libcurl gets a part of the content. Returns false to end the transfer.
  func recordHandedOver(isLast: Bool) -> Bool {
    state.withLock { state in
      guard !state.isCancelled else { return false }
      if isLast { state.dialogue.recordHandedOver() }
      return true
    }
  }

  func recordCommand(_ command: UnsafeRawBufferPointer) { state.withLock { $0.dialogue.recordCommand(command) } }

  /// One line of an answer. Returns how many bytes were taken: all, or 0 to end the transfer.
  func recordAnswer(_ line: UnsafeRawBufferPointer) -> Int {
    let (isTaken, isDecided) = state.withLock { state in
      state.answerBytes += line.count
      let isTaken = state.answerBytes <= Self.maximumAnswerBytes
      if isTaken { state.dialogue.recordAnswer(line) }
      return (isTaken, state.dialogue.isDecided)
    }
    if isDecided {
      // What the server says to QUIT changes nothing, and nobody needs to wait for it.
      finish(nil)
    } else if !isTaken {
      finish(.transport(.headTooLarge(limit: Self.maximumAnswerBytes)))
    }
    return isTaken ? line.count : 0
  }
}
