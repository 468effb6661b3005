import KubernetesModel
package import Exposition
public import KubernetesClient

/// The runtime's metrics, under the names that controller-runtime and client-go have given them, all from 0.
public final class RuntimeMetrics: Sendable {
  package let registry: MetricsRegistry

  let reconciles: MetricFamily<Counter>
  let reconcileErrors: MetricFamily<Counter>
  let terminalErrors: MetricFamily<Counter>
  let timeouts: MetricFamily<Counter>
  let reconcileTime: MetricFamily<Histogram>
  let activeWorkers: MetricFamily<Gauge>
  let maximumWorkers: MetricFamily<Gauge>
  let leading: MetricFamily<Gauge>
  let events: MetricFamily<Counter>
  private let requests: MetricFamily<Counter>
  private let requestTime: MetricFamily<Histogram>
  private let queueDepth: MetricFamily<Gauge>
  private let queueAdds: MetricFamily<Counter>
  private let queueTime: MetricFamily<Histogram>
  private let workTime: MetricFamily<Histogram>
  private let unfinished: MetricFamily<Gauge>
  private let longest: MetricFamily<Gauge>
  private let retries: MetricFamily<Counter>
  private let lists: MetricFamily<Counter>
  private let watches: MetricFamily<Counter>
  private let watchFailures: MetricFamily<Counter>
  private let undecodable: MetricFamily<Counter>
  private let relists: MetricFamily<Counter>
  private let watchRestarts: MetricFamily<Counter>
  private let cached: MetricFamily<Gauge>

  public convenience init() { self.init(MetricsRegistry()) }

  package init(_ registry: MetricsRegistry) {
    self.registry = registry
    let controller = ["controller"]
    reconciles = registry.counter(
      "controller_runtime_reconcile_total", help: "Reconciles by their result.", labels: controller + ["result"])
    reconcileErrors = registry.counter(
      "controller_runtime_reconcile_errors_total", help: "Reconciles that failed.", labels: controller)
    terminalErrors = registry.counter(
      "controller_runtime_terminal_reconcile_errors_total", help: "Reconciles that failed and are not tried again.",
      labels: controller)
    timeouts = registry.counter(
      "controller_runtime_reconcile_timeouts_total", help: "Reconciles that took too long.", labels: controller)
    reconcileTime = registry.histogram(
      "controller_runtime_reconcile_time_seconds", help: "Time of one reconcile.", labels: controller,
      bounds: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60])
    activeWorkers = registry.gauge(
      "controller_runtime_active_workers", help: "Workers that are busy.", labels: controller)
    maximumWorkers = registry.gauge(
      "controller_runtime_max_concurrent_reconciles", help: "Workers there are.", labels: controller)
    leading = registry.gauge(
      "leader_election_master_status", help: "1 where this process leads, else 0.", labels: ["name"])
    events = registry.counter(
      "controller_runtime_events_total", help: "Events by what became of them.", labels: ["result"])
    requests = registry.counter(
      "rest_client_requests_total", help: "Requests to the API server.", labels: ["code", "method", "host"])
    requestTime = registry.histogram(
      "rest_client_request_duration_seconds", help: "Time until an answer's head or body.", labels: ["verb", "host"])
    let name = ["name"]
    let durations = Histogram.exponential(start: 1e-5, factor: 10, count: 8)
    queueDepth = registry.gauge("workqueue_depth", help: "Keys that wait.", labels: name)
    queueAdds = registry.counter("workqueue_adds_total", help: "Keys added.", labels: name)
    queueTime = registry.histogram(
      "workqueue_queue_duration_seconds", help: "How long keys wait.", labels: name, bounds: durations)
    workTime = registry.histogram(
      "workqueue_work_duration_seconds", help: "How long keys are worked on.", labels: name, bounds: durations)
    unfinished = registry.gauge(
      "workqueue_unfinished_work_seconds", help: "Time spent so far on keys being worked on.", labels: name)
    longest = registry.gauge(
      "workqueue_longest_running_processor_seconds", help: "Age of the oldest key being worked on.", labels: name)
    retries = registry.counter("workqueue_retries_total", help: "Keys added again after a failure.", labels: name)
    let resource = ["resource"]
    lists = registry.counter("kubernetes_informer_lists_total", help: "Complete lists.", labels: resource)
    watches = registry.counter("kubernetes_informer_watches_total", help: "Watches opened.", labels: resource)
    relists = registry.counter(
      "kubernetes_informer_relists_total", help: "Complete lists after the first one.", labels: resource)
    watchRestarts = registry.counter(
      "kubernetes_informer_watch_restarts_total", help: "Watches opened after the first one.", labels: resource)
    watchFailures = registry.counter(
      "kubernetes_informer_failures_total", help: "Lists and watches that failed.", labels: resource)
    undecodable = registry.counter(
      "kubernetes_informer_unreadable_objects_total", help: "Objects that could not be read.", labels: resource)
    cached = registry.gauge("kubernetes_informer_objects", help: "Objects in the cache.", labels: resource)
    for result in ["sent", "dropped", "failed"] { _ = events.with(result) }
  }

  /// Shows what is usual at 0, before the first request.
  public func expectRequests(to host: String) {
    for (code, method) in [("200", "GET"), ("201", "POST"), ("200", "PATCH"), ("200", "PUT"), ("200", "DELETE")] {
      _ = requests.with(code, method, host)
    }
    for verb in ["get", "list", "watch", "create", "update", "patch", "apply", "delete"] {
      _ = requestTime.with(verb, host)
    }
  }

  /// To be given to `ClusterClient(observe:)`.
  public func note(_ outcome: RequestOutcome) {
    requests.with(outcome.code, outcome.method, outcome.host).increment()
    requestTime.with(outcome.verb.rawValue, outcome.host).observe(outcome.duration.inSeconds)
  }

  func queue(_ name: String) -> QueueMetrics {
    QueueMetrics(
      depth: queueDepth.with(name), adds: queueAdds.with(name), queueDuration: queueTime.with(name),
      workDuration: workTime.with(name), unfinished: unfinished.with(name), longestRunning: longest.with(name),
      retries: retries.with(name))
  }

  func follow(_ informer: any RunnableInformer) {
    let resource = informer.resource.description
    let lists = lists.with(resource)
    let watches = watches.with(resource)
    let relists = relists.with(resource)
    let restarts = watchRestarts.with(resource)
    let failures = watchFailures.with(resource)
    let undecodable = undecodable.with(resource)
    let cached = cached.with(resource)
    registry.beforeScrape {
      let statistics = informer.statistics
      lists.advance(to: Double(statistics.lists))
      watches.advance(to: Double(statistics.watches))
      relists.advance(to: Double(statistics.lists - 1))
      restarts.advance(to: Double(statistics.watches - 1))
      failures.advance(to: Double(statistics.failures))
      undecodable.advance(to: Double(statistics.undecodable))
      cached.set(Double(informer.objectCount))
    }
  }
}

/// The children of one queue.
struct QueueMetrics: Sendable {
  var depth: Gauge
  var adds: Counter
  var queueDuration: Histogram
  var workDuration: Histogram
  var unfinished: Gauge
  var longestRunning: Gauge
  var retries: Counter
}
