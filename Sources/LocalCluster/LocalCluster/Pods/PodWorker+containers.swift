internal import Foundation
internal import KubernetesModel

/// Everything that one start of a container needs.
private struct PreparedContainer: Sendable {
  var launch: ProcessLaunch
  var messageFile: String
  var attempt: Int
}

extension PodWorker {
  /// Starts a container and starts it again as the restart policy says, until it has ended for good. False: it failed.
  func supervise(_ container: ContainerSpecification, isInit: Bool) async -> Bool {
    var backoff = CrashBackoff()
    while !Task.isCancelled {
      guard let prepared = await prepared(container, isInit: isInit) else { return false }
      let termination = await runOnce(container, prepared, isInit: isInit)
      change(container.name, isInit: isInit) {
        $0.state = .terminated(termination)
        $0.isReady = isInit && termination.isSuccess
        $0.isStarted = false
      }
      // A pod that is being ended publishes once, when the last container has ended.
      if isStopping || Task.isCancelled { return termination.isSuccess }
      if isInit && termination.isSuccess {
        await publish()
        return true
      }
      let policy = isInit && self.policy == .always ? RestartPolicy.onFailure : self.policy
      guard policy.restarts(after: termination) else {
        await publish()
        return termination.isSuccess
      }
      await publish()
      let run = termination.started.map { termination.finished.timeIntervalSince($0) } ?? 0
      await wait(for: backoff.delay(afterRunOf: run), container, after: termination, isInit: isInit)
      if Task.isCancelled { return false }
      change(container.name, isInit: isInit) {
        $0.lastTermination = termination
        $0.restarts += 1
      }
    }
    return false
  }

  /// An image that is missing needs a restart of the cluster; the kubelet's `MaxContainerBackOff`.
  private static let imagePause = DoublingPause(first: .seconds(10), longest: .seconds(300))
  /// A Secret or ConfigMap that is missing is only another object, and is found soon.
  private static let objectPause = DoublingPause(first: .milliseconds(500), longest: .seconds(10))

  private func wait(
    for delay: TimeInterval, _ container: ContainerSpecification, after termination: Termination, isInit: Bool
  ) async {
    guard delay > 0 else { return }
    let message =
      "back-off \(Self.goDuration(delay)) restarting failed container=\(container.name) "
      + "pod=\(pod.name)_\(pod.namespace)(\(pod.uid))"
    change(container.name, isInit: isInit) {
      $0.lastTermination = termination
      $0.state = .waiting(reason: "CrashLoopBackOff", message: message)
    }
    await publish()
    await event(
      .warning, "BackOff",
      "Back-off restarting failed container \(container.name) in pod \(pod.name)_\(pod.namespace)(\(pod.uid))",
      container: container.name)
    try? await Task.sleep(for: .seconds(delay))
  }

  private static func goDuration(_ seconds: TimeInterval) -> String {
    let whole = Int(seconds)
    return whole < 60 ? "\(whole)s" : "\(whole / 60)m\(whole % 60)s"
  }

  /// Image, environment and folders; waits and tries again while something is missing. nil: the pod is being ended.
  private func prepared(_ container: ContainerSpecification, isInit: Bool) async -> PreparedContainer? {
    var failures = 0
    while !Task.isCancelled {
      do {
        return try await prepare(container)
      } catch {
        let isImage = error.reason == "ErrImagePull"
        let repeats = isImage && failures > 0
        change(container.name, isInit: isInit) {
          $0.state = .waiting(
            reason: repeats ? "ImagePullBackOff" : error.reason,
            message: repeats ? "Back-off pulling image \"\(container.image)\": \(error.message)" : error.message)
        }
        await publish()
        if isImage, failures == 0 {
          await event(.normal, "Pulling", "Pulling image \"\(container.image)\"", container: container.name)
        }
        await event(.warning, "Failed", isImage ? error.message : "Error: \(error.message)", container: container.name)
        if isImage { await event(.warning, "Failed", "Error: ErrImagePull", container: container.name) }
        let pause = isImage ? Self.imagePause : Self.objectPause
        try? await Task.sleep(for: pause.after(failures: failures))
        failures += 1
      }
    }
    return nil
  }

  private func prepare(_ container: ContainerSpecification) async throws(LaunchRefusal) -> PreparedContainer {
    guard let program = context.images.program(for: container.image) else {
      throw LaunchRefusal(reason: "ErrImagePull", message: context.images.refusal(of: container.image))
    }
    let folder = context.folders.container(container.name, pod: pod.uid)
    let attempt = record(container.name)?.restarts ?? 0
    let messageFile = "\(folder)/\(attempt).message"
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      try Data().write(to: URL(fileURLWithPath: messageFile))
    } catch {
      throw LaunchRefusal(reason: "CreateContainerError", message: error.localizedDescription)
    }
    // As the kubelet: this run's log and the one before are kept.
    for old in [attempt - 2, attempt - 3] where old >= 0 {
      try? FileManager.default.removeItem(atPath: context.folders.log(container.name, pod: pod.uid, attempt: old))
      try? FileManager.default.removeItem(atPath: "\(folder)/\(old).message")
    }
    var launch = try launch(container, program: program, in: await environmentContext(), messageFile: messageFile)
    launch.environment[ContainerMark.variable] = ContainerMark.value(
      state: context.folders.state, pod: pod.uid, container: container.name)
    return PreparedContainer(launch: launch, messageFile: messageFile, attempt: attempt)
  }

  /// Command line and environment, with mount paths replaced by the real folders.
  private func launch(
    _ container: ContainerSpecification, program: String, in values: EnvironmentContext, messageFile: String
  ) throws(LaunchRefusal) -> ProcessLaunch {
    let scratch = context.folders.scratch(pod: pod.uid)
    let volumes = PodVolumes(pod: pod, folders: context.folders)
    var mounts = MountTable()
    for mount in container.mounts {
      let volume = (pod.spec["volumes"]?.array ?? []).first { $0["name"]?.string == mount.volume }
      guard let volume, let folder = volumes.folder(of: volume) else {
        throw .configuration("volume \"\(mount.volume)\" of mount \(mount.path) is not in the pod's volumes")
      }
      mounts.add(mount.path, at: mount.subPath.map { folder + "/" + $0 } ?? folder)
    }
    let documents = mounts.json
    mounts.add(container.terminationMessagePath, at: messageFile)
    let access = values.hasAccess ? context.folders.access(pod: pod.uid) : nil
    if let access, mounts.folders[PodAccess.mountPath] == nil { mounts.add(PodAccess.mountPath, at: access) }

    var base = ["HOSTNAME": pod.name, "HOME": scratch]
    for name in ["PATH", "LD_LIBRARY_PATH", "TZ", "LANG"] {
      base[name] = ProcessInfo.processInfo.environment[name]
    }
    if let access { base.merge(context.access.environment(folder: access)) { $1 } }
    var environment = ContainerEnvironment(base: base)
    try environment.add(container, values)
    // What the cluster itself put in names real paths already, even where a mount path (such as /tmp) is a prefix.
    var variables = environment.variables
    for (name, value) in variables where base[name] != value { variables[name] = mounts.rewriting(value) }
    variables["APUS_MOUNTS"] = documents.text

    func expanded(_ words: [String]) -> [String] {
      words.map { mounts.rewriting(Expansion.expand($0, with: environment.variables)) }
    }
    let command = expanded(container.command)
    let arguments = expanded(container.arguments)
    var launch = ProcessLaunch(
      program: program, arguments: arguments, environment: variables, directory: scratch, mounts: mounts)
    if let first = command.first {
      let isHere = ProgramSearch.find(first, in: variables["PATH"], from: scratch) != nil
      launch.program = context.images.program(named: first).flatMap { isHere ? nil : $0 } ?? first
      launch.arguments = Array(command.dropFirst()) + arguments
    }
    if let directory = container.workingDirectory.map(mounts.rewriting),
      FileManager.default.fileExists(atPath: directory)
    {
      launch.directory = directory
    }
    return launch
  }

  // MARK: One run

  private func runOnce(_ container: ContainerSpecification, _ prepared: PreparedContainer, isInit: Bool) async
    -> Termination
  {
    let name = container.name
    await event(
      .normal, "Pulled", "Container image \"\(container.image)\" already present on machine", container: name)
    let identity = "process://\(pod.uid)/\(name)/\(prepared.attempt)"
    let kills = ProcessTable.outOfMemoryKills
    let process: ContainerProcess
    do {
      let log = try ContainerLog(
        path: context.folders.log(name, pod: pod.uid, attempt: prepared.attempt))
      logs[name] = log
      await event(.normal, "Created", "Created container: \(name)", container: name)
      process = try ContainerProcess.start(prepared.launch, log: log)
    } catch {
      await event(.warning, "Failed", "Error: failed to start container \"\(name)\": \(error.reason)", container: name)
      return Termination(
        exitCode: 128, reason: "StartError", message: "failed to start container: \(error.reason)", started: nil,
        finished: Date(), containerID: identity)
    }
    let folder = context.folders.container(name, pod: pod.uid)
    ProcessRecord(pid: process.pid, startTicks: process.startTicks).write(in: folder)
    processes[name] = process
    let hasStartup = container.probe(.startup) != nil
    let isReadyAtOnce = container.probe(.readiness) == nil && !hasStartup && !isInit
    change(name, isInit: isInit) {
      $0.state = .running(since: process.started)
      $0.containerID = identity
      $0.imageID = "program://\(context.images.program(for: container.image) ?? "")"
      $0.isStarted = !hasStartup
      $0.isReady = isReadyAtOnce
    }
    await event(.normal, "Started", "Started container \(name)", container: name)
    await publish()
    if isStopping { process.signal(SIGTERM) }
    if !isInit { probes[name] = Task { await self.probe(container, process, prepared.launch) } }
    let ending = await process.ending.value
    probes.removeValue(forKey: name)?.cancel()
    processes[name] = nil
    ProcessRecord.remove(from: folder)
    // What made a session of its own has not gone with the program.
    let mark = prepared.launch.environment[ContainerMark.variable]
    ProcessTable.kill(marked: { $0 == mark })
    let isOutOfMemory = ending.signal == Int(SIGKILL) && !isStopping && ProcessTable.outOfMemoryKills > kills
    return Termination(
      exitCode: ending.code, signal: ending.signal,
      reason: ending.code == 0 ? "Completed" : isOutOfMemory ? "OOMKilled" : "Error",
      message: message(of: container, prepared, ending), started: process.started, finished: ending.date,
      containerID: identity)
  }

  /// At most 4096 bytes of the container's message file, or the end of its log where it asks for that.
  private func message(
    of container: ContainerSpecification, _ prepared: PreparedContainer, _ ending: ProcessEnding
  ) -> String? {
    let handle = FileHandle(forReadingAtPath: prepared.messageFile)
    defer { try? handle?.close() }
    if let bytes = try? handle?.read(upToCount: 4_096), !bytes.isEmpty { return String(decoding: bytes, as: UTF8.self) }
    guard container.fallsBackToLogs, ending.code != 0 else { return nil }
    let lines = LogReader.lastLines(
      of: context.folders.log(container.name, pod: pod.uid, attempt: prepared.attempt))
    return lines.isEmpty ? nil : lines
  }

  /// SIGTERM, then SIGKILL when the grace period is over. `preStop` uses up part of that period.
  func stop(_ name: String, grace: Int, reason: String) async {
    guard let process = processes[name] else { return }
    await event(.normal, "Killing", reason, container: name)
    let deadline = ContinuousClock.now.advanced(by: .seconds(grace))
    let killer = Task {
      try? await Task.sleep(until: deadline, clock: .continuous)
      if !Task.isCancelled { process.signal(SIGKILL) }
    }
    if grace > 0, let container = ContainerSpecification.all(of: pod).first(where: { $0.name == name }),
      let hook = container.preStop
    {
      await performPreStop(hook, container, until: deadline)
    }
    process.signal(SIGTERM)
    _ = await process.ending.value
    killer.cancel()
  }

  private func performPreStop(
    _ hook: JSONValue, _ container: ContainerSpecification, until deadline: ContinuousClock.Instant
  ) async {
    if let seconds = hook[path: "sleep", "seconds"]?.integer {
      let end = min(deadline, ContinuousClock.now.advanced(by: .seconds(seconds)))
      try? await Task.sleep(until: end, clock: .continuous)
      return
    }
    guard let probe = ProbeSpecification(hook, container: container), let prepared = try? await prepareAgain(container)
    else { return }
    var limited = probe
    limited.timeout = max(.seconds(1), deadline - ContinuousClock.now)
    let result = await ProbeRun(probe: limited, address: address, exec: executor(container, prepared)).result()
    if case .failure(let why) = result {
      await event(.warning, "FailedPreStopHook", "PreStopHook failed: \(why)", container: container.name)
    }
  }

  /// What a command runs with that is executed beside the container's program.
  private func prepareAgain(_ container: ContainerSpecification) async throws(LaunchRefusal) -> ProcessLaunch {
    try launch(
      container, program: context.images.program(for: container.image) ?? "", in: await environmentContext(),
      messageFile: context.folders.container(container.name, pod: pod.uid) + "/exec.message")
  }
}
