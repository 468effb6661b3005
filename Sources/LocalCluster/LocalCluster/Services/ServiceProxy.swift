internal import Foundation
internal import KubernetesModel
internal import Logging
internal import NIOCore
internal import NIOPosix

/// Where a Service's port listens.
struct ServiceListener: Hashable, Sendable {
  var address: String
  var port: Int
}

/// Listens on every Service's address and spreads connections over the ready pods behind it.
actor ServiceProxy {
  private let cluster: any ClusterAccess
  private let events: LocalEventRecorder
  private let group: any EventLoopGroup
  private let log: Logger
  private var services: [LocalKey: ClusterObject] = [:]
  private var endpoints: [LocalKey: JSONValue] = [:]
  private var channels: [ServiceListener: (channel: any Channel, backends: BackendRing)] = [:]

  init(cluster: any ClusterAccess, events: LocalEventRecorder, group: any EventLoopGroup, log: Logger) {
    self.cluster = cluster
    self.events = events
    self.group = group
    self.log = log
  }

  /// Follows Services and Endpoints until the task is cancelled; then closes all listeners.
  func run() async {
    for await change in await cluster.changes(of: [ClusterResource.services, ClusterResource.endpoints]) {
      if Task.isCancelled { break }
      let object = ClusterObject(change.object)
      let isDeleted = change.kind == .deleted
      if change.resource == ClusterResource.services {
        let before = services[object.key]
        services[object.key] = isDeleted ? nil : object
        if let before { await closeUnwanted(of: before) }
      } else {
        endpoints[object.key] = isDeleted ? nil : change.object
      }
      if let service = services[object.key] { await open(service) }
    }
    for (channel, _) in channels.values { try? await channel.close() }
    channels = [:]
  }

  private func closeUnwanted(of service: ClusterObject) async {
    let kept = services[service.key].map(Self.listeners) ?? [:]
    for listener in Self.listeners(of: service).keys where kept[listener] == nil {
      if let entry = channels.removeValue(forKey: listener) { try? await entry.channel.close() }
    }
  }

  private func open(_ service: ClusterObject) async {
    for (listener, port) in Self.listeners(of: service) {
      let backends = Self.backends(endpoints[service.key], port: port)
      if let present = channels[listener] {
        present.backends.replace(backends)
        continue
      }
      let ring = BackendRing(backends)
      do {
        channels[listener] = (try await listen(on: listener, ring), ring)
      } catch {
        log.warning(
          "service address not available",
          metadata: [
            "service": "\(service.key)", "address": "\(listener.address):\(listener.port)", "error": "\(error)",
          ])
        await events.record(
          EventDraft(
            about: service.reference, severity: .warning, reason: "ListenFailed",
            message: "\(listener.address):\(listener.port) cannot be listened on: \(Self.reason(of: error))",
            source: "kube-proxy"))
      }
    }
  }

  private static func reason(of error: any Error) -> String {
    switch (error as? IOError)?.errnoCode {
    case EACCES:
      "only root may use ports below 1024 on this machine; give the Service a higher port, or set the kernel's "
        + "net.ipv4.ip_unprivileged_port_start to 0"
    case EADDRINUSE: "another program, perhaps another local cluster, has it"
    default: "\(error)"
    }
  }

  static func listeners(of service: ClusterObject) -> [ServiceListener: ServiceReading.Port] {
    let reading = ServiceReading(service)
    guard let address = reading.address, !reading.isHeadless, reading.type != "ExternalName" else { return [:] }
    return Dictionary(
      reading.ports.map { (ServiceListener(address: address, port: $0.port), $0) },
      uniquingKeysWith: { first, _ in first })
  }

  /// The ready addresses of an Endpoints object for a Service's port.
  static func backends(_ endpoints: JSONValue?, port: ServiceReading.Port) -> [ServiceListener] {
    (endpoints?["subsets"]?.array ?? []).flatMap { subset -> [ServiceListener] in
      let ports = subset["ports"]?.array ?? []
      guard let number = ports.first(where: { ($0["name"]?.string ?? "") == port.name })?["port"]?.integer else {
        return []
      }
      return (subset["addresses"]?.array ?? []).compactMap { $0["ip"]?.string }
        .map { ServiceListener(address: $0, port: number) }
    }
  }

  private func listen(on listener: ServiceListener, _ backends: BackendRing) async throws -> any Channel {
    try await ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: 1_024)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
      // Nothing is read before there is somebody to give it to.
      .childChannelOption(.autoRead, value: false)
      .childChannelOption(.allowRemoteHalfClosure, value: true)
      .childChannelInitializer { client in
        ProxyConnection.start(client, backends)
      }
      .bind(host: listener.address, port: listener.port).get()
  }
}
