import ControllerRuntime
import Exposition
import KubernetesClient
import KubernetesModel
import Logging
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing

let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

extension ScriptedTime {
  var source: TimeSource {
    TimeSource(
      monotonic: { self.now }, wall: { Timestamp(secondsSince1970: 1_800_000_000 + self.now.inSeconds) },
      sleep: { try await self.sleep($0) }, random: { 0.5 })
  }
}

/// An API in memory: what is applied, created or patched is kept; a script may refuse.
final class RecordingAPI: KubernetesAPI {
  typealias Answer = @Sendable (APIRequest) throws(KubernetesError) -> JSONValue?

  let fieldManager = "apus-operator"
  let answer: Answer
  private let seen = Mutex<[APIRequest]>([])

  init(_ answer: @escaping Answer = { (_) throws(KubernetesError) in nil }) { self.answer = answer }

  var requests: [APIRequest] { seen.withLock { $0 } }

  func perform(_ request: APIRequest) async throws(KubernetesError) -> JSONValue {
    seen.withLock { $0.append(request) }
    if let answer = try answer(request) { return answer }
    return (try? JSONValue(parsing: request.body)) ?? ["metadata": ["name": "x"]]
  }

  func open(_ request: APIRequest) async throws(KubernetesError) -> WatchStream { throw .cancelled }

  static func refusal(_ request: APIRequest, _ code: Int, _ reason: String) -> KubernetesError {
    .refused(APIRefusal(verb: request.verb, target: request.target, code: code, reason: reason, message: reason))
  }
}

@Suite("Controllers")
struct ControllerTests {
  let key = ObjectKey(namespace: "default", name: "income")

  /// Runs a controller while `body` looks on.
  func running(
    _ time: TimeSource = .system, timeout: Duration = .seconds(60), grace: Duration = .milliseconds(700),
    metrics: RuntimeMetrics = RuntimeMetrics(), workers: Int = 2, _ reconcile: @escaping Controller.Reconcile,
    _ body: (Controller) async throws -> Void
  ) async throws {
    let controller = Controller(
      name: "test", workers: workers, timeout: timeout, grace: grace, time: time, metrics: metrics, logger: quiet,
      reconcile: reconcile)
    let host = ControllerHost([controller], time: time, metrics: metrics, logger: quiet)
    let task = Task { try await host.run() }
    try await body(controller)
    task.cancel()
    _ = await task.result
  }

  @Test("A failure is tried again, a terminal error is not, a requeue comes back, and all are counted")
  func outcomes() async throws {
    let counts = Mutex<[String: Int]>([:])
    let metrics = RuntimeMetrics()
    try await running(metrics: metrics) { key, _ in
      let count = counts.withLock { counts in
        counts[key.name, default: 0] += 1
        return counts[key.name] ?? 0
      }
      switch key.name {
      case "flaky" where count < 4: throw KubernetesError.configuration("later")
      case "hopeless": throw TerminalError("bad spec")
      case "again" where count < 3: return .requeue(after: .milliseconds(2))
      default: return .done
      }
    } _: { controller in
      for name in ["flaky", "hopeless", "again"] { controller.queue.add(ObjectKey(namespace: "a", name: name)) }
      _ = try await eventually("all are through") {
        counts.withLock { $0 } == ["flaky": 4, "hopeless": 1, "again": 3] ? true : nil
      }
    }
    let text =
      await OperatorEndpoints(metrics: metrics, readiness: []).metrics(path: "/metrics", accept: nil)?.body ?? ""
    for line in [
      #"controller_runtime_reconcile_total{controller="test",result="success"} 2"#,
      #"controller_runtime_reconcile_total{controller="test",result="error"} 4"#,
      #"controller_runtime_reconcile_total{controller="test",result="requeue_after"} 2"#,
      #"controller_runtime_terminal_reconcile_errors_total{controller="test"} 1"#,
      #"workqueue_retries_total{name="test"} 3"#, #"workqueue_depth{name="test"} 0"#,
    ] { #expect(text.contains(line + "\n"), "\(line)") }
    #expect(metrics.registry.problems.isEmpty)
  }

  @Test(
    "What only a person can mend is tried again, but slowly",
    arguments: [(403, "Forbidden", true), (404, "NotFound", true), (500, "InternalError", false)])
  func refusals(code: Int, reason: String, isSlow: Bool) async throws {
    let time = ScriptedTime()
    let tries = Mutex(0)
    let request = APIRequest.list(ConfigMap.gvr)
    try await running(time.source, timeout: .seconds(3600)) { _, _ in
      tries.withLock { $0 += 1 }
      throw ApplyError.failed(RecordingAPI.refusal(request, code, reason))
    } _: { controller in
      controller.queue.add(key)
      _ = try await eventually("a first try") { tries.withLock { $0 } == 1 ? true : nil }
      let asked = Duration.seconds(30)
      _ = try await eventually("the pause") { time.slept.contains(isSlow ? asked : .milliseconds(5)) ? true : nil }
      time.advance(by: asked)
      _ = try await eventually("a second try") { tries.withLock { $0 } >= 2 ? true : nil }
    }
  }

  @Test("Never two reconciles of one key at once, however often it is added")
  func exclusive() async throws {
    let state = Mutex((busy: 0, most: 0, total: 0))
    try await running(workers: 4) { _, _ in
      state.withLock {
        $0.busy += 1; $0.most = max($0.most, $0.busy); $0.total += 1
      }
      await Task.yield()
      state.withLock { $0.busy -= 1 }
      return .done
    } _: { controller in
      for _ in 0..<200 {
        controller.queue.add(key)
        await Task.yield()
      }
      _ = try await eventually("the queue is empty") {
        controller.queue.depth == 0 && state.withLock { $0.busy == 0 && $0.total > 0 } ? true : nil
      }
    }
    let most = state.withLock { $0.most }
    #expect(most == 1)
  }

  @Test("A reconcile that hangs is cancelled at its time limit and tried again")
  func timeout() async throws {
    let time = ScriptedTime()
    let clock = time.running()
    defer { clock.cancel() }
    let standstill = ScriptedTime()
    let tries = Mutex(0)
    try await running(time.source, timeout: .seconds(60)) { _, _ in
      let count = tries.withLock {
        $0 += 1; return $0
      }
      if count == 1 { try await standstill.sleep(.seconds(1)) }
      return .done
    } _: { controller in
      controller.queue.add(key)
      _ = try await eventually("a second try") { tries.withLock { $0 } == 2 ? true : nil }
    }
  }

  @Test("A reconcile that ignores its cancellation loses its worker and keeps its key until it ends")
  func stubborn() async throws {
    let time = ScriptedTime()
    let gate = FirstRelease()
    let seen = Mutex<[String]>([])
    let metrics = RuntimeMetrics()
    try await running(time.source, timeout: .seconds(60), metrics: metrics, workers: 1) { key, _ in
      let count = seen.withLock { seen in
        seen.append(key.name)
        return seen.count { $0 == key.name }
      }
      // Waits for the gate whatever happens to its task.
      if key.name == "stubborn", count == 1 { await gate.wait() }
      return .done
    } _: { controller in
      controller.queue.add(ObjectKey(namespace: "a", name: "stubborn"))
      _ = try await eventually("it is at work") { seen.withLock { $0 } == ["stubborn"] ? true : nil }
      controller.queue.add(ObjectKey(namespace: "a", name: "other"))
      controller.queue.add(ObjectKey(namespace: "a", name: "stubborn"))
      let clock = time.running()
      _ = try await eventually("the other one has its turn") { seen.withLock { $0.contains("other") } ? true : nil }
      clock.cancel()
      #expect(seen.withLock { $0 } == ["stubborn", "other"])
      gate.open()
      _ = try await eventually("its key is free again") {
        seen.withLock { $0 } == ["stubborn", "other", "stubborn"] ? true : nil
      }
    }
    let page = await OperatorEndpoints(metrics: metrics, readiness: []).metrics(path: "/metrics", accept: nil)?.body
    #expect(page?.contains(#"controller_runtime_reconcile_timeouts_total{controller="test"} 1"#) == true)
  }

  @Test("Stopping lets a reconcile end, but not for ever")
  func grace() async throws {
    let standstill = ScriptedTime()
    let begun = Mutex(0)
    let ended = Mutex<[String]>([])
    try await running(grace: .milliseconds(100)) { key, _ in
      begun.withLock { $0 += 1 }
      if key.name == "short" {
        await Task.yield()
        ended.withLock { $0.append("short") }
      } else {
        do { try await standstill.sleep(.seconds(1)) } catch { ended.withLock { $0.append("cancelled") } }
      }
      return .done
    } _: { controller in
      controller.queue.add(ObjectKey(namespace: "a", name: "short"))
      controller.queue.add(ObjectKey(namespace: "a", name: "long"))
      _ = try await eventually("both have begun") { begun.withLock { $0 == 2 } ? true : nil }
      _ = try await eventually("the short one has ended") { ended.withLock { $0.contains("short") } ? true : nil }
    }
    #expect(ended.withLock { $0 } == ["short", "cancelled"])
  }

  @Test("Workers wait for every cache; where one does not fill in two minutes the process ends and says which and why")
  func syncing() async throws {
    let time = ScriptedTime()
    let isRefused = Mutex(true)
    let api = RecordingAPI { (request) throws(KubernetesError) in
      let refuses = request.target.resource == Job.gvr && isRefused.withLock { $0 }
      if refuses { throw RecordingAPI.refusal(request, 403, "Forbidden") }
      return request.verb == .list ? ["metadata": ["resourceVersion": "1"], "items": []] : nil
    }
    let begun = Mutex(0)
    func host() -> ControllerHost {
      let metrics = RuntimeMetrics()
      let controller = Controller(name: "test", time: time.source, metrics: metrics, logger: quiet) { _, _ in
        begun.withLock { $0 += 1 }
        return .done
      }
      controller.watch(Informer(api, ObjectKind<ConfigMap>.typed, time: time.source, logger: quiet))
      controller.watch(Informer(api, ObjectKind<Job>.typed, time: time.source, logger: quiet))
      controller.queue.add(key)
      return ControllerHost([controller], time: time.source, metrics: metrics, logger: quiet)
    }
    let clock = time.running()
    defer { clock.cancel() }
    let failing = host()
    let error = await #expect(throws: CachesNotSynced.self) { try await failing.run() }
    #expect(time.now >= .seconds(120) && begun.withLock { $0 } == 0)
    #expect(error?.missing.count == 1 && error?.description.contains("jobs.batch: list jobs.batch: Forbidden") == true)
    isRefused.withLock { $0 = false }
    let working = host()
    let run = Task { try await working.run() }
    _ = try await eventually("the key is worked on") { begun.withLock { $0 } == 1 ? true : nil }
    #expect(working.isReady)
    run.cancel()
    _ = await run.result
  }

  @Test("A graceful shutdown ends host and recorder; what was recorded can be waited for")
  func shutdown() async throws {
    let metrics = RuntimeMetrics()
    let controller = Controller(name: "test", metrics: metrics, logger: quiet) { _, _ in .done }
    let api = RecordingAPI()
    let recorder = EventRecorder(api, reporter: "r", instance: "i", metrics: metrics, logger: quiet)
    let host = ControllerHost([controller], events: recorder, metrics: metrics, logger: quiet)
    let group = ServiceGroup(services: [recorder, host], logger: quiet)
    let task = Task { try await group.run() }
    _ = try await eventually("the controllers are at work") { host.isLeading ? true : nil }
    let regarding = ObjectReference(apiVersion: "v1", kind: "Pod", namespace: "a", name: "p", uid: "u")
    for number in 0..<20 { recorder.record(Announcement(regarding, reason: "R", action: "A", note: "\(number)")) }
    // The host waits for a moment only, which a busy machine may not keep; hence this longer wait.
    await recorder.drain(within: .seconds(30))
    #expect(api.requests.count == 20)
    await group.triggerGracefulShutdown()
    try await task.value
    #expect(!host.isLeading)
  }

  @Test("Changes of owned objects reconcile their owner, of that kind and group only")
  func owners() async throws {
    func job(_ name: String, owner: String, kind: String, controller: Bool) -> JSONValue {
      [
        "metadata": [
          "name": .string(name), "namespace": "a", "uid": .string(name), "resourceVersion": "1",
          "ownerReferences": [
            [
              "apiVersion": "apus.dev/v1alpha1", "kind": .string(kind), "name": .string(owner), "uid": "u",
              "controller": .bool(controller),
            ]
          ],
        ]
      ]
    }
    let informer = Informer(RecordingAPI(), ObjectKind<Job>.typed, logger: quiet)
    let seen = Mutex<[String]>([])
    try await running { key, _ in
      seen.withLock { $0.append(key.name) }
      return .done
    } _: { _ in
    }
    let controller = Controller(name: "other", metrics: RuntimeMetrics(), logger: quiet) { _, _ in .done }
    controller.owns(informer, by: GroupVersionKind(group: "apus.dev", version: "v1beta1", kind: "ModelDeployment"))
    informer.note(job("one", owner: "income", kind: "ModelDeployment", controller: true))
    informer.note(job("two", owner: "other", kind: "MonitoringPolicy", controller: true))
    informer.note(job("three", owner: "loose", kind: "ModelDeployment", controller: false))
    #expect(controller.queue.depth == 1)
    #expect(informer.store.objects(.ownedBy("u")).count == 3)
  }
}

/// Lets go once, and does not care for cancellation.
private final class FirstRelease: Sendable {
  private let state = Mutex<(isOpen: Bool, waiting: CheckedContinuation<Void, Never>?)>((false, nil))

  func wait() async {
    await withCheckedContinuation { continuation in
      let isOpen = state.withLock { state in
        if !state.isOpen { state.waiting = continuation }
        return state.isOpen
      }
      if isOpen { continuation.resume() }
    }
  }

  func open() {
    state.withLock { state in
      state.isOpen = true
      defer { state.waiting = nil }
      return state.waiting
    }?.resume()
  }
}
