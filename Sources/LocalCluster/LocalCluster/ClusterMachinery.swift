internal import Foundation
package import Logging
internal import NIOPosix

/// Everything of the local cluster beside its API: the node that runs pods, the controllers, the Services' addresses.
package struct ClusterMachinery: Sendable {
  /// Where and how it runs.
  package struct Configuration: Sendable {
    /// The state folder, an absolute path.
    package var state: String
    package var images: ImageCatalog
    /// Pods get tokens of these.
    package var credentials: ClusterCredentials

    package init(state: String, images: ImageCatalog, credentials: ClusterCredentials) {
      self.state = state
      self.images = images
      self.credentials = credentials
    }
  }

  private let cluster: any ClusterAccess
  private let events: LocalEventRecorder
  private let node: PodRunner
  private let proxy: ServiceProxy
  private let loops: [ControllerLoop]

  package init(cluster: any ClusterAccess, configuration: Configuration, log: Logger) {
    self.cluster = cluster
    let events = LocalEventRecorder(cluster: cluster, host: NodeRegistration.name, log: log)
    self.events = events
    node = PodRunner(
      context: PodContext(
        cluster: cluster, events: events, images: configuration.images,
        folders: ClusterFolders(state: configuration.state), node: NodeRegistration.name,
        access: PodAccess(credentials: configuration.credentials), log: log))
    proxy = ServiceProxy(
      cluster: cluster, events: events, group: MultiThreadedEventLoopGroup.singleton, log: log)
    let writer = LocalWriter(cluster: cluster, events: events)
    let controllers: [any LocalController] = [
      ServiceAccountController(), ClaimController(), DeploymentController(), ReplicaSetController(), JobController(),
      ServiceController(addresses: .services(state: configuration.state)),
    ]
    loops = controllers.map { ControllerLoop(controller: $0, writer: writer, log: log) }
  }

  /// Where the API serves pods' logs from.
  package var logs: any PodLogs { node }

  /// Returns when the task is cancelled and all pods' processes are gone.
  ///
  /// - Parameter apiPort: where the API listens on 127.0.0.1; containers get it as `KUBERNETES_SERVICE_PORT`.
  package func run(apiPort: Int) async {
    await NodeRegistration.register(in: cluster, at: Date())
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await node.run(apiPort: apiPort) }
      group.addTask { await proxy.run() }
      for loop in loops { group.addTask { await loop.run() } }
      group.addTask {
        while !Task.isCancelled {
          await events.expire()
          try? await Task.sleep(for: .seconds(300))
        }
      }
    }
  }
}
