import ControllerRuntime
import KubernetesClient
import KubernetesModel
import Logging
import Synchronization
import TestSupport
import Testing

@Suite("Writing")
struct WritingTests {
  let owner = OwnerReference(apiVersion: "apus.dev/v1alpha1", kind: "ModelDeployment", name: "income", uid: "u1")
  let desired: JSONValue = [
    "apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "income"], "data": ["k": "v"],
  ]

  func notFound() -> RecordingAPI {
    RecordingAPI { (request) throws(KubernetesError) in
      if request.verb == .get { throw RecordingAPI.refusal(request, 404, "NotFound") }
      return nil
    }
  }

  @Test("A new object is created with its owner; the same intent is not written again")
  func apply() async throws {
    let api = notFound()
    let applier = Applier(api)
    let first = try await applier.apply(desired, ConfigMap.gvr, namespace: "a", live: nil, owner: owner)
    guard case .created(let live) = first else { throw KubernetesError.cancelled }
    #expect(live[path: "metadata", "namespace"] == "a")
    #expect(live["metadata"]?["ownerReferences"]?[0]?["uid"] == "u1")
    let count = api.requests.count
    let second = try await applier.apply(desired, ConfigMap.gvr, namespace: "a", live: live, owner: owner)
    #expect(second == .unchanged(live))
    #expect(api.requests.count == count)
  }

  @Test("A field that was changed by others, or is no longer desired, is written")
  func drift() async throws {
    let applier = Applier(notFound())
    let live = try await applier.apply(desired, ConfigMap.gvr, namespace: "a", live: nil, owner: owner).object
    var edited = live
    edited.set("other", at: ["data", "k"])
    guard case .changed = try await applier.apply(desired, ConfigMap.gvr, namespace: "a", live: edited, owner: owner)
    else { throw KubernetesError.cancelled }
    var smaller = desired
    smaller["data"] = nil
    guard case .changed = try await applier.apply(smaller, ConfigMap.gvr, namespace: "a", live: live, owner: owner)
    else { throw KubernetesError.cancelled }
  }

  @Test("Another's object is never touched")
  func foreign() async throws {
    let api = notFound()
    var theirs: JSONValue = ["metadata": ["name": "income", "namespace": "a"], "data": [:]]
    await #expect(throws: ApplyError.self) {
      try await Applier(api).apply(desired, ConfigMap.gvr, namespace: "a", live: theirs, owner: owner)
    }
    theirs.set(
      [["apiVersion": "v1", "kind": "Other", "name": "o", "uid": "u2", "controller": true]],
      at: ["metadata", "ownerReferences"])
    let error = await #expect(throws: ApplyError.self) {
      try await Applier(api).apply(desired, ConfigMap.gvr, namespace: "a", live: theirs, owner: owner)
    }
    #expect(error == .foreign(APITarget(ConfigMap.self, namespace: "a", name: "income"), owner: "Other o"))
    #expect(api.requests.isEmpty)
    // Its owner was deleted and made again: another owner of the same name.
    let orphan = try await Applier(notFound()).apply(desired, ConfigMap.gvr, namespace: "a", live: nil, owner: owner)
      .object
    var heir = owner
    heir.uid = "u9"
    await #expect(throws: ApplyError.self) {
      try await Applier(api).apply(desired, ConfigMap.gvr, namespace: "a", live: orphan, owner: heir)
    }
    #expect(api.requests.isEmpty)
  }

  @Test("What cannot be changed is deleted in the foreground and made anew when it is gone, where that is wanted")
  func immutable() async throws {
    let api = RecordingAPI { (request) throws(KubernetesError) in
      guard request.verb == .apply else { return ["kind": "Status"] }
      throw .refused(
        APIRefusal(
          verb: .apply, target: request.target, code: 422, reason: "Invalid",
          message: "Job.batch \"income\" is invalid: spec.template: Invalid value: …: field is immutable"))
    }
    let applier = Applier(api)
    var live = try await Applier(notFound()).apply(desired, ConfigMap.gvr, namespace: "a", live: nil, owner: owner)
      .object
    live.set("u7", at: ["metadata", "uid"])
    live.set("old", at: ["data", "k"])
    await #expect(throws: ApplyError.self) {
      try await applier.apply(desired, ConfigMap.gvr, namespace: "a", live: live, owner: owner)
    }
    #expect(api.requests.map(\.verb) == [.apply])
    let replaced = try await applier.apply(
      desired, ConfigMap.gvr, namespace: "a", live: live, owner: owner, immutable: .replace)
    #expect(replaced == .replacing(live))
    let options = try JSONValue(parsing: api.requests[2].body)
    #expect(options["propagationPolicy"] == "Foreground" && options[path: "preconditions", "uid"] == "u7")
    // While it goes nothing is written.
    live.set("2026-11-21T23:20:00Z", at: ["metadata", "deletionTimestamp"])
    let going = try await applier.apply(
      desired, ConfigMap.gvr, namespace: "a", live: live, owner: owner, immutable: .replace)
    #expect(going == .replacing(live) && api.requests.count == 3)
  }

  @Test("A status is written only when it says something else, and what is gone becomes null")
  func status() async throws {
    let api = RecordingAPI()
    var job = Job(metadata: ObjectMeta(name: "j", namespace: "a"))
    job.metadata.resourceVersion = "7"
    var live = Job.Status()
    live.active = 1
    live.failed = 2
    job.status = live
    #expect(try await api.writeStatus(["active": 1, "failed": 2, "conditions": [], "x": .null], of: job) == nil)
    #expect(api.requests.isEmpty)
    _ = try await api.writeStatus(["active": 0], of: job)
    let request = try #require(api.requests.first)
    #expect(request.path.hasSuffix("/jobs/j/status"))
    #expect(
      try JSONValue(parsing: request.body)
        == ["metadata": ["resourceVersion": "7"], "status": ["active": 0, "failed": .null]])
  }

  @Test("Finalizers: added once, never while deleting, removed with a test")
  func finalizers() async throws {
    let api = RecordingAPI()
    var map = ConfigMap(metadata: ObjectMeta(name: "m", namespace: "a", finalizers: ["other"]))
    _ = try await api.addFinalizer("apus.dev/x", to: map)
    #expect(try JSONValue(parsing: api.requests[0].body)["metadata"]?["finalizers"] == ["other", "apus.dev/x"])
    map.metadata.finalizers.append("apus.dev/x")
    #expect(try await api.addFinalizer("apus.dev/x", to: map) == nil)
    try await api.removeFinalizer("apus.dev/x", from: map)
    #expect(
      try JSONValue(parsing: api.requests[1].body)[0]
        == ["op": "test", "path": "/metadata/finalizers/1", "value": "apus.dev/x"])
    map.metadata.finalizers = []
    map.metadata.deletionTimestamp = Timestamp(secondsSince1970: 0)
    #expect(try await api.addFinalizer("apus.dev/x", to: map) == nil)
    #expect(api.requests.count == 2)
    let gone = RecordingAPI { (request) throws(KubernetesError) in throw RecordingAPI.refusal(request, 404, "NotFound")
    }
    map.metadata.finalizers = ["apus.dev/x"]
    try await gone.removeFinalizer("apus.dev/x", from: map)
  }
}

@Suite("Events")
struct EventTests {
  let regarding = ObjectReference(apiVersion: "v1", kind: "Pod", namespace: "a", name: "p", uid: "u")

  @Test("Repetitions become a series; other notes are other events; a server that is away for a moment gets them later")
  func series() async throws {
    let time = ScriptedTime()
    let clock = time.running()
    defer { clock.cancel() }
    // Each look at the clock is a moment later.
    let moment = Mutex(0.0)
    var source = time.source
    source.wall = {
      moment.withLock {
        $0 += 0.001; return Timestamp(secondsSince1970: 1_800_000_000 + $0)
      }
    }
    let isFirst = Mutex(true)
    let api = RecordingAPI { (request) throws(KubernetesError) in
      let refuses = isFirst.withLock { flag in
        defer { flag = false }
        return flag
      }
      if refuses { throw RecordingAPI.refusal(request, 500, "InternalError") }
      return request.verb == .patch ? ["metadata": ["name": "x"]] : nil
    }
    let recorder = EventRecorder(
      api, reporter: "apus.dev/operator", instance: "pod-1", time: source, metrics: RuntimeMetrics(), logger: quiet
    )
    let task = Task { try await recorder.run() }
    let announcement = Announcement(regarding, reason: "Trained", action: "Train", note: "v1 is ready")
    for _ in 0..<4 { recorder.record(announcement) }
    recorder.record(Announcement(regarding, .warning, reason: "Trained", action: "Train", note: "v2 is ready"))
    _ = try await eventually("all are written") { api.requests.count == 6 ? true : nil }
    task.cancel()
    _ = await task.result
    #expect(api.requests.map(\.verb) == [.create, .create, .patch, .patch, .patch, .create])
    #expect(api.requests[0].body == api.requests[1].body)
    let event = try JSONValue(parsing: api.requests[1].body).decode(as: Event.self)
    #expect(event.regarding?.uid == "u" && event.type == "Normal" && event.reportingController == "apus.dev/operator")
    #expect(event.reportingInstance == "pod-1" && event.metadata.namespace == "a")
    #expect(event.metadata.name?.hasPrefix("p.") == true)
    #expect(try JSONValue(parsing: api.requests[4].body)["series"]?["count"] == 4)
  }

  @Test(
    "An Event that is refused for good, or that was written and not answered, holds nothing up",
    arguments: [(422, "Invalid", "failed"), (409, "AlreadyExists", "sent")])
  func refused(code: Int, reason: String, result: String) async throws {
    let api = RecordingAPI { (request) throws(KubernetesError) in throw RecordingAPI.refusal(request, code, reason) }
    let metrics = RuntimeMetrics()
    let recorder = EventRecorder(api, reporter: "r", instance: "i", metrics: metrics, logger: quiet)
    let task = Task { try await recorder.run() }
    defer { task.cancel() }
    for number in 0..<3 { recorder.record(Announcement(regarding, reason: "R", action: "A", note: "\(number)")) }
    let endpoints = OperatorEndpoints(metrics: metrics, readiness: [])
    _ = try await eventually("all three have had their try") {
      await endpoints.metrics(path: "/metrics", accept: nil)?.body
        .contains("controller_runtime_events_total{result=\"\(result)\"} 3") == true ? true : nil
    }
    #expect(api.requests.count == 3)
  }

  @Test("One object cannot flood the server")
  func flood() async throws {
    let api = RecordingAPI()
    let metrics = RuntimeMetrics()
    let recorder = EventRecorder(
      api, reporter: "r", instance: "i", time: ScriptedTime().source, metrics: metrics, logger: quiet)
    let task = Task { try await recorder.run() }
    for number in 0..<60 { recorder.record(Announcement(regarding, reason: "R", action: "A", note: "\(number)")) }
    let endpoints = OperatorEndpoints(metrics: metrics, readiness: [])
    _ = try await eventually("35 are dropped") {
      await endpoints.metrics(path: "/metrics", accept: nil)?.body
        .contains(#"controller_runtime_events_total{result="dropped"} 35"#) == true ? true : nil
    }
    task.cancel()
    _ = await task.result
    #expect(api.requests.count == 25)
  }
}
