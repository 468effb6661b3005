import Artifacts
import Foundation
import JSONLogging
import Telemetry
import WorkerContract

/// The body of `remove`: takes away what a deleted model has left. Reports go before the rows that name them, and all of it may
/// be done again.
struct RemovalJob {
  let specification: RunSpecification
  let run: RemovalRun
  let environment: WorkerEnvironment

  /// Rows of one kind in one transaction: servers of other models write meanwhile.
  private static let batch = 5_000

  func execute(log: RunLog) async throws(StepFailure) -> RemovalResult {
    var steps = StepTimer(log: log)
    return try await steps.run(
      .remove,
      facts: { ["rows": .count($0.rows), "reports": .count($0.reports), "versions": .count($0.versions)] }
    ) {
      guard specification.identity != nil else {
        throw WorkerError.specification("a removal needs the model's UID, or it would remove another model's rows")
      }
      let artifacts = try environment.artifactStore()
      let telemetry = try environment.telemetryStore()
      do {
        let reports = try await removeReports(telemetry, artifacts)
        let rows = try await removeRows(telemetry)
        await telemetry.close()
        return RemovalResult(rows: rows, reports: reports, versions: try await removeFiles(artifacts))
      } catch {
        await telemetry.close()
        throw error
      }
    }
  }

  private var key: ModelKey {
    ModelKey(namespace: specification.namespace, model: specification.model, identity: specification.identity)
  }

  private func removeReports(
    _ telemetry: any TelemetryStore, _ artifacts: any ArtifactStore
  ) async throws -> Int {
    var removed = 0
    var last = ""
    while true {
      let runs = try await telemetry.runs(of: key, after: last, limit: Self.batch)
      for run in runs where try await artifacts.removeReport(at: CheckJob.reportPath(of: run)) { removed += 1 }
      guard let end = runs.last else { return removed }
      last = end
    }
  }

  private func removeRows(_ telemetry: any TelemetryStore) async throws -> Int {
    let now = environment.now().timeIntervalSince1970
    var removed = 0
    while true {
      let count = try await telemetry.removeRows(of: key, at: now, limit: Self.batch)
      guard count > 0 else { return removed }
      removed += count
    }
  }

  /// Several versions may have the same files.
  private func removeFiles(_ artifacts: any ArtifactStore) async throws -> Int {
    var removed = 0
    for artifact in run.artifacts {
      try await artifacts.remove(artifact.digest)
      removed += 1
    }
    return removed
  }
}
