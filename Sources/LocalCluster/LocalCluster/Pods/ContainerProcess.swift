internal import CProcess
internal import Foundation
internal import Glibc
internal import Synchronization

/// What a process is started with. Paths are real ones.
struct ProcessLaunch: Sendable {
  var program: String
  /// Without the program's own name.
  var arguments: [String]
  var environment: [String: String]
  var directory: String
  /// By which the texts above were rewritten, for commands that are run beside the program later.
  var mounts = MountTable()
}

/// How a process ended: its exit code, or 128 + the signal's number.
struct ProcessEnding: Sendable, Equatable {
  var code: Int
  var signal: Int?
  var date: Date
}

struct SpawnFailure: Error, Sendable {
  var program: String
  var reason: String
}

/// A program in a session of its own: whatever it starts can be found and ended with it.
final class ContainerProcess: Sendable {
  /// The process, its group and its session have this one number.
  let pid: pid_t
  let started: Date
  /// Told apart from a later process of the same number by this (clock ticks since boot).
  let startTicks: UInt64
  /// The program and everything that it left running have ended, and its log is complete.
  let ending: Task<ProcessEnding, Never>

  private let reaping: Reaping

  private init(pid: pid_t, started: Date, reaping: Reaping, ending: Task<ProcessEnding, Never>) {
    self.pid = pid
    self.started = started
    self.reaping = reaping
    startTicks = ProcessTable.startTicks(of: pid) ?? 0
    self.ending = ending
  }

  /// Starts a program whose standard output and error go line by line into `log`.
  static func start(_ launch: ProcessLaunch, log: ContainerLog) throws(SpawnFailure) -> ContainerProcess {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else {
      throw SpawnFailure(program: launch.program, reason: String(cString: strerror(errno)))
    }
    let (reading, writing) = (ends[0], ends[1])
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    defer { close(writing) }
    let started = Date()
    let pid: pid_t
    do {
      pid = try spawn(launch, output: writing)
    } catch {
      close(reading)
      log.finish()
      throw error
    }
    let reaping = Reaping()
    let pump = Self.inThread { log.pump(from: reading, until: { reaping.hasBegun }) }
    let reaper = Self.inThread { Self.reap(pid, reaping) }
    let ending = Task {
      let ending = await reaper.value
      await pump.value
      return ending
    }
    return ContainerProcess(pid: pid, started: started, reaping: reaping, ending: ending)
  }

  /// To every process of the group; those that left the group are found by their session. Nothing happens once the
  /// program has ended: its number may be another's by then.
  func signal(_ number: Int32) {
    reaping.unlessBegun {
      kill(-pid, number)
      if number == SIGKILL { ProcessTable.kill(session: pid) }
    }
  }

  private static func inThread<Value: Sendable>(_ body: @escaping @Sendable () -> Value) -> Task<Value, Never> {
    Task {
      await withCheckedContinuation { continuation in
        Thread.detachNewThread { continuation.resume(returning: body()) }
      }
    }
  }

  /// Waits without reaping, ends what the program left behind while its number cannot be given away, then reaps.
  private static func reap(_ pid: pid_t, _ reaping: Reaping) -> ProcessEnding {
    var info = siginfo_t()
    while waitid(P_PID, id_t(pid), &info, WEXITED | WNOWAIT) == -1 && errno == EINTR {}
    let date = Date()
    kill(-pid, SIGKILL)
    ProcessTable.kill(session: pid)
    reaping.begin()
    var status: Int32 = 0
    while waitpid(pid, &status, 0) == -1 && errno == EINTR {}
    let signal = Int(status & 0x7f)
    if signal != 0 { return ProcessEnding(code: 128 + signal, signal: signal, date: date) }
    return ProcessEnding(code: Int((status >> 8) & 0xff), signal: nil, date: date)
  }

  private static func spawn(_ launch: ProcessLaunch, output: Int32) throws(SpawnFailure) -> pid_t {
    guard let program = ProgramSearch.find(launch.program, in: launch.environment["PATH"], from: launch.directory)
    else {
      let isPath = launch.program.contains("/")
      throw SpawnFailure(
        program: launch.program,
        reason: "exec: \"\(launch.program)\": "
          + (isPath ? "no such file, or not executable" : "executable file not found in $PATH"))
    }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, output, 1)
    posix_spawn_file_actions_adddup2(&actions, output, 2)
    _ = posix_spawn_file_actions_addchdir_np(&actions, launch.directory)
    _ = posix_spawn_file_actions_addclosefrom_np(&actions, 3)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // Signals that this process ignores or blocks are the child's own again.
    var signals = sigset_t()
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    posix_spawnattr_setflags(
      &attributes, apus_spawn_setsid | Int16(POSIX_SPAWN_SETSIGDEF) | Int16(POSIX_SPAWN_SETSIGMASK))
    let arguments = CStrings([launch.program] + launch.arguments)
    let environment = CStrings(launch.environment.map { "\($0.key)=\($0.value)" })
    var pid: pid_t = 0
    let code = posix_spawn(&pid, program, &actions, &attributes, arguments.pointers, environment.pointers)
    guard code == 0 else {
      throw SpawnFailure(program: launch.program, reason: "exec: \"\(program)\": \(String(cString: strerror(code)))")
    }
    return pid
  }
}

/// Whether a process' number is about to be given back to the system.
private final class Reaping: Sendable {
  private let flag = Mutex(false)

  var hasBegun: Bool { flag.withLock { $0 } }

  func begin() { flag.withLock { $0 = true } }

  func unlessBegun(_ body: () -> Void) { flag.withLock { if !$0 { body() } } }
}

/// A null-terminated array of C strings, freed with its owner.
private final class CStrings {
  let pointers: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
  private let count: Int

  init(_ texts: [String]) {
    count = texts.count
    pointers = .allocate(capacity: texts.count + 1)
    for (index, text) in texts.enumerated() { (pointers + index).initialize(to: strdup(text)) }
    (pointers + texts.count).initialize(to: nil)
  }

  deinit {
    for index in 0..<count { free(pointers[index]) }
    pointers.deallocate()
  }
}

/// Finds a program as `execvp` does, so that a refusal can be worded before anything is started.
enum ProgramSearch {
  static func find(_ name: String, in path: String?, from directory: String) -> String? {
    func runnable(_ candidate: String) -> String? {
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: candidate, isDirectory: &isFolder), !isFolder.boolValue,
        access(candidate, X_OK) == 0
      else { return nil }
      return candidate
    }
    if name.contains("/") { return runnable(name.hasPrefix("/") ? name : directory + "/" + name) }
    return (path ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":").lazy
      .compactMap { runnable("\($0)/\(name)") }.first
  }
}
