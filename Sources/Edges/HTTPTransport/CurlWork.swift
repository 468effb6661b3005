internal import CCurl

/// The transfers that a loop's thread works on. It never leaves that thread.
struct CurlWork {
  private struct Carried {
    var transfer: Transfer
    var handle: EasyHandle
  }

  private let multi: UnsafeMutableRawPointer
  private var handles: [UnsafeMutableRawPointer: Carried] = [:]
  private var byTransfer: [ObjectIdentifier: Carried] = [:]
  /// When a transfer last ran into a time-out. Connections that are older may lead nowhere any more: with HTTP/2 a
  /// transfer that timed out leaves its connection open, and the next would try its luck on it again.
  private var lastTimeout: ContinuousClock.Instant?

  init(_ multi: UnsafeMutableRawPointer) { self.multi = multi }

  mutating func begin(_ transfer: Transfer) {
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

  mutating func drop(_ transfer: Transfer) {
    if let carried = byTransfer[ObjectIdentifier(transfer)] { remove(carried) }
  }

  /// A transfer whose reader has caught up.
  func resume(_ transfer: Transfer) {
    if let carried = byTransfer[ObjectIdentifier(transfer)] { curl_easy_pause(carried.handle.easy, CURLPAUSE_CONT) }
  }

  mutating func advance() {
    var running: Int32 = 0
    curl_multi_perform(multi, &running)
    readOutcomes()
  }

  /// No transfer is left afterwards.
  mutating func end() {
    for carried in handles.values {
      carried.transfer.finish(.failure(.unavailable(reason: "the transport has been closed")))
      remove(carried)
    }
  }

  private mutating func remove(_ carried: Carried) {
    curl_multi_remove_handle(multi, carried.handle.easy)
    handles[carried.handle.easy] = nil
    byTransfer[ObjectIdentifier(carried.transfer)] = nil
  }

  private mutating func readOutcomes() {
    var remaining: Int32 = 0
    while let message = curl_multi_info_read(multi, &remaining) {
      guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle else { continue }
      let code = message.pointee.data.result
      guard let carried = handles[easy] else { continue }
      if code == CURLE_OPERATION_TIMEDOUT { lastTimeout = .now }
      let outcome: Result<Void, TransportError> = code == CURLE_OK ? .success(()) : .failure(carried.handle.error(code))
      carried.transfer.finish(outcome)
      remove(carried)
    }
  }
}
