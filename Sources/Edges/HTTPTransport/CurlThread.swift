internal import CCurl
import Foundation

/// Threads that libcurl works on.
enum CurlThread {
  /// Once for the process, as libcurl wants it.
  static let isReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

  static func start(named name: String, _ body: @escaping @Sendable () -> Void) {
    let thread = Thread {
      blockPipeSignal()
      body()
    }
    thread.name = name
    thread.stackSize = 1 << 20
    thread.start()
  }

  /// TLS libraries write to sockets that the other side may have closed; the signal of such a write goes to the writing
  /// thread, where it must not end the process. libcurl leaves this to the program with `CURLOPT_NOSIGNAL`.
  private static func blockPipeSignal() {
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGPIPE)
    pthread_sigmask(SIG_BLOCK, &signals, nil)
  }
}
