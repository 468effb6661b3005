internal import Foundation
package import Logging
internal import NIOCore
internal import NIOPosix
internal import ServiceLifecycle

/// A Kubernetes cluster in this process: the API on a port of 127.0.0.1, pods as processes, state in a folder.
///
/// Guarantees: one cluster for a state folder; when `run` has returned, no process of a pod is left; what was written
/// to the API is there again at the next start.
package struct LocalCluster: Service {
  package struct Configuration: Sendable {
    /// An absolute path.
    package var state: String
    /// 0 takes a free port.
    package var port: Int
    /// Where to write the kubeconfig; nil: into the state folder.
    package var kubeconfig: String?
    /// Where programs are that stand for images of their name.
    package var programFolder: String
    /// See `ImageCatalog.programs`.
    package var images: [String: String]
    /// A file that gets a line of JSON for each request to the API; nil: none.
    package var auditLog: String?

    package init(
      state: String, port: Int, kubeconfig: String? = nil, programFolder: String, images: [String: String] = [:],
      auditLog: String? = nil
    ) {
      self.state = state
      self.port = port
      self.kubeconfig = kubeconfig
      self.programFolder = programFolder
      self.images = images
      self.auditLog = auditLog
    }
  }

  /// Where a running cluster is found.
  package struct Ready: Sendable, Equatable {
    package var port: Int
    package var kubeconfig: String
    package var state: String
  }

  private let lock: StateLock
  private let server: APIServer
  private let machinery: MachineryService
  private let log: Logger

  /// Opens the state; nothing runs before `run`. `onReady` is called once requests are answered.
  ///
  /// Errors: another cluster has the folder, the port is taken, the state cannot be read.
  package init(
    _ configuration: Configuration, log: Logger, onReady: @escaping @Sendable (Ready) async -> Void = { _ in }
  )
    async throws(LocalClusterError)
  {
    lock = try StateLock(folder: configuration.state)
    let port = try await LoopbackPort.available(configuration.port)
    let ready = Ready(
      port: port, kubeconfig: configuration.kubeconfig ?? configuration.state + "/kubeconfig",
      state: configuration.state)
    let store: ClusterStore
    do throws(StoreError) {
      store = try ClusterStore(folder: configuration.state + "/objects", audit: configuration.auditLog, log: log)
      try Kubeconfig(server: "http://127.0.0.1:\(port)").write(to: ready.kubeconfig)
    } catch {
      throw .store(error)
    }
    let (opened, gate) = AsyncStream<Void>.makeStream()
    let machinery = ClusterMachinery(
      cluster: store,
      configuration: ClusterMachinery.Configuration(
        state: configuration.state,
        images: ImageCatalog(programFolder: configuration.programFolder, programs: configuration.images),
        kubeconfig: ready.kubeconfig, apiAddress: "127.0.0.1", apiPort: port), log: log)
    self.machinery = MachineryService(machinery: machinery, opened: opened)
    server = APIServer(store: store, logs: machinery.logs, port: port, log: log) { _ in
      gate.finish()
      await onReady(ready)
    }
    self.log = log
  }

  /// Until graceful shutdown or cancellation. Pods are ended first, while the API still answers them.
  package func run() async throws {
    // The group's own messages describe services by all that is in them.
    var quiet = log
    quiet.logLevel = max(log.logLevel, .notice)
    try await ServiceGroup(services: [server, machinery], logger: quiet).run()
    withExtendedLifetime(lock) {}
  }
}

/// Begins when the API answers.
private struct MachineryService: Service {
  let machinery: ClusterMachinery
  let opened: AsyncStream<Void>

  func run() async throws {
    await cancelWhenGracefulShutdown {
      for await _ in opened {}
      await machinery.run()
    }
  }
}

/// Ports of 127.0.0.1.
enum LoopbackPort {
  /// Below the ports that Linux gives to outgoing connections (32768 and up): between the look here and the server's own
  /// bind, no connection of this machine takes it.
  private static let choice = 20_000..<32_000

  /// The port itself, or a free one for 0. Errors: it is taken or may not be used.
  static func available(_ port: Int) async throws(LocalClusterError) -> Int {
    guard port == 0 else { return try await bind(port) }
    for _ in 0..<20 {
      if let free = try? await bind(.random(in: choice)) { return free }
    }
    return try await bind(0)
  }

  private static func bind(_ port: Int) async throws(LocalClusterError) -> Int {
    do {
      let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
        .bind(host: "127.0.0.1", port: port).get()
      let bound = channel.localAddress?.port ?? port
      try await channel.close()
      return bound
    } catch let error as IOError where error.errnoCode == EADDRINUSE {
      throw .portInUse(port)
    } catch {
      throw .listenFailed(port, reason: "\(error)")
    }
  }
}
