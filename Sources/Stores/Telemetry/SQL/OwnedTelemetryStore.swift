import Monitoring
import Synchronization

/// The store as models see it: each call is about the rows of the model with that UID, whatever models had its name
/// before.
struct OwnedTelemetryStore: TelemetryStore {
  private let store: SQLTelemetryStore
  private let owners = RowOwners()

  init(_ store: SQLTelemetryStore) { self.store = store }

  func append(_ predictions: [PredictionRecord], of model: ModelKey) async throws(TelemetryError) {
    guard !predictions.isEmpty, let rows = try await rows(of: model) else { return }
    try await store.append(predictions, of: rows)
  }

  func append(_ labels: [LabelRecord], of model: ModelKey) async throws(TelemetryError) {
    guard !labels.isEmpty, let rows = try await rows(of: model) else { return }
    try await store.append(labels, of: rows)
  }

  func predictions(_ query: PredictionQuery) async throws(TelemetryError) -> [LoggedPrediction] {
    guard let rows = try await rows(of: query.model) else { return [] }
    var query = query
    query.model = rows
    return try await store.predictions(query)
  }

  func outcomes(of model: ModelKey, from: Double, limit: Int) async throws(TelemetryError) -> [OutcomeCount] {
    guard let rows = try await rows(of: model) else { return [] }
    return try await store.outcomes(of: rows, from: from, limit: limit)
  }

  func labelledOutcomes(
    of model: ModelKey, from: Double, limit: Int
  ) async throws(TelemetryError) -> [OutcomeCount] {
    guard let rows = try await rows(of: model) else { return [] }
    return try await store.labelledOutcomes(of: rows, from: from, limit: limit)
  }

  func newest(of model: ModelKey) async throws(TelemetryError) -> NewestRows {
    guard let rows = try await rows(of: model) else { return NewestRows(prediction: nil, label: nil) }
    return try await store.newest(of: rows)
  }

  func store(_ profiles: [ProfileRecord], of model: ModelKey) async throws(TelemetryError) {
    guard !profiles.isEmpty, let rows = try await rows(of: model) else { return }
    try await store.store(profiles, of: rows)
  }

  func profile(
    of model: ModelKey, version: String, bins: String, from: Double, to: Double
  ) async throws(TelemetryError) -> WindowProfile? {
    guard let rows = try await rows(of: model) else { return nil }
    return try await store.profile(of: rows, version: version, bins: bins, from: from, to: to)
  }

  func store(_ check: CheckRecord, of model: ModelKey) async throws(TelemetryError) -> Bool {
    guard let rows = try await rows(of: model) else { return false }
    return try await store.store(check, of: rows)
  }

  func checks(of model: ModelKey, from: Double, limit: Int) async throws(TelemetryError) -> [CheckRecord] {
    guard let rows = try await rows(of: model) else { return [] }
    return try await store.checks(of: rows, from: from, limit: limit)
  }

  func store(_ version: VersionRecord, of model: ModelKey) async throws(TelemetryError) {
    guard let rows = try await rows(of: model) else { return }
    try await store.store(version, of: rows)
  }

  func versions(of model: ModelKey) async throws(TelemetryError) -> [VersionRecord] {
    guard let rows = try await rows(of: model) else { return [] }
    return try await store.versions(of: rows)
  }

  func store(_ alert: AlertRecord, of model: ModelKey) async throws(TelemetryError) {
    guard let rows = try await rows(of: model) else { return }
    try await store.store(alert, of: rows)
  }

  func alerts(of model: ModelKey, from: Double, limit: Int) async throws(TelemetryError) -> [AlertRecord] {
    guard let rows = try await rows(of: model) else { return [] }
    return try await store.alerts(of: rows, from: from, limit: limit)
  }

  /// Nobody else is left to sweep what models of the same name have left.
  func deletePredictions(of model: ModelKey, before time: Double, limit: Int) async throws(TelemetryError) -> Int {
    guard model.identity != nil else {
      return try await store.deletePredictions(of: model, before: time, limit: limit)
    }
    _ = try await rows(of: model)
    var deleted = 0
    for name in try await store.rowNames(of: model).sorted() {
      deleted += try await store.deletePredictions(
        of: ModelKey(namespace: model.namespace, model: name), before: time, limit: limit)
    }
    return deleted
  }

  func beginRemoval(of model: ModelKey, at now: Double) async throws(TelemetryError) -> Int {
    try await store.beginRemoval(of: model, at: now)
  }

  func removeRows(of model: ModelKey, limit: Int) async throws(TelemetryError) -> Int {
    try await store.removeRows(of: model, limit: limit)
  }

  /// Asks for nothing that is not there: a model without rows gets no entry. A removal that goes on needs those that
  /// are left.
  func runs(of model: ModelKey, after run: String, limit: Int) async throws(TelemetryError) -> [String] {
    guard let identity = model.identity else { return try await store.runs(of: model, after: run, limit: limit) }
    guard let entry = try await store.entry(of: model, identity) else { return [] }
    return try await store.runs(
      of: ModelKey(namespace: model.namespace, model: entry.name), after: run, limit: limit)
  }

  private func rows(of model: ModelKey) async throws(TelemetryError) -> ModelKey? {
    try await owners.rows(of: model, in: store)
  }

  func prepare() async throws(TelemetryError) { try await store.prepare() }

  func close() async { await store.close() }
}

/// Remembers what stands in the column `model` of a model's rows, which does not change. That a model was removed since
/// is seen by the transaction that would store something (`SQLTelemetryStore.mayStore`).
private final class RowOwners: Sendable {
  private let names = Mutex<[ModelKey: String]>([:])

  /// The key of the rows. Without an identity it is the name alone, as release 0.1.0 had it. nil: the model was
  /// removed.
  func rows(of model: ModelKey, in store: SQLTelemetryStore) async throws(TelemetryError) -> ModelKey? {
    guard let identity = model.identity else { return model }
    if let known = names.withLock({ $0[model] }) {
      return ModelKey(namespace: model.namespace, model: known, identity: identity)
    }
    guard let name = try await store.claim(model, as: identity) else { return nil }
    names.withLock { $0[model] = name }
    return ModelKey(namespace: model.namespace, model: name, identity: identity)
  }
}
