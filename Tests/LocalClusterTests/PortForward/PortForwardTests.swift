import Foundation
import KubernetesModel
import NIOCore
import NIOPosix
import TestSupport
import Testing

@testable import LocalCluster

/// kubectl is the client here; the pod is a socket of this test.
@Suite("kubectl port-forward", .enabled(if: RunningCluster.hasKubectl))
struct PortForwardTests {
  /// Runs kubectl until `body` is done. `body` gets the port that kubectl listens on, and what it has said so far.
  private func forwarding(
    _ cluster: RunningCluster, _ target: String, _ port: Int,
    _ body: (Int, @escaping () -> String) async throws -> Void
  ) async throws {
    let log = try ContainerLog(path: "\(cluster.folder)/forward-\(UUID().uuidString).log")
    let process = try ContainerProcess.start(
      ProcessLaunch(
        program: "/usr/bin/env", arguments: ["kubectl", "port-forward", target, ":\(port)"],
        environment: ProcessInfo.processInfo.environment.merging(
          ["KUBECONFIG": cluster.folder + "/kubeconfig", "HOME": cluster.folder], uniquingKeysWith: { $1 }),
        directory: cluster.folder), log: log)
    defer { kill(-process.pid, SIGKILL) }
    let said = { (try? String(contentsOfFile: log.path, encoding: .utf8)) ?? "" }
    let local = try await eventually("kubectl listens: \(said())") {
      said().firstMatch(of: /127\.0\.0\.1:(\d+) ->/).flatMap { Int($0.output.1) }
    }
    try await body(local, said)
  }

  private func pod(_ cluster: RunningCluster, phase: String = "Running") async throws {
    try await cluster.succeed(
      "apply",
      input: """
        apiVersion: v1
        kind: Pod
        metadata: {name: web, namespace: default, labels: {app: web}}
        spec: {nodeName: somewhere, containers: [{name: main, image: "web:1", ports: [{containerPort: 80}]}]}
        """)
    var pod = try #require(await cluster.store.get(ClusterResource.pods, namespace: "default", name: "web"))
    pod["status"] = ["phase": .string(phase), "podIP": "127.0.0.1"]
    _ = try await cluster.store.update(ClusterResource.pods, subresource: "status", pod)
  }

  /// A server that answers with what it is sent, and ends when its client does.
  private func withEcho(_ body: (Int) async throws -> Void) async throws {
    let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelOption(.allowRemoteHalfClosure, value: true)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Echo()) }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    try await body(try #require(server.localAddress?.port))
    try await server.close()
  }

  /// Sends `bytes`, ends the sending side, and returns what came back until the other side's end.
  private func exchange(_ bytes: ByteBuffer, at port: Int) async throws -> ByteBuffer {
    let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .channelOption(.allowRemoteHalfClosure, value: true)
      .connect(host: "127.0.0.1", port: port) { channel in
        channel.eventLoop.makeCompletedFuture {
          try NIOAsyncChannel<ByteBuffer, ByteBuffer>(
            wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
        }
      }
    return try await channel.executeThenClose { inbound, outbound in
      async let sending: Void = {
        try await outbound.write(bytes)
        outbound.finish()
      }()
      var answer = ByteBuffer()
      for try await part in inbound { answer.writeImmutableBuffer(part) }
      try await sending
      return answer
    }
  }

  @Test("carries bytes both ways, several connections at once, to their ends")
  func carries() async throws {
    try await RunningCluster.with { cluster in
      try await pod(cluster)
      try await withEcho { port in
        try await forwarding(cluster, "pod/web", port) { local, said in
          let long = ByteBuffer(repeating: 0x61, count: 3 << 20)
          try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<20 {
              group.addTask {
                let short = ByteBuffer(string: "connection \(number)")
                let sent = number % 5 == 0 ? long : short
                let answer = try await exchange(sent, at: local)
                #expect(answer == sent, "connection \(number): \(answer.readableBytes) of \(sent.readableBytes) bytes")
              }
            }
            try await group.waitForAll()
          }
          #expect(!said().contains("error"))
        }
      }
    }
  }

  @Test("says that nobody listens in the pod")
  func nobody() async throws {
    try await RunningCluster.with { cluster in
      try await pod(cluster)
      // Port 1 of the loopback address: no program of a test has it.
      try await forwarding(cluster, "pod/web", 1) { local, said in
        _ = try? await exchange(ByteBuffer(string: "anybody?"), at: local)
        _ = try await eventually("kubectl says why") {
          said().contains("error forwarding port 1 to pod web") && said().contains("connection refused") ? true : nil
        }
      }
    }
  }

  @Test("a pod that is missing or does not run is said in a sentence")
  func refusals() async throws {
    try await RunningCluster.with { cluster in
      let missing = try await cluster.kubectl("port-forward", "pod/web", ":80")
      #expect(missing.err.contains("pods \"web\" not found"))
      try await pod(cluster, phase: "Pending")
      let pending = try await cluster.kubectl("port-forward", "pod/web", ":80", "--pod-running-timeout=1s")
      #expect(pending.err.contains("pod is not running. Current status=Pending"), "\(pending.err)")
    }
  }

  @Test(
    "only a pod's port forwarding is taken off HTTP",
    arguments: [
      ("/api/v1/namespaces/a/pods/b/portforward", "a/b"), ("/api/v1/namespaces/a/pods/b/portforward?ports=80", "a/b"),
      ("/api/v1/namespaces/a/pods/b%2Dc/portforward", "a/b-c"), ("/api/v1/namespaces/a/pods/b/log", nil),
      ("/api/v1/namespaces/a/pods//portforward", nil), ("/api/v1/namespaces/a/pods/b/portforward/x", nil),
      ("/apis/v1/namespaces/a/pods/b/portforward", nil), ("/", nil),
    ] as [(String, String?)])
  func paths(_ path: String, _ pod: String?) {
    #expect(PortForwardUpgrade.pod(of: path[...]).map { "\($0.namespace)/\($0.name)" } == pod)
  }
}

private final class Echo: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  func channelRead(context: ChannelHandlerContext, data: NIOAny) { context.writeAndFlush(data, promise: nil) }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if event as? ChannelEvent == .inputClosed { context.close(mode: .output, promise: nil) }
    context.fireUserInboundEventTriggered(event)
  }
}
