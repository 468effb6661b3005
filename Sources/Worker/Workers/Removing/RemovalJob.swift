import Artifacts
import Foundation
import JSONLogging
import Telemetry
import WorkerContract

/// The body of `remove`: takes away what a deleted model has left. First the store is told, so that nothing comes
/// after; reports go before the rows that name them. Where it was interrupted it may be done again, from the start, and
/// removes what was left.
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
        let days = try await telemetry.beginRemoval(of: key, at: environment.now().timeIntervalSince1970)
        let reports = try await removeReports(telemetry, artifacts, log)
        let rows = try await removeRows(telemetry)
        await telemetry.close()
        return RemovalResult(rows: days + rows, reports: reports, versions: try await removeFiles(artifacts))
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
    _ telemetry: any TelemetryStore, _ artifacts: any ArtifactStore, _ log: RunLog
  ) async throws -> Int {
    var removed = 0
    var last = ""
    while true {
      let runs = try await telemetry.runs(of: key, after: last, limit: Self.batch)
      for run in runs where try await removeReport(of: run, artifacts, log) { removed += 1 }
      guard let end = runs.last else { return removed }
      last = end
    }
  }

  /// No report can have been stored under a name that the store refuses: such a row is no reason to keep the others.
  private func removeReport(of run: String, _ artifacts: any ArtifactStore, _ log: RunLog) async throws -> Bool {
    do {
      return try await artifacts.removeReport(at: CheckJob.reportPath(of: run))
    } catch ArtifactError.unsafeName(let name) {
      log.write(
        "a check has a name that no report can have", level: "warning", step: .remove, ["report": .text(name)])
      return false
    }
  }

  private func removeRows(_ telemetry: any TelemetryStore) async throws -> Int {
    var removed = 0
    while true {
      let count = try await telemetry.removeRows(of: key, limit: Self.batch)
      guard count > 0 else { return removed }
      removed += count
    }
  }

  /// Several versions may have the same files.
  private func removeFiles(_ artifacts: any ArtifactStore) async throws -> Int {
    for artifact in run.artifacts { try await artifacts.remove(artifact.digest) }
    return run.artifacts.count
  }
}
