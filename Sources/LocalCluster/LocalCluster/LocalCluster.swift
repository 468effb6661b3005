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
    /// Where to write the kubeconfig, which holds the token; nil: into the state folder.
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
  package struct Ready: Codable, Sendable, Equatable {
    package var port: Int
    package var kubeconfig: String
    package var state: String
  }

  private let lock: StateLock
  private let server: APIServer
  private let machinery: MachineryService
  private let port: Int
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
    if configuration.port != 0 { try await LoopbackPort.check(configuration.port) }
    let kubeconfig = configuration.kubeconfig ?? configuration.state + "/kubeconfig"
    let credentials: ClusterCredentials
    do throws(CredentialsFailure) {
      credentials = try ClusterCredentials(folder: configuration.state)
    } catch {
      throw .credentials(error)
    }
    let store: ClusterStore
    do throws(StoreError) {
      store = try ClusterStore(folder: configuration.state + "/objects", audit: configuration.auditLog, log: log)
    } catch {
      throw .store(error)
    }
    let (bound, ports) = AsyncStream<Int>.makeStream()
    let machinery = ClusterMachinery(
      cluster: store,
      configuration: ClusterMachinery.Configuration(
        state: configuration.state,
        images: ImageCatalog(programFolder: configuration.programFolder, programs: configuration.images),
        credentials: credentials), log: log)
    self.machinery = MachineryService(
      machinery: machinery, credentials: credentials, bound: bound, kubeconfig: kubeconfig, state: configuration.state,
      onReady: onReady)
    server = APIServer(
      store: store, credentials: credentials, logs: machinery.logs, port: configuration.port, log: log
    ) { port in
      ports.yield(port)
      ports.finish()
    }
    port = configuration.port
    self.log = log
  }

  /// Until graceful shutdown or cancellation. Pods are ended first, while the API still answers them.
  ///
  /// Errors: `LocalClusterError` where the port was taken since `init`, or the kubeconfig cannot be written.
  package func run() async throws {
    // The group's own messages describe services by all that is in them.
    var quiet = log
    quiet.logLevel = max(log.logLevel, .notice)
    do {
      try await ServiceGroup(services: [server, machinery], logger: quiet).run()
    } catch let error as IOError where error.errnoCode == EADDRINUSE {
      throw LocalClusterError.portInUse(port)
    }
    withExtendedLifetime(lock) {}
  }
}

/// Starts when the API answers, and only then says where: the port is known by its own bind, so nothing can take it
/// between a look and the bind.
private struct MachineryService: Service {
  let machinery: ClusterMachinery
  let credentials: ClusterCredentials
  let bound: AsyncStream<Int>
  let kubeconfig: String
  let state: String
  let onReady: @Sendable (LocalCluster.Ready) async -> Void

  func run() async throws {
    try await cancelWhenGracefulShutdown {
      for await port in bound {
        do throws(StoreError) {
          try LocalKubeconfig(port: port, credentials: credentials).write(to: kubeconfig)
        } catch {
          throw LocalClusterError.store(error)
        }
        async let told: Void = onReady(LocalCluster.Ready(port: port, kubeconfig: kubeconfig, state: state))
        await machinery.run(apiPort: port)
        await told
      }
    }
  }
}

/// Ports of 127.0.0.1.
enum LoopbackPort {
  /// Tells early, and in a sentence, that a port is taken or may not be used.
  static func check(_ port: Int) async throws(LocalClusterError) {
    do {
      let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
        .bind(host: "127.0.0.1", port: port).get()
      try await channel.close()
    } catch let error as IOError where error.errnoCode == EADDRINUSE {
      throw .portInUse(port)
    } catch {
      throw .listenFailed(port, reason: "\(error)")
    }
  }
}
