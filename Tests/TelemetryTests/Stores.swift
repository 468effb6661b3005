import Foundation
import Telemetry
import TestSupport
import Testing
import WorkerContract

/// The kinds of store that every conformance test runs on.
enum StoreKind: String, CaseIterable, Sendable, CustomTestStringConvertible {
  case sqlite
  case postgres
  /// PostgreSQL behind a pooler that gives each transaction another session.
  case pooled

  var testDescription: String { rawValue }

  /// The kinds that can be had on this machine.
  static var available: [StoreKind] {
    guard TemporaryServer.programs != nil else {
      print("PostgreSQL's programs are not installed: its store is not tested")
      return [.sqlite]
    }
    guard TemporaryPooler.program != nil else {
      print("pgbouncer is not installed: the store behind a pooler is not tested")
      return [.sqlite, .postgres]
    }
    return allCases
  }
}

/// Lends a location of that kind that nobody has used.
func withLocation<Result>(of kind: StoreKind, _ body: (String) async throws -> Result) async throws -> Result {
  switch kind {
  case .sqlite:
    let folder = FileManager.default.temporaryDirectory.appending(path: "apus-telemetry-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    return try await body("sqlite://\(folder.path)/inner/telemetry.sqlite")
  case .postgres:
    return try await withPostgres { try await body($0.url) }
  case .pooled:
    return try await withPooler { try await body($0.url()) }
  }
}

/// Lends a pooler before a PostgreSQL server that takes connections.
func withPooler<Result>(
  _ settings: TemporaryPooler.Settings = .init(), _ body: (TemporaryPooler) async throws -> Result
) async throws -> Result {
  try await withPooler(settings) { pooler, _ in try await body(pooler) }
}

func withPooler<Result>(
  _ settings: TemporaryPooler.Settings = .init(), _ body: (TemporaryPooler, TemporaryServer) async throws -> Result
) async throws -> Result {
  try await withPostgres { server in
    let pooler = try await TemporaryPooler(server, settings)
    let result: Swift.Result<Result, any Error>
    do {
      result = .success(try await body(pooler, server))
    } catch {
      result = .failure(error)
    }
    try await pooler.stop()
    return try result.get()
  }
}

/// Lends a PostgreSQL server that takes connections.
func withPostgres<Result>(_ body: (TemporaryServer) async throws -> Result) async throws -> Result {
  try await withServer { server in
    try await acceptsConnections(server)
    return try await body(server)
  }
}

/// Lends a PostgreSQL server that has just been started.
func withServer<Result>(_ body: (TemporaryServer) async throws -> Result) async throws -> Result {
  let server = try await TemporaryServer()
  let result: Swift.Result<Result, any Error>
  do {
    result = .success(try await body(server))
  } catch {
    result = .failure(error)
  }
  try await server.stop()
  return try result.get()
}

func acceptsConnections(_ server: TemporaryServer) async throws {
  _ = try await eventually("PostgreSQL accepts connections", every: .milliseconds(50)) {
    let store = try openTelemetryStore(at: server.url)
    defer { Task { await store.close() } }
    do throws(TelemetryError) {
      return try await store.versions(of: census)
    } catch {
      guard error.isTransient else { throw error }
      return nil
    }
  }
}

func withStore<Result>(of kind: StoreKind, _ body: (any TelemetryStore) async throws -> Result) async throws -> Result {
  try await withLocation(of: kind) { location in
    let store = try openTelemetryStore(at: location)
    let result: Swift.Result<Result, any Error>
    do {
      result = .success(try await body(store))
    } catch {
      result = .failure(error)
    }
    await store.close()
    return try result.get()
  }
}

let census = ModelKey(namespace: "default", model: "income")

/// A prediction with defaults.
func aPrediction(
  _ id: String, version: String = "v1", role: RoutingTable.Role = .production, at time: Double = 1000,
  features: String = #"{"age":39,"work":"Private"}"#, said predictedClass: String = ">50K", confidence: Double = 0.75
) -> PredictionRecord {
  PredictionRecord(
    requestID: id, version: version, role: role, time: time, features: features, predictedClass: predictedClass,
    probabilities: #"{"<=50K":0.25,">50K":0.75}"#, confidence: confidence, latency: 0.0015)
}
