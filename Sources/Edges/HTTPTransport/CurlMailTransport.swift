import Synchronization
public import Values

/// SMTP over libcurl, one connection for each mail, never through a proxy.
///
/// libcurl waits for a server's last answers without giving the thread back, so each mail has a thread of its own. Mails beyond
/// the limits wait in their order; a server that hangs takes up its own places only.
public final class CurlMailTransport: MailTransport {
  private let threads = MailThreads()
  private let outbound: OutboundRules?

  /// - Parameter outbound: whom mails may be handed to; nil: anybody.
  public init(outbound: OutboundRules? = nil) { self.outbound = outbound }

  public func send(_ mail: Mail, to server: MailServer) async throws(MailError) -> [MailRefusal] {
    do throws(MailError) {
      return try await outcome(of: MailTransfer(mail, server, outbound))
    } catch let refusal {
      // Nothing was said.
      guard case .transport(.notAllowed(_, .notAllowed)) = refusal.cause, outbound?.service(of: server.host) != nil
      else { throw refusal }
      do throws(MailError) {
        return try await outcome(of: MailTransfer(mail, server, outbound, isToService: true))
      } catch {
        // No Service has this name, so it was meant as a domain.
        if case .transport(.hostNotFound) = error.cause { throw refusal }
        throw error
      }
    }
  }

  private func outcome(of transfer: MailTransfer) async throws(MailError) -> [MailRefusal] {
    guard !Task.isCancelled else { throw MailError(.transport(.cancelled)) }
    threads.add(transfer)
    return try await withTaskCancellationHandler {
      await transfer.outcome()
    } onCancel: {
      transfer.cancel()
    }.get()
  }
}

/// The mails under way and those that wait for a thread.
private final class MailThreads: Sendable {
  private struct State {
    /// By server.
    var running: [String: Int] = [:]
    var waiting: [MailTransfer] = []
  }

  private static let maximum = 32
  private static let maximumPerServer = 4

  private let state = Mutex(State())

  func add(_ transfer: MailTransfer) {
    state.withLock { $0.waiting.append(transfer) }
    startNext()
  }

  private func startNext() {
    while let transfer = state.withLock({ Self.takeNext(&$0) }) {
      CurlThread.start(named: "apus-mail") { [self] in
        transfer.run()
        state.withLock { $0.running[transfer.server.origin, default: 1] -= 1 }
        startNext()
      }
    }
  }

  private static func takeNext(_ state: inout State) -> MailTransfer? {
    state.waiting.removeAll { $0.isFinished }
    state.running = state.running.filter { $0.value > 0 }
    guard state.running.values.reduce(0, +) < maximum else { return nil }
    let next = state.waiting.firstIndex { state.running[$0.server.origin, default: 0] < maximumPerServer }
    guard let next else { return nil }
    let transfer = state.waiting.remove(at: next)
    state.running[transfer.server.origin, default: 0] += 1
    return transfer
  }
}
