internal import Foundation
internal import KubernetesModel
internal import Logging

/// The cluster's one node: takes every pod, runs it, and serves its logs.
actor PodRunner: PodLogs {
  nonisolated let context: PodContext
  private var workers: [String: PodWorker] = [:]
  private var addresses: LoopbackAddresses
  private var apiPort = 0

  init(context: PodContext) {
    self.context = context
    addresses = .pods(state: context.folders.state)
  }

  /// Ends what an earlier run left behind, then follows the pods until the task is cancelled. Afterwards all processes
  /// are gone.
  func run(apiPort: Int) async {
    self.apiPort = apiPort
    Leftovers(state: context.folders.state).end()
    await sweep()
    let resources = [ClusterResource.pods, ClusterResource.configMaps, ClusterResource.secrets, ClusterResource.claims]
    for await change in await context.cluster.changes(of: resources) {
      if Task.isCancelled { break }
      await follow(change)
    }
    await stop()
  }

  // MARK: Before and after

  /// Folders of pods that were deleted while the cluster was down, and addresses of those that were not.
  private func sweep() async {
    let manager = FileManager.default
    let pods = await context.cluster.list(ClusterResource.pods, namespace: nil, labels: [:]).map(ClusterObject.init)
    let live = Set(pods.map(\.uid))
    for folder in (try? manager.contentsOfDirectory(atPath: context.folders.pods)) ?? [] where !live.contains(folder) {
      try? manager.removeItem(atPath: context.folders.pod(folder))
    }
    for address in pods.compactMap({ PodReading($0).address }) { _ = addresses.reserve(address) }
  }

  /// Ends all pods' processes, each with its own grace period but none with more than ten seconds. The pods themselves
  /// stay: they go on when the cluster is started again.
  private func stop() async {
    await withTaskGroup(of: Void.self) { group in
      for worker in workers.values {
        group.addTask {
          let grace = await worker.pod.spec["terminationGracePeriodSeconds"]?.integer ?? 30
          await worker.suspend(grace: min(grace, 10))
          await worker.finished()
        }
      }
    }
    workers = [:]
  }

  // MARK: Following

  private func follow(_ change: ClusterChange) async {
    let object = ClusterObject(change.object)
    switch change.resource {
    case ClusterResource.pods:
      if change.kind == .deleted { await forget(object) } else { await take(object) }
    case ClusterResource.claims:
      if change.kind == .deleted { await removeVolume(of: object) }
    default:
      await refresh(change.resource, object)
    }
  }

  private func take(_ pod: ClusterObject) async {
    guard let node = pod.spec["nodeName"]?.string, !node.isEmpty else {
      if !pod.isTerminating { await schedule(pod) }
      return
    }
    guard node == context.node else { return }
    if let worker = workers[pod.uid] {
      await worker.update(pod)
    } else if pod.isTerminating {
      // It was being ended when the cluster was stopped; its processes are gone.
      try? await context.cluster.delete(
        ClusterResource.pods, namespace: pod.namespace, name: pod.name, uid: pod.uid, gracePeriod: 0,
        propagation: .background)
    } else if !PodReading(pod).isFinished {
      await begin(pod)
    }
  }

  private func schedule(_ pod: ClusterObject) async {
    var bound = pod
    bound.json.set(.string(context.node), at: ["spec", "nodeName"])
    do {
      _ = try await context.cluster.update(ClusterResource.pods, subresource: nil, bound.json)
      await context.events.record(
        EventDraft(
          about: pod.reference, severity: .normal, reason: "Scheduled",
          message: "Successfully assigned \(pod.namespace)/\(pod.name) to \(context.node)", source: "default-scheduler")
      )
    } catch {
      // A conflict means a newer version of the pod, whose change is on its way.
      context.log.debug("pod not bound", metadata: ["pod": "\(pod.key)", "error": "\(error)"])
    }
  }

  private func begin(_ pod: ClusterObject) async {
    let address: String
    if pod.spec["hostNetwork"]?.bool == true {
      address = "127.0.0.1"
    } else if let kept = PodReading(pod).address {
      address = kept
    } else if let fresh = addresses.allocate() {
      address = fresh
    } else {
      context.log.error("no loopback address is left", metadata: ["pod": "\(pod.key)"])
      return
    }
    var context = context
    context.access.apiPort = apiPort
    let worker = PodWorker(pod: pod, address: address, context: context)
    workers[pod.uid] = worker
    await worker.start()
  }

  private func forget(_ pod: ClusterObject) async {
    let worker = workers.removeValue(forKey: pod.uid)
    Task {
      await worker?.terminate(grace: 0, removing: false)
      await worker?.finished()
      try? FileManager.default.removeItem(atPath: context.folders.pod(pod.uid))
      if let address = worker?.address ?? PodReading(pod).address { addresses.release(address) }
    }
  }

  /// The reclaim policy is Delete. A claim of the same name that was made meanwhile keeps the folder.
  private func removeVolume(of claim: ClusterObject) async {
    guard await context.cluster.get(ClusterResource.claims, namespace: claim.namespace, name: claim.name) == nil else {
      return
    }
    try? FileManager.default.removeItem(
      atPath: context.folders.claim(namespace: claim.namespace, name: claim.name))
  }

  private func refresh(_ resource: GroupVersionResource, _ source: ClusterObject) async {
    for worker in workers.values {
      let pod = await worker.pod
      guard pod.namespace == source.namespace else { continue }
      let sources = PodVolumes(pod: pod, folders: context.folders).sources
      let names = resource == ClusterResource.configMaps ? sources.configMaps : sources.secrets
      if names.contains(source.name) { await worker.refreshVolumes() }
    }
  }

  // MARK: Logs

  func log(namespace: String, pod name: String, options: LogOptions) async throws(APIFailure) -> AsyncStream<[UInt8]> {
    guard let json = await context.cluster.get(ClusterResource.pods, namespace: namespace, name: name) else {
      throw APIFailure(code: 404, reason: "NotFound", message: "pods \"\(name)\" not found")
    }
    let pod = ClusterObject(json)
    let container = try Self.container(of: pod, options.container)
    let status = ((pod.status["initContainerStatuses"]?.array ?? []) + (pod.status["containerStatuses"]?.array ?? []))
      .first { $0["name"]?.string == container }
    let attempts = attempts(of: container, pod: pod)
    let path: String
    if options.previous {
      let isRunning = status?[path: "state", "running"] != nil || status?[path: "state", "terminated"] != nil
      let candidates = isRunning ? Array(attempts.dropLast()) : attempts
      guard status?[path: "lastState", "terminated"] != nil, let attempt = candidates.last else {
        throw APIFailure(
          code: 400, reason: "BadRequest",
          message: "previous terminated container \"\(container)\" in pod \"\(name)\" not found")
      }
      path = context.folders.log(container, pod: pod.uid, attempt: attempt)
    } else if let attempt = attempts.last {
      path = context.folders.log(container, pod: pod.uid, attempt: attempt)
    } else {
      let reason = status?[path: "state", "waiting", "reason"]?.string ?? "ContainerCreating"
      throw APIFailure(
        code: 400, reason: "BadRequest",
        message: "container \"\(container)\" in pod \"\(name)\" is waiting to start: \(reason)")
    }
    let live = await workers[pod.uid]?.logs[container]
    return LogReader(path: path, live: live?.path == path ? live : nil, options: options).stream(now: Date())
  }

  private func attempts(of container: String, pod: ClusterObject) -> [Int] {
    let folder = context.folders.container(container, pod: pod.uid)
    return ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
      .filter { $0.hasSuffix(".log") }.compactMap { Int($0.dropLast(4)) }.sorted()
  }

  private static func container(of pod: ClusterObject, _ asked: String?) throws(APIFailure) -> String {
    let all = (ContainerSpecification.all(of: pod, "initContainers") + ContainerSpecification.all(of: pod)).map(\.name)
    let main = ContainerSpecification.all(of: pod).map(\.name)
    if let asked, !asked.isEmpty {
      guard all.contains(asked) else {
        throw APIFailure(
          code: 400, reason: "BadRequest", message: "container \(asked) is not valid for pod \(pod.name)")
      }
      return asked
    }
    if let only = main.first, main.count == 1 { return only }
    throw APIFailure(
      code: 400, reason: "BadRequest",
      message: "a container name must be specified for pod \(pod.name), choose one of: [\(main.joined(separator: " "))]"
    )
  }
}
