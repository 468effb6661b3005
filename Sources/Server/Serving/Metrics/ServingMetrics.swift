import Engine
import Tabular
import Exposition
import Telemetry
import WorkerContract

/// The server's instruments. What the path of a prediction needs is resolved once for each routing table
/// (`VersionInstruments`), so that nothing is looked up there.
final class ServingMetrics: Sendable {
  let registry: MetricsRegistry
  private typealias Table = ServingMetricTable

  /// Status codes and times by endpoint.
  private let answers: AnswerTallies
  /// The position of the endpoint `none`.
  private let nowhere: Int
  private let predictions: MetricFamily<Counter>
  private let predictionSeconds: MetricFamily<Histogram>
  private let predictionErrors: MetricFamily<Counter>
  private let confidence: MetricFamily<Histogram>
  /// By position of the reason.
  private let failures: [Counter]
  /// By kind of the warning.
  private let featureCounters: [MetricFamily<Counter>]
  private let performance: PerformanceGauges
  private let modelInfo: MetricFamily<Gauge>
  private let modelWeight: MetricFamily<Gauge>
  private let reloads: MetricFamily<Counter>
  private let modelLoaded: Gauge
  private let revision: Gauge
  private let heldBytes: Gauge
  let batchRows: Histogram
  let log: LogInstruments
  let profiles: ProfileInstruments
  let labelsAccepted: Counter
  let labelsRejected: Counter
  let labelConflicts: Counter

  private let windows: WindowGauges

  /// - Parameter endpoints: Their labels; the last one is that of requests that reach none.
  init(
    registry: MetricsRegistry, endpoints: [String], holder: ServingHolder, clock: @escaping @Sendable () -> Double
  ) {
    self.registry = registry
    let requests = registry.counter(Table.requests)
    let requestSeconds = registry.histogram(Table.requestSeconds, bounds: Self.requestBounds)
    let answers = AnswerTallies(
      ok: endpoints.map { requests.with($0, "200") },
      seconds: endpoints.map { requestSeconds.with($0) },
      others: { requests.with(endpoints[$0], String($1)) })
    self.answers = answers
    nowhere = endpoints.count - 1
    predictions = registry.counter(Table.predictions)
    predictionSeconds = registry.histogram(
      Table.predictionSeconds, bounds: Histogram.exponential(start: 0.000_001, factor: 2, count: 20))
    predictionErrors = registry.counter(Table.predictionErrors)
    confidence = registry.histogram(Table.confidence, bounds: (1...20).map { Double($0) / 20 })
    let failures = registry.counter(Table.validationFailures)
    self.failures = FieldProblem.Reason.allCases.map { failures.with($0.rawValue) }
    featureCounters = FeatureReader.InputWarning.Kind.allCases.map { kind in
      switch kind {
      case .missing: registry.counter(Table.featureMissing)
      case .unseenCategory: registry.counter(Table.featureUnseen)
      case .outOfRange: registry.counter(Table.featureOutOfRange)
      }
    }
    let windows = WindowGauges(registry: registry)
    self.windows = windows
    performance = PerformanceGauges(registry: registry)
    modelInfo = registry.gauge(Table.modelInfo)
    modelWeight = registry.gauge(Table.modelWeight)
    reloads = registry.counter(Table.reloads)
    modelLoaded = registry.gauge(Table.modelLoaded).with()
    revision = registry.gauge(Table.routingRevision).with()
    batchRows = registry.histogram(
      Table.batchRows, bounds: Histogram.exponential(start: 1, factor: 4, count: 8)
    ).with()
    heldBytes = registry.gauge(Table.heldBytes).with()
    log = LogInstruments(registry: registry)
    profiles = ProfileInstruments(registry: registry)
    let labels = registry.counter(Table.labels)
    labelsAccepted = labels.with("accepted")
    labelsRejected = labels.with("rejected")
    labelConflicts = registry.counter(Table.labelConflicts).with()

    let ready = registry.gauge(Table.ready).with()
    registry.beforeScrape {
      answers.publish()
      holder.state?.observer.publish()
      ready.set(holder.readiness == .ready ? 1 : 0)
      windows.publish(at: clock())
    }
    ProcessInstruments(registry: registry).register(on: registry)
  }

  /// Seconds: from 50 microseconds, which is what one prediction takes, to the seconds of alerts.
  private static let requestBounds = [0.000_05, 0.000_1, 0.000_25] + Histogram.latency

  /// A request was answered.
  /// - Parameters:
  ///   - endpoint: Its position among the labels.
  ///   - share: That of the lane that answered.
  func answered(_ endpoint: Int, code: Int, seconds: Double, share: Int) {
    answers.count(endpoint, code: code, seconds: seconds, share: share)
  }

  /// A connection was ended with this answer before there was a request.
  func refusedConnection(code: Int) {
    answers.count(nowhere, code: code, seconds: nil, share: 0)
  }

  /// Counts the problems that are told.
  func refused(_ problems: FieldProblems) {
    for problem in problems.told { failures[problem.reason.position].increment() }
  }

  /// Shows what is taken of the bytes that are held for clients.
  func watch(_ held: Budget) {
    registry.beforeScrape { [heldBytes] in heldBytes.set(Double(held.taken)) }
  }

  func reloaded(_ result: String) { reloads.with(result).increment() }

  /// Shows which versions are loaded, and no longer shows those that are not.
  func show(_ state: ServingState) {
    forgetVersions(outside: state)
    modelInfo.removeAll()
    modelWeight.removeAll()
    for (entry, version) in zip(state.table.entries, state.versions) {
      modelInfo.with(state.table.namespace, state.table.model, version.version, entry.role.rawValue, version.digest)
        .set(1)
      modelWeight.with(version.version).set(Double(entry.weight) / 100)
    }
    modelLoaded.set(state.table.entries.contains { $0.role == .production } ? 1 : 0)
    revision.set(Double(state.table.revision))
  }

  /// What a version that comes back adds to begins at 0 then, which Prometheus takes for a restart.
  private func forgetVersions(outside state: ServingState) {
    let versions = Set(state.versions.map(\.version))
    predictions.removeAll { !versions.contains($0[0]) }
    predictionErrors.removeAll { !versions.contains($0[0]) }
    for family in [predictionSeconds, confidence] { family.removeAll { !versions.contains($0[0]) } }
    let features = Set(state.versions.flatMap { $0.pipeline.schema.features.map(\.name) })
    for family in featureCounters { family.removeAll { !features.contains($0[0]) } }
    windows.keep(versions: versions, features: features)
    performance.keep(versions)
  }

  func show(_ performances: [VersionPerformance]) { performance.show(performances) }

  /// What a version's predictions are counted with.
  func instruments(for version: LoadedVersion, role: RoutingTable.Role) -> VersionInstruments {
    let features = version.pipeline.schema.features
    return VersionInstruments(
      predictions: version.target.classes.map { predictions.with(version.version, role.rawValue, $0) },
      positive: version.target.positive, seconds: predictionSeconds.with(version.version),
      errors: predictionErrors.with(version.version),
      confidence: confidence.with(version.version), positives: windows.positives(of: version.version),
      warnings: featureCounters.map { family in features.map { family.with($0.name) } },
      features: features.map { $0.type == .numeric ? windows.values(of: $0.name) : nil })
  }
}

extension MetricsRegistry {
  func counter(_ definition: MetricDefinition) -> MetricFamily<Counter> {
    counter(definition.name, help: definition.help, labels: definition.labels)
  }

  func gauge(_ definition: MetricDefinition) -> MetricFamily<Gauge> {
    gauge(definition.name, help: definition.help, labels: definition.labels)
  }

  func histogram(_ definition: MetricDefinition, bounds: [Double]) -> MetricFamily<Histogram> {
    histogram(definition.name, help: definition.help, labels: definition.labels, bounds: bounds)
  }
}
