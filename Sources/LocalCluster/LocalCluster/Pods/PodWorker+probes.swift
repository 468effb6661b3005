internal import Foundation
internal import KubernetesModel

extension PodWorker {
  /// Probes a running container: the startup probe alone first, then readiness and liveness side by side.
  func probe(_ container: ContainerSpecification, _ process: ContainerProcess, _ launch: ProcessLaunch) async {
    if let startup = container.probe(.startup) {
      guard await awaitStart(startup, container, launch) else { return }
      change(container.name) {
        $0.isStarted = true
        $0.isReady = container.probe(.readiness) == nil
      }
      await publish()
    }
    await withTaskGroup(of: Void.self) { group in
      if let readiness = container.probe(.readiness) {
        group.addTask { await self.watchReadiness(readiness, container, launch) }
      }
      if let liveness = container.probe(.liveness) {
        group.addTask { await self.watchLiveness(liveness, container, launch) }
      }
    }
  }

  private func awaitStart(
    _ probe: ProbeSpecification, _ container: ContainerSpecification, _ launch: ProcessLaunch
  ) async -> Bool {
    var tally = ProbeTally(probe)
    try? await Task.sleep(for: probe.initialDelay)
    while !Task.isCancelled {
      let verdict = tally.count(await look(.startup, probe, container, launch))
      if verdict == true { return true }
      if verdict == false {
        await restart(container, .startup, probe)
        return false
      }
      try? await Task.sleep(for: probe.period)
    }
    return false
  }

  /// Until a container is ready for the first time it is asked every second, however long the period is: nobody wants to
  /// wait ten seconds for a program that needs half a second. Only the looks at the period's end are counted as failures.
  private func watchReadiness(
    _ probe: ProbeSpecification, _ container: ContainerSpecification, _ launch: ProcessLaunch
  ) async {
    var tally = ProbeTally(probe)
    var countsAt = ContinuousClock.now.advanced(by: probe.initialDelay + probe.period)
    try? await Task.sleep(for: probe.initialDelay)
    var wasReady = false
    while !Task.isCancelled {
      let counts = wasReady || ContinuousClock.now >= countsAt
      let isSuccess = await look(.readiness, probe, container, launch, quietly: !counts)
      if Task.isCancelled { return }
      if counts { countsAt = .now.advanced(by: probe.period) }
      if isSuccess || counts, let verdict = tally.count(isSuccess) {
        wasReady = wasReady || verdict
        if record(container.name)?.isReady != verdict {
          change(container.name) { $0.isReady = verdict && $0.isRunning }
          await publish()
        }
      }
      try? await Task.sleep(for: wasReady ? probe.period : min(probe.period, .milliseconds(500)))
    }
  }

  private func watchLiveness(
    _ probe: ProbeSpecification, _ container: ContainerSpecification, _ launch: ProcessLaunch
  ) async {
    var tally = ProbeTally(probe)
    try? await Task.sleep(for: probe.initialDelay)
    while !Task.isCancelled {
      if tally.count(await look(.liveness, probe, container, launch)) == false {
        await restart(container, .liveness, probe)
        return
      }
      try? await Task.sleep(for: probe.period)
    }
  }

  private func look(
    _ kind: ProbeKind, _ probe: ProbeSpecification, _ container: ContainerSpecification, _ launch: ProcessLaunch,
    quietly: Bool = false
  ) async -> Bool {
    let result = await ProbeRun(probe: probe, address: address, exec: executor(container, launch)).result()
    guard case .failure(let why) = result else { return true }
    if !quietly, !Task.isCancelled, !isStopping {
      await event(.warning, "Unhealthy", "\(kind.title) probe failed: \(why)", container: container.name)
    }
    return false
  }

  private func restart(_ container: ContainerSpecification, _ kind: ProbeKind, _ probe: ProbeSpecification) async {
    guard !Task.isCancelled, !isStopping else { return }
    let grace = probe.gracePeriod ?? pod.spec["terminationGracePeriodSeconds"]?.integer ?? 30
    // In a task of its own: the probing task ends with the process that is stopped here.
    Task {
      await self.stop(
        container.name, grace: grace,
        reason: "Container \(container.name) failed \(kind.rawValue) probe, will be restarted")
    }
  }

  /// Runs a command with the container's environment, folder and mounts.
  nonisolated func executor(_ container: ContainerSpecification, _ launch: ProcessLaunch)
    -> @Sendable ([String], Duration) async -> ProbeResult
  {
    let log = context.folders.state + "/pods"
    return { command, timeout in
      guard let program = command.first else { return .failure("the command is empty") }
      var launch = launch
      launch.program = launch.mounts.rewriting(program)
      launch.arguments = command.dropFirst().map(launch.mounts.rewriting)
      let path = "\(log)/exec-\(UUID().uuidString).log"
      defer { try? FileManager.default.removeItem(atPath: path) }
      do throws(SpawnFailure) {
        let process = try ContainerProcess.start(launch, log: try ContainerLog(path: path))
        let killer = Task {
          try await Task.sleep(for: timeout)
          process.signal(SIGKILL)
        }
        let ending = await process.ending.value
        killer.cancel()
        if ending.code == 0 { return .success }
        if ending.signal == Int(SIGKILL) { return .failure("command timed out: \(command) timed out after \(timeout)") }
        return .failure(LogReader.lastLines(of: path))
      } catch {
        return .failure(error.reason)
      }
    }
  }
}
