internal import CCurl
import Synchronization

/// The event loop: one thread that owns a curl multi handle and all its easy handles. Others only put transfers into the
/// inbox and wake it.
final class CurlLoop: Sendable {
  private struct Inbox {
    var added: [Transfer] = []
    var removed: [Transfer] = []
    var resumed: [Transfer] = []
    var isClosed = false
  }

  /// Used by the loop's thread only, except for `curl_multi_wakeup`, which libcurl declares safe from any thread.
  private nonisolated(unsafe) let multi: UnsafeMutableRawPointer
  private let inbox = Mutex(Inbox())

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

  private func run() {
    var work = CurlWork(multi)
    while takeInbox(&work) {
      work.advance()
      curl_multi_poll(multi, nil, 0, 60_000, nil)
    }
    work.end()
  }

  private func takeInbox(_ work: inout CurlWork) -> Bool {
    let taken = inbox.withLock { inbox in
      let taken = inbox
      inbox = Inbox(isClosed: taken.isClosed)
      return taken
    }
    for transfer in taken.added where !transfer.isFinished { work.begin(transfer) }
    for transfer in taken.removed { work.drop(transfer) }
    for transfer in taken.resumed { work.resume(transfer) }
    return !taken.isClosed
  }
}
