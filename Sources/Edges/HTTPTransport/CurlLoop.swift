internal import CCurl
import Synchronization

/// The event loop: one thread that owns a curl multi handle and all its easy handles. Others only put transfers into the
/// inbox and wake it.
///
/// `@unchecked` because of the C handles: `multi` is touched by the loop's thread only, except for `curl_multi_wakeup`,
/// which libcurl declares safe from any thread; `handles`, `byTransfer` and `lastTimeout` are touched by the loop's thread
/// only.
final class CurlLoop: @unchecked Sendable {
  private struct Inbox {
    var added: [Transfer] = []
    var removed: [Transfer] = []
    var resumed: [Transfer] = []
    var isClosed = false
  }

  private let multi: UnsafeMutableRawPointer
  private let inbox = Mutex(Inbox())
  private struct Carried {
    var transfer: Transfer
    var handle: EasyHandle
  }

  private var handles: [UnsafeMutableRawPointer: Carried] = [:]
  private var byTransfer: [ObjectIdentifier: Carried] = [:]
  /// When a transfer last ran into a time-out. Connections that are older may lead nowhere any more: with HTTP/2 a
  /// transfer that timed out leaves its connection open, and the next would try its luck on it again.
  private var lastTimeout: ContinuousClock.Instant?

  /// - Parameter name: The thread's.
  init(named name: String) throws(TransportError) {
    guard CurlThread.isReady, let multi = curl_multi_init() else {
      throw .unavailable(reason: "libcurl could not be started")
    }
    self.multi = multi
    _ = apus_curl_multi_set_long(multi, CURLMOPT_PIPELINING, Int(CURLPIPE_MULTIPLEX))
    _ = apus_curl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, 64)
    CurlThread.start(named: name) { [self] in run() }
  }

  deinit { curl_multi_cleanup(multi) }

  func add(_ transfer: Transfer) {
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

  func remove(_ transfer: Transfer) {
    inbox.withLock { if !$0.isClosed { $0.removed.append(transfer) } }
    curl_multi_wakeup(multi)
  }

  func resume(_ transfer: Transfer) {
    inbox.withLock { if !$0.isClosed { $0.resumed.append(transfer) } }
    curl_multi_wakeup(multi)
  }

  func close() {
    inbox.withLock { $0.isClosed = true }
    curl_multi_wakeup(multi)
  }

  // MARK: On the loop's thread

  private func run() {
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

  private func begin(_ transfer: Transfer) {
    do throws(TransportError) {
      let age = lastTimeout.map { max(1, Int($0.duration(to: .now).components.seconds) + 1) }
      let handle = try EasyHandle(transfer, maximumAge: age)
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
