internal import CProcess
import Foundation
import Glibc

/// Runs a program for its output: in a process group of its own that is ended when the time is up, without our standard
/// input and without our open files. What it has to say to people goes to our standard error.
enum PluginProcess {
  enum Failure: Error, CustomStringConvertible {
    case notStarted(String)
    case ended(status: Int32)
    case signalled(Int32)
    case tooSlow(limit: Duration)
    case tooMuch(limit: Int)

    var description: String {
      switch self {
      case .notStarted(let reason): "it could not be started: \(reason)"
      case .ended(let status): "it ended with status \(status)"
      case .signalled(let number): "it was ended by signal \(number)"
      case .tooSlow(let limit): "it did not end within \(limit.components.seconds) seconds"
      case .tooMuch(let limit): "its output is larger than \(limit) bytes"
      }
    }
  }

  /// Standard output, once the program has ended well. Waits on a thread of its own.
  static func output(
    of program: String, _ arguments: [String], environment: [String: String], limit: Duration
  ) async throws(Failure) -> [UInt8] {
    let result: Result<[UInt8], Failure> = await withCheckedContinuation { continuation in
      Thread.detachNewThread {
        do throws(Failure) {
          continuation.resume(
            returning: .success(try run([program] + arguments, environment: environment, limit: limit)))
        } catch {
          continuation.resume(returning: .failure(error))
        }
      }
    }
    return try result.get()
  }

  private static let maximumOutput = 1 << 20
  /// Between two looks whether a program has ended that keeps its output open.
  private static let look: Int32 = 50

  private static func run(
    _ arguments: [String], environment: [String: String], limit: Duration
  ) throws(Failure) -> [UInt8] {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw .notStarted(String(cString: strerror(errno))) }
    defer { close(ends[0]) }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    let child: pid_t
    do {
      defer { close(ends[1]) }
      child = try spawn(arguments, environment, output: ends[1])
    }
    // Whatever it has started and left behind goes with it. The group lives as long as its leader is not reaped.
    let reading = read(ends[0], of: child, until: ContinuousClock.now + limit, limit)
    kill(-child, SIGKILL)
    var status: Int32 = 0
    while waitpid(child, &status, 0) == -1 && errno == EINTR {}
    let output = try reading.get()
    guard status & 0x7f == 0 else { throw .signalled(status & 0x7f) }
    guard status >> 8 & 0xff == 0 else { throw .ended(status: status >> 8 & 0xff) }
    return output
  }

  /// Until the program has ended and all it wrote is read.
  private static func read(
    _ pipe: Int32, of child: pid_t, until deadline: ContinuousClock.Instant, _ limit: Duration
  ) -> Result<[UInt8], Failure> {
    var output: [UInt8] = []
    var isOpen = true
    var block = [UInt8](repeating: 0, count: 65536)
    while true {
      let hasEnded = hasEnded(child)
      if isOpen {
        var descriptor = pollfd(fd: pipe, events: Int16(POLLIN), revents: 0)
        if poll(&descriptor, 1, hasEnded ? 0 : look) > 0 {
          let count = Glibc.read(pipe, &block, block.count)
          if count > 0 { output += block[..<count] } else if count == 0 || errno != EINTR { isOpen = false }
          guard output.count <= maximumOutput else { return .failure(.tooMuch(limit: maximumOutput)) }
          continue
        }
      } else if !hasEnded {
        poll(nil, 0, look)
      }
      if hasEnded { return .success(output) }
      guard ContinuousClock.now < deadline else { return .failure(.tooSlow(limit: limit)) }
    }
  }

  /// Leaves the status to be collected.
  private static func hasEnded(_ child: pid_t) -> Bool {
    var info = siginfo_t()
    return waitid(P_PID, id_t(child), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_signo != 0
  }

  private static func spawn(
    _ arguments: [String], _ environment: [String: String], output: Int32
  ) throws(Failure) -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, output, 1)
    posix_spawn_file_actions_addclosefrom_np(&actions, 3)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // Our threads block signals, and children would inherit that.
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    sigaddset(&signals, SIGPIPE)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setpgroup(&attributes, 0)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
    var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
    var variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for text in words + variables { free(text) } }
    var child: pid_t = 0
    // Searches the PATH where the name has no slash.
    let code = posix_spawnp(&child, arguments[0], &actions, &attributes, &words, &variables)
    guard code == 0 else { throw .notStarted(String(cString: strerror(code))) }
    return child
  }
}
