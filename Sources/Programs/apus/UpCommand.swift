import ArgumentParser
import Foundation
import LocalCluster
import Logging
import ServiceLifecycle
import UnixSignals

/// `apus up`: a Kubernetes API with pods that are processes, on this machine.
struct UpCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "up",
    abstract: "Start a local cluster that kubectl can talk to.",
    discussion: """
      Pods are processes, each on a loopback address of its own. For an image the program of the same name beside this \
      one is run, or the one that --images names. The state is kept in a folder and survives a restart.
      """)

  @OptionGroup var folder: StateFolderOption

  @Option(help: "The API's port on 127.0.0.1; 0 takes a free one.")
  var port = 16443

  @Option(help: "Where to write the kubeconfig. (default: kubeconfig in the state folder)")
  var kubeconfig: String?

  @Option(
    name: .customLong("images"), parsing: .upToNextOption,
    help: ArgumentHelp("Programs to run in place of images.", valueName: "name=path"))
  var images: [ImageMapping] = []

  @Option(
    help: ArgumentHelp(
      "Append a line of JSON for each request to the API, in the form of Kubernetes' audit events.", valueName: "file"))
  var auditLog: String?

  @Flag(help: "Return when the cluster is ready, and leave it running.")
  var detach = false

  @Option(help: ArgumentHelp("Where to write that the cluster is ready, as JSON.", visibility: .private))
  var readyFile: String?

  @Option(
    help: ArgumentHelp(
      "What to log: debug, info, notice, warning or error. (default: warning)", valueName: "level"),
    transform: Self.level)
  var logLevel = Logger.Level.warning

  func validate() throws {
    guard (0...65535).contains(port) else { throw ValidationError("--port lies between 0 and 65535, not \(port).") }
    for image in images where !FileManager.default.isExecutableFile(atPath: image.path) {
      throw ValidationError("--images \(image.name)=…: \(image.path) is no program that can be run.")
    }
  }

  func run() async throws {
    if detach {
      try await DetachedCluster(state: folder.path, arguments: CommandLine.arguments).start()
      return
    }
    var log = Logger(label: "apus.cluster", factory: { StreamLogHandler.standardError(label: $0) })
    log.logLevel = logLevel
    let started = ContinuousClock.now
    let cluster: LocalCluster
    do {
      cluster = try await LocalCluster(
        LocalCluster.Configuration(
          state: folder.path, port: port, kubeconfig: kubeconfig.map(StateFolderOption.absolute),
          programFolder: Self.programFolder,
          images: Dictionary(images.map { ($0.name, $0.path) }, uniquingKeysWith: { $1 }),
          auditLog: auditLog.map(StateFolderOption.absolute)),
        log: log
      ) { [readyFile] ready in
        if let readyFile {
          Self.announce(ready, in: readyFile)
        } else {
          Self.welcome(ready, after: ContinuousClock.now - started, stop: "Ctrl-C")
        }
      }
    } catch {
      throw CleanExit.failure("\(error)")
    }
    // The group's own messages describe services by all that is in them.
    log.logLevel = max(logLevel, .notice)
    let group = ServiceGroup(
      configuration: ServiceGroupConfiguration(
        services: [.init(service: cluster)], gracefulShutdownSignals: [.sigterm, .sigint, .sighup], logger: log))
    do {
      try await group.run()
    } catch let error as LocalClusterError {
      throw CleanExit.failure("\(error)")
    }
    Self.say("Stopped. The state is kept in \(folder.path).")
  }

  private static func level(_ name: String) throws -> Logger.Level {
    guard let level = Logger.Level(rawValue: name) else {
      throw ValidationError("'\(name)' is no log level; choose debug, info, notice, warning or error.")
    }
    return level
  }

  /// Unbuffered: it is read while it happens, also through a pipe. Nobody reading any more, or a closed terminal, does not
  /// end the cluster.
  private static func say(_ text: String) { try? FileHandle.standardOutput.write(contentsOf: Data((text + "\n").utf8)) }

  private static var programFolder: String {
    let path =
      (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
    return (path as NSString).deletingLastPathComponent
  }

  /// To the process that waits for it.
  private static func announce(_ ready: LocalCluster.Ready, in file: String) {
    do {
      try JSONEncoder().encode(ready).write(to: URL(fileURLWithPath: file), options: .atomic)
    } catch {
      try? FileHandle.standardError.write(
        contentsOf: Data("apus: \(file) cannot be written: \(FileFailure.reason(error))\n".utf8))
      kill(getpid(), SIGTERM)
    }
  }

  static func welcome(_ ready: LocalCluster.Ready, after time: Duration, stop: String) {
    say(
      """
      The local cluster is ready (\(time.formatted(.units(allowed: [.seconds, .milliseconds], maximumUnitCount: 1)))).
        API         https://127.0.0.1:\(ready.port)
        kubeconfig  \(ready.kubeconfig)
        state       \(ready.state)

      In another terminal:
        export KUBECONFIG=\(ready.kubeconfig)
        kubectl get pods --all-namespaces

      \(stop) stops the cluster and its pods; the state is kept.
      """)
  }
}

/// `--state`, shared by the verbs that need the cluster's folder.
struct StateFolderOption: ParsableArguments {
  @Option(
    name: .customLong("state"),
    help: "The cluster's folder. (default: apus/cluster in $XDG_STATE_HOME or ~/.local/state)")
  var given: String?

  /// Absolute, without links, so that one folder has one name.
  var path: String {
    if let given { return Self.absolute(given) }
    let environment = ProcessInfo.processInfo.environment
    let base =
      environment["XDG_STATE_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil } ?? NSHomeDirectory() + "/.local/state"
    return Self.absolute(base + "/apus/cluster")
  }

  static func absolute(_ path: String) -> String {
    URL(fileURLWithPath: (path as NSString).expandingTildeInPath).standardizedFileURL.path
  }
}

/// `name=path` of `--images`.
struct ImageMapping: ExpressibleByArgument, Sendable {
  var name: String
  var path: String

  init?(argument: String) {
    let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
    guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else { return nil }
    name = parts[0]
    path = StateFolderOption.absolute(parts[1])
  }
}

extension CleanExit {
  /// A sentence for a person on standard error and exit code 1, without the usage text.
  static func failure(_ message: String) -> any Error {
    try? FileHandle.standardError.write(contentsOf: Data("apus: \(message)\n".utf8))
    return ExitCode.failure
  }
}
