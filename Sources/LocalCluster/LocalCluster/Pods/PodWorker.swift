internal import Foundation
internal import KubernetesModel
internal import Logging

/// What pod workers share.
struct PodContext: Sendable {
  let cluster: any ClusterAccess
  let events: LocalEventRecorder
  let images: ImageCatalog
  let folders: ClusterFolders
  let node: String
  /// By which containers reach the API, unless their pod wants no access.
  var access: PodAccess
  let log: Logger
}

/// Runs one pod, from its start to its end: init containers one by one, containers side by side, probes, restarts,
/// termination. Publishes the pod's status after each change.
actor PodWorker {
  nonisolated let context: PodContext
  let address: String
  private(set) var pod: ClusterObject
  let started: Date
  var initRecords: [ContainerRecord]
  var records: [ContainerRecord]
  var processes: [String: ContainerProcess] = [:]
  var logs: [String: ContainerLog] = [:]
  var probes: [String: Task<Void, Never>] = [:]
  /// Containers whose process is being ended: they are not reported as crashed.
  var isStopping = false
  private var isSuspended = false
  private var main: Task<Void, Never>?
  private var ending: Task<Void, Never>?
  private var killing: Task<Void, Never>?
  private var published: JSONValue?
  private var isPublishing = false

  init(pod: ClusterObject, address: String, context: PodContext) {
    self.pod = pod
    self.address = address
    self.context = context
    started = pod.status["startTime"]?.string.flatMap(TimeText.date) ?? Date()
    let hasInit = !ContainerSpecification.all(of: pod, "initContainers").isEmpty
    initRecords = ContainerSpecification.all(of: pod, "initContainers").map {
      ContainerRecord($0, waiting: "PodInitializing")
    }
    records = ContainerSpecification.all(of: pod).map {
      ContainerRecord($0, waiting: hasInit ? "PodInitializing" : "ContainerCreating")
    }
  }

  var policy: RestartPolicy { RestartPolicy(of: pod) }

  /// Begins. A pod that ran before the cluster was restarted goes on from its written status.
  func start() {
    guard main == nil else { return }
    adopt()
    main = Task { await self.run() }
  }

  /// The object has changed: labels, annotations, a deletion timestamp.
  func update(_ changed: ClusterObject) {
    pod = changed
    // The status has one writer, this one: an event that was on its way may carry an older one.
    if let published { pod.json["status"] = published }
    guard changed.isTerminating else { return }
    let grace = changed.json[path: "metadata", "deletionGracePeriodSeconds"]?.integer ?? 30
    terminate(grace: grace, removing: true)
  }

  /// Ends all containers. With `removing` the object is removed too, once the last process has ended.
  func terminate(grace: Int, removing: Bool) {
    if let ending, !ending.isCancelled {
      // A second, shorter deletion shortens the wait.
      killing?.cancel()
      let running = Array(processes.values)
      killing = Task {
        try? await Task.sleep(for: .seconds(grace))
        guard !Task.isCancelled else { return }
        for process in running { process.signal(SIGKILL) }
      }
      return
    }
    isStopping = true
    ending = Task { await self.end(grace: grace, removing: removing) }
  }

  /// Ends all containers because the cluster is stopped. The written status stays as it is, so that the pod goes on
  /// from there when the cluster is started again.
  func suspend(grace: Int) {
    isSuspended = true
    terminate(grace: grace, removing: false)
  }

  /// Returns when the pod's processes are gone.
  func finished() async {
    await ending?.value
    await main?.value
  }

  private func end(grace: Int, removing: Bool) async {
    main?.cancel()
    await withTaskGroup(of: Void.self) { group in
      for name in Array(processes.keys) {
        group.addTask { await self.stop(name, grace: grace, reason: "Stopping container \(name)") }
      }
    }
    await main?.value
    killing?.cancel()
    await publish()
    guard removing else { return }
    do {
      try await context.cluster.delete(
        ClusterResource.pods, namespace: pod.namespace, name: pod.name, uid: pod.uid, gracePeriod: 0,
        propagation: .background)
    } catch  where error.code != 404 {
      context.log.warning("pod not removed", metadata: ["pod": "\(pod.key)", "error": "\(error)"])
    } catch {}
  }

  // MARK: The pod's life

  private func run() async {
    if isSettled {
      await publish()
      return
    }
    await publish()
    await mountVolumes()
    for (index, container) in ContainerSpecification.all(of: pod, "initContainers").enumerated() {
      guard !Task.isCancelled else { return }
      if initRecords[index].termination?.isSuccess == true { continue }
      guard await supervise(container, isInit: true) else {
        await publish()
        return
      }
    }
    guard !Task.isCancelled else { return }
    await withTaskGroup(of: Void.self) { group in
      for (index, container) in ContainerSpecification.all(of: pod).enumerated() {
        if let termination = records[index].termination, !policy.restarts(after: termination) { continue }
        if records[index].lastTermination == nil {
          records[index].state = .waiting(reason: "ContainerCreating", message: nil)
        }
        group.addTask { _ = await self.supervise(container, isInit: false) }
      }
    }
    if !isStopping { await publish() }
  }

  /// Nothing is left to run: every container has ended for good.
  private var isSettled: Bool {
    if policy == .never, initRecords.contains(where: { $0.termination?.isSuccess == false }) { return true }
    return !records.isEmpty
      && records.allSatisfy { record in record.termination.map { !policy.restarts(after: $0) } ?? false }
  }

  private func adopt() {
    let status = pod.status
    for (index, container) in ContainerSpecification.all(of: pod, "initContainers").enumerated() {
      initRecords[index].adopt(status["initContainerStatuses"]?.array, container.name, policy, at: Date())
    }
    for (index, container) in ContainerSpecification.all(of: pod).enumerated() {
      records[index].adopt(status["containerStatuses"]?.array, container.name, policy, at: Date())
    }
  }

  private func mountVolumes() async {
    while !Task.isCancelled {
      do {
        try await materializeVolumes()
        return
      } catch {
        await event(.warning, error.reason, error.message)
        try? await Task.sleep(for: .seconds(1))
      }
    }
  }

  /// Writes the volumes' files; also when a ConfigMap or Secret has changed.
  func materializeVolumes() async throws(LaunchRefusal) {
    let claims = await context.cluster.list(ClusterResource.claims, namespace: pod.namespace, labels: [:])
    let scratch = context.folders.scratch(pod: pod.uid)
    do {
      try FileManager.default.createDirectory(atPath: scratch, withIntermediateDirectories: true)
    } catch {
      throw LaunchRefusal(reason: "FailedMount", message: error.localizedDescription)
    }
    let values = await environmentContext()
    if values.hasAccess {
      do {
        try ProjectedFolder(path: context.folders.access(pod: pod.uid)).write(
          context.access.files(of: pod, account: values.account))
      } catch {
        throw LaunchRefusal(reason: "FailedMount", message: error.localizedDescription)
      }
    }
    try PodVolumes(pod: pod, folders: context.folders).materialize(
      values, claims: Set(claims.map { ClusterObject($0).name }))
  }

  func refreshVolumes() async {
    do {
      try await materializeVolumes()
    } catch {
      await event(.warning, error.reason, error.message)
    }
  }

  func environmentContext() async -> EnvironmentContext {
    func byName(_ resource: GroupVersionResource) async -> [String: JSONValue] {
      Dictionary(
        await context.cluster.list(resource, namespace: pod.namespace, labels: [:]).map {
          (ClusterObject($0).name, $0)
        },
        uniquingKeysWith: { first, _ in first })
    }
    let account = await context.cluster.get(
      ClusterResource.serviceAccounts, namespace: pod.namespace, name: pod.serviceAccountName)
    return EnvironmentContext(
      pod: pod, address: address, configMaps: await byName(ClusterResource.configMaps),
      secrets: await byName(ClusterResource.secrets), account: account.map(ClusterObject.init), access: context.access)
  }

  // MARK: Reporting

  func change(_ name: String, isInit: Bool = false, _ body: (inout ContainerRecord) -> Void) {
    if isInit {
      if let index = initRecords.firstIndex(where: { $0.name == name }) { body(&initRecords[index]) }
    } else if let index = records.firstIndex(where: { $0.name == name }) {
      body(&records[index])
    }
  }

  func record(_ name: String) -> ContainerRecord? { (records + initRecords).first { $0.name == name } }

  /// One publication at a time; what changes meanwhile is published by the same loop.
  func publish() async {
    guard !isPublishing, !isSuspended else { return }
    isPublishing = true
    defer { isPublishing = false }
    while true {
      let status = KubeletStatus(
        pod: pod, address: address, started: started, initContainers: initRecords, containers: records, now: Date()
      ).json
      guard status != published else { return }
      do {
        try await StatusWriter.write(status, to: ClusterResource.pods, pod.key, uid: pod.uid, in: context.cluster)
        pod.json["status"] = status
        published = status
      } catch {
        context.log.warning("pod status not written", metadata: ["pod": "\(pod.key)", "error": "\(error)"])
        return
      }
    }
  }

  func event(
    _ severity: EventDraft.Severity, _ reason: String, _ message: String, container: String? = nil,
    source: String = "kubelet"
  ) async {
    var about = pod.reference
    about["resourceVersion"] = nil
    if let container {
      let field = initRecords.contains { $0.name == container } ? "initContainers" : "containers"
      about["fieldPath"] = .string("spec.\(field){\(container)}")
    }
    await context.events.record(
      EventDraft(about: about, severity: severity, reason: reason, message: message, source: source))
  }
}

extension ContainerRecord {
  /// Takes over what was written before the cluster was restarted. A container that ran then has lost its process.
  mutating func adopt(_ statuses: [JSONValue]?, _ name: String, _ policy: RestartPolicy, at now: Date) {
    guard let status = statuses?.first(where: { $0["name"]?.string == name }) else { return }
    restarts = status["restartCount"]?.integer ?? 0
    lastTermination = Termination(status[path: "lastState", "terminated"])
    imageID = status["imageID"]?.string ?? ""
    containerID = status["containerID"]?.string
    if let termination = Termination(status[path: "state", "terminated"]) {
      state = .terminated(termination)
    } else if let running = status[path: "state", "running"] {
      state = .terminated(
        Termination(
          exitCode: 137, reason: "ContainerStatusUnknown",
          message: "The local cluster was stopped or killed while this container ran.",
          started: running["startedAt"]?.string.flatMap(TimeText.date), finished: now, containerID: containerID))
    } else {
      return
    }
    if let termination, policy.restarts(after: termination) {
      lastTermination = termination
      restarts += 1
      state = .waiting(reason: "ContainerCreating", message: nil)
    }
  }
}
