import Foundation
import Glibc
import Synchronization

/// A TCP server on a loopback port that speaks no protocol of its own: each connection is handed to the closure, on a
/// thread of its own, and closed when the closure returns.
package final class RawServer: Sendable {
  private struct State {
    var sockets: Set<Int32> = []
    var isStopped = false
  }

  private let state = Mutex(State())
  private let listener: Int32
  package let port: Int

  package init(_ serve: @escaping @Sendable (ScriptedConnection) -> Void) throws {
    (listener, port) = try ScriptedServer.listen()
    ScriptedServer.accept(from: listener) { [weak self] client in
      guard let self, self.note(client) else { return false }
      Thread { [weak self] in
        serve(ScriptedConnection(socket: client) { [weak self] in self?.state.withLock { $0.isStopped } ?? true })
        guard let self else {
          close(client)
          return
        }
        self.state.withLock { state in
          state.sockets.remove(client)
          close(client)
        }
      }.start()
      return true
    }
  }

  deinit { stop() }

  package var url: String { "http://127.0.0.1:\(port)" }

  private func note(_ client: Int32) -> Bool {
    state.withLock { state in
      if !state.isStopped { state.sockets.insert(client) }
      return !state.isStopped
    }
  }

  package func stop() {
    state.withLock { state in
      guard !state.isStopped else { return }
      state.isStopped = true
      shutdown(listener, Int32(SHUT_RDWR))
      // In the lock, so that no number is that of another test's socket by now.
      for socket in state.sockets { shutdown(socket, Int32(SHUT_RDWR)) }
    }
  }
}
