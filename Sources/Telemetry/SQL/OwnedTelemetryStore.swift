import Monitoring
import Synchronization

/// The store as models see it: each call is about the rows of the model with that UID, whatever models had its name before.
struct OwnedTelemetryStore: TelemetryStore {
  private let store: SQLTelemetryStore
  private let owners = RowOwners()

  init(_ store: SQLTelemetryStore) { self.store = store }

  func append(_ predictions: [PredictionRecord], of model: ModelKey) async throws(TelemetryError) {
    guard !predictions.isEmpty else { return }
    try await store.append(predictions, of: owners.rows(of: model, in: store))
  }

  func append(_ labels: [LabelRecord], of model: ModelKey) async throws(TelemetryError) {
    guard !labels.isEmpty else { return }
    try await store.append(labels, of: owners.rows(of: model, in: store))
  }

  func predictions(_ query: PredictionQuery) async throws(TelemetryError) -> [LoggedPrediction] {
    var query = query
    query.model = try await owners.rows(of: query.model, in: store)
    return try await store.predictions(query)
  }

  func outcomes(of model: ModelKey, from: Double, limit: Int) async throws(TelemetryError) -> [OutcomeCount] {
    try await store.outcomes(of: owners.rows(of: model, in: store), from: from, limit: limit)
  }

  func labelledOutcomes(
    of model: ModelKey, from: Double, limit: Int
  ) async throws(TelemetryError) -> [OutcomeCount] {
    try await store.labelledOutcomes(of: owners.rows(of: model, in: store), from: from, limit: limit)
  }

  func newest(of model: ModelKey) async throws(TelemetryError) -> NewestRows {
    try await store.newest(of: owners.rows(of: model, in: store))
  }

  func store(_ profiles: [ProfileRecord], of model: ModelKey) async throws(TelemetryError) {
    guard !profiles.isEmpty else { return }
    try await store.store(profiles, of: owners.rows(of: model, in: store))
  }

  func profile(
    of model: ModelKey, version: String, bins: String, from: Double, to: Double
  ) async throws(TelemetryError) -> WindowProfile? {
    try await store.profile(
      of: owners.rows(of: model, in: store), version: version, bins: bins, from: from, to: to)
  }

  func store(_ check: CheckRecord, of model: ModelKey) async throws(TelemetryError) {
    try await store.store(check, of: owners.rows(of: model, in: store))
  }

  func checks(of model: ModelKey, from: Double, limit: Int) async throws(TelemetryError) -> [CheckRecord] {
    try await store.checks(of: owners.rows(of: model, in: store), from: from, limit: limit)
  }

  func store(_ version: VersionRecord, of model: ModelKey) async throws(TelemetryError) {
    try await store.store(version, of: owners.rows(of: model, in: store))
  }

  func versions(of model: ModelKey) async throws(TelemetryError) -> [VersionRecord] {
    try await store.versions(of: owners.rows(of: model, in: store))
  }

  func store(_ alert: AlertRecord, of model: ModelKey) async throws(TelemetryError) {
    try await store.store(alert, of: owners.rows(of: model, in: store))
  }

  func alerts(of model: ModelKey, from: Double, limit: Int) async throws(TelemetryError) -> [AlertRecord] {
    try await store.alerts(of: owners.rows(of: model, in: store), from: from, limit: limit)
  }

  /// Nobody else is left to sweep what models of the same name have left.
  func deletePredictions(of model: ModelKey, before time: Double, limit: Int) async throws(TelemetryError) -> Int {
    guard model.identity != nil else {
      return try await store.deletePredictions(of: model, before: time, limit: limit)
    }
    _ = try await owners.rows(of: model, in: store)
    var deleted = 0
    for name in try await store.rowNames(of: model).sorted() {
      deleted += try await store.deletePredictions(
        of: ModelKey(namespace: model.namespace, model: name), before: time, limit: limit)
    }
    return deleted
  }

  func deleteReports(of model: ModelKey, before time: Double) async throws(TelemetryError) -> Int {
    try await store.deleteReports(of: owners.rows(of: model, in: store), before: time)
  }

  func prepare() async throws(TelemetryError) { try await store.prepare() }

  func close() async { await store.close() }
}

/// Remembers what stands in the column `model` of a model's rows, which never changes.
private final class RowOwners: Sendable {
  private let names = Mutex<[ModelKey: String]>([:])

  /// The key of the rows. Without an identity it is the name alone, as release 0.1.0 had it.
  func rows(of model: ModelKey, in store: SQLTelemetryStore) async throws(TelemetryError) -> ModelKey {
    guard let identity = model.identity else { return model }
    if let known = names.withLock({ $0[model] }) { return ModelKey(namespace: model.namespace, model: known) }
    let name = try await store.claim(model, as: identity)
    names.withLock { $0[model] = name }
    return ModelKey(namespace: model.namespace, model: name)
  }
}
