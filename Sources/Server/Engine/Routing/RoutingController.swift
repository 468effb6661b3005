package import Artifacts
package import Foundation
package import Logging
package import WorkerContract

/// Takes routing tables: checks them, loads and verifies their versions, and only then swaps them in.
///
/// Guarantees: one table at a time; revisions never go back; when a table cannot be served whole, the one before stays.
package actor RoutingController {
  private let loader: VersionLoader
  private let holder: ServingHolder
  private let observer: any EngineObserver
  private let logger: Logger
  private let executor: (any TaskExecutor)?
  private var last: Task<Result<Outcome, RoutingError>, Never>?

  /// What became of a table that was taken.
  package struct Outcome: Sendable {
    package let state: ServingState
    /// False: it was served already.
    package let isChange: Bool
  }

  /// - Parameter executor: Where versions are loaded; nil: on Swift's own threads, where requests may be ahead of them.
  package init(
    store: any ArtifactStore, holder: ServingHolder, observer: any EngineObserver, logger: Logger,
    executor: (any TaskExecutor)? = nil
  ) {
    loader = VersionLoader(store: store)
    self.holder = holder
    self.observer = observer
    self.logger = logger
    self.executor = executor
  }

  /// Takes the document of a routing table.
  package func apply(_ document: Data) async -> Result<Outcome, RoutingError> {
    do {
      return await apply(try JSONDecoder().decode(RoutingTable.self, from: document))
    } catch {
      return recorded(.malformed(Self.reason(error)))
    }
  }

  /// Takes a table, after the ones that came before it.
  package func apply(_ table: RoutingTable) async -> Result<Outcome, RoutingError> {
    let before = last
    let task = Task(executorPreference: executor) {
      _ = await before?.value
      return await self.perform(table)
    }
    last = task
    return await task.value
  }

  /// Records that a table could not even be read.
  package func refuse(_ error: RoutingError) -> Result<Outcome, RoutingError> { recorded(error) }

  private func perform(_ table: RoutingTable) async -> Result<Outcome, RoutingError> {
    do throws(RoutingError) {
      if let serving = holder.state, try isServed(table, by: serving) {
        observer.reloaded("unchanged")
        holder.swap(serving)
        return .success(Outcome(state: serving, isChange: false))
      }
      let state = try await load(table)
      holder.swap(state)
      observer.reloaded("ok")
      observer.serves(state)
      logger.info(
        "routing table is served",
        metadata: [
          "revision": "\(table.revision)",
          "versions":
            "\(table.entries.map { "\($0.version) \($0.role.rawValue) \($0.weight)%" }.joined(separator: ", "))",
        ])
      return .success(Outcome(state: state, isChange: true))
    } catch {
      return recorded(error)
    }
  }

  private func recorded(_ error: RoutingError) -> Result<Outcome, RoutingError> {
    observer.reloaded(error.result)
    switch error {
    case .olderRevision, .conflictingRevision: break
    default: holder.recordFailure(error.description)
    }
    logger.warning("routing table is not served", metadata: ["reason": "\(error)"])
    return .failure(error)
  }

  private func isServed(_ table: RoutingTable, by serving: ServingState) throws(RoutingError) -> Bool {
    let current = serving.table
    guard table.namespace == current.namespace, table.model == current.model else {
      throw .otherModel(given: "\(table.namespace)/\(table.model)", serving: serving.modelName)
    }
    guard table.revision >= current.revision else {
      throw .olderRevision(given: table.revision, serving: current.revision)
    }
    guard table.revision == current.revision else { return false }
    guard table == current else { throw .conflictingRevision(table.revision) }
    return true
  }

  private func load(_ table: RoutingTable) async throws(RoutingError) -> ServingState {
    guard !table.entries.isEmpty else { throw .invalidTable("it lists no version") }
    _ = try TrafficSplit(table.entries)
    let loaded = holder.state?.versions ?? []
    var versions: [LoadedVersion] = []
    for entry in table.entries {
      if let present = loaded.first(where: { $0.version == entry.version && $0.digest == entry.digest }) {
        versions.append(present)
      } else {
        versions.append(try await loader.load(entry))
      }
    }
    return try ServingState(table: table, versions: versions, observer: observer)
  }

  private static func reason(_ error: any Error) -> String {
    guard let error = error as? DecodingError else { return "\(error)" }
    switch error {
    case .keyNotFound(let key, _): return "'\(key.stringValue)' is missing"
    case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
      let path = context.codingPath.map(\.stringValue).joined(separator: ".")
      return path.isEmpty ? context.debugDescription : "at \(path): \(context.debugDescription)"
    @unknown default: return "\(error)"
    }
  }
}
