import Foundation
import Logging
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing

@testable import LocalCluster

@Suite("The whole local cluster")
struct WholeClusterTests {
  private static let kubectlPath = ProgramSearch.find(
    "kubectl", in: ProcessInfo.processInfo.environment["PATH"], from: "/")
  private let folder: TemporaryFolder
  private let log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  init() throws { folder = try TemporaryFolder() }

  private func configuration(port: Int = 0) -> LocalCluster.Configuration {
    LocalCluster.Configuration(
      state: folder.path, port: port, programFolder: "/nowhere", images: ["shell": "/bin/sh"])
  }

  /// Runs `body` while the cluster runs, then stops it as SIGTERM does.
  private func withCluster(_ body: (LocalCluster.Ready) async throws -> Void) async throws {
    let found = Mutex<LocalCluster.Ready?>(nil)
    let cluster = try await LocalCluster(configuration(), log: log) { ready in found.withLock { $0 = ready } }
    let group = ServiceGroup(services: [cluster], logger: log)
    let running = Task { try await group.run() }
    let outcome: Result<Void, any Error>
    do {
      try await body(try await eventually("the cluster is ready") { found.withLock { $0 } })
      outcome = .success(())
    } catch {
      outcome = .failure(error)
    }
    await group.triggerGracefulShutdown()
    try await running.value
    try outcome.get()
  }

  /// Standard output and error of kubectl, which must succeed.
  private func kubectl(_ arguments: String..., input: String? = nil) async throws -> String {
    var arguments = arguments
    let place = "\(folder.path)/kubectl-\(UUID().uuidString)"
    if let input {
      try Data(input.utf8).write(to: URL(fileURLWithPath: place + ".yaml"))
      arguments += ["-f", place + ".yaml"]
    }
    let process = try ContainerProcess.start(
      ProcessLaunch(
        program: try #require(Self.kubectlPath), arguments: arguments,
        environment: ["KUBECONFIG": folder.path + "/kubeconfig", "HOME": folder.path], directory: folder.path),
      log: ContainerLog(path: place + ".log"))
    let ending = await process.ending.value
    let reader = LogReader(path: place + ".log", live: nil, options: LogOptions())
    var bytes: [UInt8] = []
    for await more in reader.stream(now: Date()) { bytes += more }
    let output = String(decoding: bytes, as: UTF8.self)
    try #require(ending.code == 0, "kubectl \(arguments): \(output)")
    return output
  }

  @Test("kubectl rolls a Deployment out, waits for a Job, reads logs and deletes", .enabled(if: kubectlPath != nil))
  func workloads() async throws {
    try await withCluster { _ in
      _ = try await kubectl(
        "apply",
        input: """
          apiVersion: apps/v1
          kind: Deployment
          metadata: {name: web}
          spec:
            replicas: 2
            selector: {matchLabels: {app: web}}
            template:
              metadata: {labels: {app: web}}
              spec:
                terminationGracePeriodSeconds: 1
                containers: [{name: main, image: "shell:1", args: [-c, "echo one; exec sleep 1000"]}]
          ---
          apiVersion: batch/v1
          kind: Job
          metadata: {name: train}
          spec:
            template:
              spec:
                restartPolicy: Never
                containers: [{name: main, image: "shell:1", args: [-c, "echo trained; echo ok > /dev/termination-log"]}]
          """)
      #expect(try await kubectl("rollout", "status", "deploy/web", "--timeout=30s").contains("successfully rolled out"))
      #expect(try await kubectl("wait", "--for=condition=complete", "job/train", "--timeout=30s").contains("met"))
      #expect(try await kubectl("logs", "job/train") == "trained\n")
      #expect(try await kubectl("get", "deploy", "web").contains("2/2     2            2"))
      #expect(
        try await kubectl("describe", "pod", "-l", "job-name=train").contains("Reason:   Completed\n      Message:  ok")
      )
      _ = try await kubectl("set", "env", "deploy/web", "V=2")
      #expect(try await kubectl("rollout", "status", "deploy/web", "--timeout=30s").contains("successfully rolled out"))
      _ = try await kubectl("rollout", "undo", "deploy/web")
      #expect(try await kubectl("rollout", "status", "deploy/web", "--timeout=30s").contains("successfully rolled out"))
      _ = try await kubectl("scale", "deploy/web", "--replicas=1")
      _ = try await kubectl("delete", "deploy/web", "job/train", "--wait=true")
      _ = try await eventually("the pods are gone") {
        try await kubectl("get", "pods").contains("No resources found") ? true : nil
      }
    }
  }

  @Test(
    "a state folder of the release before gets a token, and its kubeconfig is rewritten",
    .enabled(if: kubectlPath != nil))
  func former() async throws {
    let old = LocalKubeconfig(server: "http://127.0.0.1:16443").text
    try Data(old.utf8).write(to: URL(fileURLWithPath: folder.path + "/kubeconfig"))
    try await withCluster { _ in
      let name = try await kubectl("get", "namespace", "default", "-o", "name")
      #expect(name.hasPrefix("namespace/default"))
      let user = try await kubectl("auth", "whoami", "-o", "jsonpath={.status.userInfo.username}")
      #expect(user.hasPrefix("apus"))
    }
    let text = try String(contentsOfFile: folder.path + "/kubeconfig", encoding: .utf8)
    #expect(text.contains("server: https://127.0.0.1:") && text.contains("token: "))
  }

  @Test("a second cluster on the same folder, or port, is refused in a sentence")
  func refusals() async throws {
    try await withCluster { ready in
      let second = await #expect(throws: LocalClusterError.self) {
        _ = try await LocalCluster(configuration(), log: log)
      }
      #expect(
        second?.description.contains("running already (process \(ProcessInfo.processInfo.processIdentifier))") == true)
      #expect(StateLock.holder(of: folder.path) == ProcessInfo.processInfo.processIdentifier)
      let other = try TemporaryFolder()
      var otherConfiguration = configuration(port: ready.port)
      otherConfiguration.state = other.path
      let third = await #expect(throws: LocalClusterError.self) {
        _ = try await LocalCluster(otherConfiguration, log: log)
      }
      #expect(
        third?.description
          == "Port \(ready.port) of 127.0.0.1 is in use by another program. Choose another with --port.")
    }
    // A process that another test is just starting has all of ours open for a moment.
    _ = try await eventually("nobody has the folder") { StateLock.holder(of: folder.path) == nil ? true : nil }
  }
}
