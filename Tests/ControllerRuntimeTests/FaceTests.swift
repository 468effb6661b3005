import ControllerRuntime
import KubernetesClient
import KubernetesModel
import Logging
import Synchronization
import TestSupport
import Testing

@Suite("The operator's face")
struct FaceTests {
  @Test("Health and readiness, as a whole, check by check, with a list, without one")
  func health() {
    let problem = Mutex<String?>("jobs.batch: no permission")
    let endpoints = OperatorEndpoints(
      metrics: RuntimeMetrics(), readiness: [.init("informer-sync") { problem.withLock { $0 } }])
    #expect(endpoints.health(path: "/healthz")?.body == "ok\n")
    #expect(endpoints.health(path: "/livez/ping")?.status == 200)
    #expect(
      endpoints.health(path: "/readyz")?.body
        == "[+]ping ok\n[-]informer-sync failed: jobs.batch: no permission\nreadyz check failed\n")
    #expect(endpoints.health(path: "/readyz/ping")?.status == 200)
    #expect(endpoints.health(path: "/readyz/informer-sync")?.status == 503)
    #expect(endpoints.health(path: "/readyz", query: "exclude=informer-sync")?.status == 200)
    problem.withLock { $0 = nil }
    #expect(endpoints.health(path: "/readyz")?.body == "ok\n")
    #expect(
      endpoints.health(path: "/readyz", query: "verbose")?.body
        == "[+]ping ok\n[+]informer-sync ok\nreadyz check passed\n")
    for path in ["/other", "/", "/readyz/other", "/healthz/ping/more"] {
      #expect(endpoints.health(path: path) == nil, "\(path)")
    }
  }

  /// Becomes true at the second look.
  final class SlowCondition: Precondition {
    let name = "schema"
    let looks = Mutex(0)
    var problem: String? { looks.withLock { $0 < 2 } ? "the schema is old; apply the new one" : nil }

    func look() async -> Duration {
      looks.withLock { $0 += 1 }
      return .milliseconds(20)
    }
  }

  @Test("What works and should be changed is shown where readiness is verbose, and fails nothing")
  func warning() {
    let check = OperatorEndpoints.Check("storage", warning: { "the URL holds a password" }, problem: { nil })
    let endpoints = OperatorEndpoints(metrics: RuntimeMetrics(), readiness: [check])
    #expect(endpoints.health(path: "/readyz")?.body == "ok\n")
    let verbose = endpoints.health(path: "/readyz", query: "verbose")
    #expect(verbose?.status == 200)
    #expect(
      verbose?.body == "[+]ping ok\n[+]storage ok, but the URL holds a password\nreadyz check passed\n")
  }

  @Test("A precondition is a check of its own, looked at before the controllers start and as often as it asks")
  func precondition() async throws {
    let condition = SlowCondition()
    let metrics = RuntimeMetrics()
    let looks = Mutex<Int?>(nil)
    let controller = Controller(name: "c", metrics: metrics, logger: quiet) { _, _ in
      let seen = condition.looks.withLock { $0 }
      looks.withLock { $0 = $0 ?? seen }
      return .done
    }
    controller.queue.add(ObjectKey(namespace: "n", name: "o"))
    let host = ControllerHost([controller], preconditions: [condition], metrics: metrics, logger: quiet)
    let endpoints = OperatorEndpoints(host, metrics: metrics)
    #expect(
      endpoints.health(path: "/readyz")?.body
        == "[+]ping ok\n[+]informer-sync ok\n[-]schema failed: the schema is old; apply the new one\nreadyz check failed\n"
    )
    #expect(endpoints.health(path: "/healthz")?.status == 200)
    let run = Task { try await host.run() }
    let first = try await eventually("the key is worked on") { looks.withLock { $0 } }
    #expect(first >= 1)
    _ = try await eventually("it is looked at again") { condition.looks.withLock { $0 } > 3 ? true : nil }
    #expect(endpoints.health(path: "/readyz/schema")?.body == "ok\n")
    run.cancel()
    _ = await run.result
  }

  @Test("Every metric that dashboards know is there from the start, at 0, with its labels")
  func metricsFromTheStart() async throws {
    let metrics = RuntimeMetrics()
    metrics.expectRequests(to: "api:443")
    let controller = Controller(name: "c", workers: 3, metrics: metrics, logger: quiet) { _, _ in .done }
    let informer = Informer(RecordingAPI(), ObjectKind<ConfigMap>.typed, logger: quiet)
    controller.watch(informer)
    let elector = LeaderElector(RecordingAPI(), namespace: "n", name: "l", identity: "me", logger: quiet)
    let host = ControllerHost([controller], elector: elector, metrics: metrics, logger: quiet)
    let own = metrics.counter("own_things_total", help: "Things.", labels: ["kind"])
    own.increment(by: 0, "a")
    let gauge = metrics.gauge("own_level", help: "Level.", labels: ["kind"])
    gauge.set(2, "a")
    gauge.set(1, "b")
    gauge.remove("b")
    let page = await OperatorEndpoints(host, metrics: metrics).metrics(path: "/metrics", accept: nil)?.body ?? ""
    let lines = Set(page.split(separator: "\n").map(String.init))
    for line in [
      #"controller_runtime_reconcile_total{controller="c",result="success"} 0"#,
      #"controller_runtime_reconcile_total{controller="c",result="error"} 0"#,
      #"controller_runtime_reconcile_total{controller="c",result="requeue_after"} 0"#,
      #"controller_runtime_reconcile_errors_total{controller="c"} 0"#,
      #"controller_runtime_reconcile_time_seconds_count{controller="c"} 0"#,
      #"controller_runtime_active_workers{controller="c"} 0"#,
      #"controller_runtime_max_concurrent_reconciles{controller="c"} 3"#, #"workqueue_depth{name="c"} 0"#,
      #"workqueue_adds_total{name="c"} 0"#, #"workqueue_queue_duration_seconds_count{name="c"} 0"#,
      #"workqueue_work_duration_seconds_count{name="c"} 0"#, #"workqueue_unfinished_work_seconds{name="c"} 0"#,
      #"workqueue_longest_running_processor_seconds{name="c"} 0"#, #"workqueue_retries_total{name="c"} 0"#,
      #"rest_client_requests_total{code="200",method="GET",host="api:443"} 0"#,
      #"rest_client_request_duration_seconds_count{verb="get",host="api:443"} 0"#,
      #"leader_election_master_status{name="l"} 0"#,
      #"kubernetes_informer_watch_restarts_total{resource="configmaps"} 0"#,
      #"kubernetes_informer_relists_total{resource="configmaps"} 0"#,
      #"kubernetes_informer_objects{resource="configmaps"} 0"#, #"own_things_total{kind="a"} 0"#,
      #"own_level{kind="a"} 2"#,
    ] { #expect(lines.contains(line), "\(line)") }
    #expect(!page.contains(#"own_level{kind="b"}"#) && metrics.problems.isEmpty)
  }
}

@Suite("Protected metrics")
struct MetricsGateTests {
  /// Knows two tokens, of whom one may read; everything else is nobody.
  private func api() -> RecordingAPI {
    RecordingAPI { (request) throws(KubernetesError) in
      let spec = (try? JSONValue(parsing: request.body))?["spec"]
      if request.path.hasSuffix("/tokenreviews") {
        let name = spec?["token"]?.string ?? ""
        guard ["scraper", "person"].contains(name) else { return ["status": ["authenticated": false]] }
        return [
          "status": ["authenticated": true, "user": ["username": .string(name), "uid": "u", "groups": ["g"]]]
        ]
      }
      let mayRead =
        spec?["user"] == "scraper" && spec?["groups"] == ["g"] && spec?["uid"] == "u"
        && spec?["nonResourceAttributes"] == ["path": "/metrics", "verb": "get"]
      return ["status": ["allowed": .bool(mayRead)]]
    }
  }

  @Test("Who may read is asked of the API server, once a minute for each token")
  func asked() async {
    let time = ScriptedTime()
    let api = api()
    let gate = MetricsGate(api, time: time.source)
    for _ in 0..<3 { #expect(await gate.verdict("Bearer scraper", path: "/metrics") == .allowed) }
    #expect(
      api.requests.map(\.path) == [
        "/apis/authentication.k8s.io/v1/tokenreviews", "/apis/authorization.k8s.io/v1/subjectaccessreviews",
      ])
    time.advance(by: .seconds(60))
    #expect(await gate.verdict("bearer scraper", path: "/metrics") == .allowed)
    #expect(api.requests.count == 4)
  }

  @Test("Others are refused, and asked about again after ten seconds")
  func refused() async {
    let time = ScriptedTime()
    let api = api()
    let gate = MetricsGate(api, time: time.source)
    #expect(await gate.verdict(nil, path: "/metrics") == .unauthenticated)
    #expect(await gate.verdict("Basic eA==", path: "/metrics") == .unauthenticated)
    #expect(await gate.verdict("Bearer ", path: "/metrics") == .unauthenticated)
    #expect(api.requests.isEmpty)
    #expect(await gate.verdict("Bearer nobody", path: "/metrics") == .unauthenticated)
    #expect(await gate.verdict("Bearer person", path: "/metrics") == .forbidden(user: "person"))
    #expect(await gate.verdict("Bearer person", path: "/metrics") == .forbidden(user: "person"))
    #expect(api.requests.count == 3)
    time.advance(by: .seconds(10))
    #expect(await gate.verdict("Bearer person", path: "/metrics") == .forbidden(user: "person"))
    #expect(api.requests.count == 5)
  }

  @Test("Where nobody can be asked nobody is let in, and nothing is remembered; answers say what to do")
  func answers() async {
    let isAway = Mutex(true)
    let inner = api()
    let api = RecordingAPI { (request) throws(KubernetesError) in
      if isAway.withLock({ $0 }) { throw RecordingAPI.refusal(request, 500, "InternalError") }
      return try inner.answer(request)
    }
    let endpoints = OperatorEndpoints(metrics: RuntimeMetrics(), gate: MetricsGate(api), readiness: [])
    func get(_ authorization: String?) async -> OperatorEndpoints.Answer? {
      await endpoints.metrics(path: "/metrics", accept: nil, authorization: authorization)
    }
    #expect(await get("Bearer scraper")?.status == 503)
    isAway.withLock { $0 = false }
    let page = await get("Bearer scraper")
    #expect(page?.status == 200 && page?.body.contains("controller_runtime_events_total") == true)
    let nobody = await get(nil)
    #expect(nobody?.status == 401 && nobody?.challenge == "Bearer")
    let person = await get("Bearer person")
    #expect(person?.status == 403 && person?.body == "person may not get /metrics\n")
    #expect(await endpoints.metrics(path: "/other", accept: nil) == nil)
  }
}
