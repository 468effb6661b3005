internal import CCurl
import Foundation
import Synchronization

/// What the loop carries: one exchange with a server, begun by a task and ended by the loop.
protocol LoopTransfer: AnyObject, Sendable {
  var isFinished: Bool { get }

  /// Returns false where the transfer had an outcome already.
  @discardableResult
  func finish(_ outcome: Result<Void, TransportError>) -> Bool

  /// On the loop's thread, which holds the handle, and so this transfer, until it is over.
  /// - Parameter maximumAge: seconds; an idle connection that was opened longer ago is not used again. nil: any.
  func makeHandle(maximumAge: Int?) throws(TransportError) -> CurlHandle
}

/// The event loop: one thread that owns a curl multi handle and all its easy handles. Others only put transfers into the
/// inbox and wake it.
///
/// `@unchecked` because of the C handles: `multi` is touched by the loop's thread only, except for `curl_multi_wakeup`,
/// which libcurl declares safe from any thread; `handles`, `byTransfer` and `lastTimeout` are touched by the loop's thread
/// only.
final class CurlLoop: @unchecked Sendable {
  private struct Inbox {
    var added: [any LoopTransfer] = []
    var removed: [any LoopTransfer] = []
    var resumed: [any LoopTransfer] = []
    var isClosed = false
  }

  private let multi: UnsafeMutableRawPointer
  private let inbox = Mutex(Inbox())
  private struct Carried {
    var transfer: any LoopTransfer
    var handle: CurlHandle
  }

  private var handles: [UnsafeMutableRawPointer: Carried] = [:]
  private var byTransfer: [ObjectIdentifier: Carried] = [:]
  /// When a transfer last ran into a time-out. Connections that are older may lead nowhere any more: with HTTP/2 a
  /// transfer that timed out leaves its connection open, and the next would try its luck on it again.
  private var lastTimeout: ContinuousClock.Instant?

  /// Once for the process, as libcurl wants it.
  private static let isReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

  /// - Parameter name: The thread's.
  init(named name: String) throws(TransportError) {
    guard Self.isReady, let multi = curl_multi_init() else {
      throw .unavailable(reason: "libcurl could not be started")
    }
    self.multi = multi
    _ = apus_curl_multi_set_long(multi, CURLMOPT_PIPELINING, Int(CURLPIPE_MULTIPLEX))
    _ = apus_curl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, 64)
    let thread = Thread { [self] in run() }
    thread.name = name
    thread.stackSize = 1 << 20
    thread.start()
  }

  deinit { curl_multi_cleanup(multi) }

  func add(_ transfer: any LoopTransfer) {
    let isClosed = inbox.withLock { inbox in
      if !inbox.isClosed { inbox.added.append(transfer) }
      return inbox.isClosed
    }
    if isClosed {
      transfer.finish(.failure(.unavailable(reason: "the transport has been closed")))
    } else {
      curl_multi_wakeup(multi)
    }
  }

  func remove(_ transfer: any LoopTransfer) {
    inbox.withLock { if !$0.isClosed { $0.removed.append(transfer) } }
    curl_multi_wakeup(multi)
  }

  func resume(_ transfer: any LoopTransfer) {
    inbox.withLock { if !$0.isClosed { $0.resumed.append(transfer) } }
    curl_multi_wakeup(multi)
  }

  func close() {
    inbox.withLock { $0.isClosed = true }
    curl_multi_wakeup(multi)
  }

  // MARK: On the loop's thread

  private func run() {
    blockPipeSignal()
    while takeInbox() {
      var running: Int32 = 0
      curl_multi_perform(multi, &running)
      readOutcomes()
      curl_multi_poll(multi, nil, 0, 60_000, nil)
    }
    for carried in handles.values {
      carried.transfer.finish(.failure(.unavailable(reason: "the transport has been closed")))
      curl_multi_remove_handle(multi, carried.handle.easy)
    }
    handles = [:]
    byTransfer = [:]
  }

  /// TLS libraries write to sockets that the other side may have closed; the signal of such a write goes to the writing
  /// thread, where it must not end the process. libcurl leaves this to the program with `CURLOPT_NOSIGNAL`.
  private func blockPipeSignal() {
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGPIPE)
    pthread_sigmask(SIG_BLOCK, &signals, nil)
  }

  private func takeInbox() -> Bool {
    let taken = inbox.withLock { inbox in
      let taken = inbox
      inbox = Inbox(isClosed: taken.isClosed)
      return taken
    }
    for transfer in taken.added where !transfer.isFinished { begin(transfer) }
    for transfer in taken.removed { end(byTransfer[ObjectIdentifier(transfer)]) }
    for transfer in taken.resumed {
      if let carried = byTransfer[ObjectIdentifier(transfer)] { curl_easy_pause(carried.handle.easy, CURLPAUSE_CONT) }
    }
    return !taken.isClosed
  }

  private func begin(_ transfer: any LoopTransfer) {
    do throws(TransportError) {
      let age = lastTimeout.map { max(1, Int($0.duration(to: .now).components.seconds) + 1) }
      let handle = try transfer.makeHandle(maximumAge: age)
      guard curl_multi_add_handle(multi, handle.easy) == CURLM_OK else {
        throw .unavailable(reason: "libcurl refused the transfer")
      }
      let carried = Carried(transfer: transfer, handle: handle)
      handles[handle.easy] = carried
      byTransfer[ObjectIdentifier(transfer)] = carried
    } catch {
      transfer.finish(.failure(error))
    }
  }

  private func end(_ carried: Carried?) {
    guard let carried else { return }
    curl_multi_remove_handle(multi, carried.handle.easy)
    handles[carried.handle.easy] = nil
    byTransfer[ObjectIdentifier(carried.transfer)] = nil
  }

  private func readOutcomes() {
    var remaining: Int32 = 0
    while let message = curl_multi_info_read(multi, &remaining) {
      guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle else { continue }
      let code = message.pointee.data.result
      guard let carried = handles[easy] else { continue }
      if code == CURLE_OPERATION_TIMEDOUT { lastTimeout = .now }
      let outcome: Result<Void, TransportError> = code == CURLE_OK ? .success(()) : .failure(carried.handle.error(code))
      carried.transfer.finish(outcome)
      end(carried)
    }
  }
}
