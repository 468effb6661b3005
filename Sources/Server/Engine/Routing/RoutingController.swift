package import Artifacts
package import Foundation
package import Logging
package import WorkerContract

/// Takes routing tables: checks them, loads and verifies their versions, and only then swaps them in.
///
/// Guarantees: one table at a time; when a table cannot be served whole, the one before stays. Revisions never go back, but
/// that the mounted file has the last word: it wins over another table of its revision at once, and over a newer one that was
/// pushed when that has not come with the file within `pushPrecedence`.
package actor RoutingController {
  private let loader: VersionLoader
  private let holder: ServingHolder
  private let observer: any EngineObserver
  private let logger: Logger
  private let executor: (any TaskExecutor)?
  private var last: Task<Result<Outcome, RoutingError>, Never>?
  /// When the table that is served was pushed; nil: it came with the file.
  private var pushedAt: ContinuousClock.Instant?

  /// How long a table that was pushed stands above an older one in the file: kubelets bring a ConfigMap within two minutes.
  package static let pushPrecedence = Duration.seconds(180)
  /// How far the revision of a pushed table may be ahead of what is served and mounted.
  package static let longestJump = 100

  /// Where a table came from.
  package enum Source: Sendable, Equatable {
    /// The mounted file.
    case file
    /// The operator's push. How predictions are stored is not taken from it but from the file.
    case push(mounted: RoutingTable?)
    /// Whoever reaches the admin port of a server that was started open. It is taken whole.
    case open
  }

  /// What became of a table that was taken.
  package struct Outcome: Sendable {
    package let state: ServingState
    /// False: it was served already.
    package let isChange: Bool

    package init(state: ServingState, isChange: Bool) {
      self.state = state
      self.isChange = isChange
    }
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
  package func apply(_ document: Data, from source: Source) async -> Result<Outcome, RoutingError> {
    do throws(RoutingError) {
      return await apply(try Self.table(in: document), from: source)
    } catch {
      return recorded(error)
    }
  }

  /// Takes a table, after the ones that came before it.
  package func apply(_ table: RoutingTable, from source: Source) async -> Result<Outcome, RoutingError> {
    let before = last
    let task = Task(executorPreference: executor) {
      _ = await before?.value
      return await self.perform(table, source)
    }
    last = task
    return await task.value
  }

  /// The table of a document.
  static func table(in document: Data) throws(RoutingError) -> RoutingTable {
    do {
      return try JSONDecoder().decode(RoutingTable.self, from: document)
    } catch {
      throw .malformed(reason(error))
    }
  }

  /// What is served, where it is exactly the table of this document.
  package func serving(_ document: Data) -> ServingState? {
    guard let table = try? Self.table(in: document), let state = holder.state, state.table == table else { return nil }
    return state
  }

  /// Records that a table could not even be read.
  package func refuse(_ error: RoutingError) -> Result<Outcome, RoutingError> { recorded(error) }

  private func perform(_ table: RoutingTable, _ source: Source) async -> Result<Outcome, RoutingError> {
    do throws(RoutingError) {
      let table = try permitted(table, source)
      if let serving = holder.state, try isServed(table, by: serving, source) {
        if source == .file { pushedAt = nil }
        observer.reloaded("unchanged")
        holder.swap(serving)
        return .success(Outcome(state: serving, isChange: false))
      }
      let state = try await load(table)
      holder.swap(state)
      pushedAt = source == .file ? nil : .now
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

  /// The table as its source may bring it.
  private func permitted(_ table: RoutingTable, _ source: Source) throws(RoutingError) -> RoutingTable {
    var known = holder.state.map { [$0.table.revision] } ?? []
    var table = table
    switch source {
    case .file: return table
    case .open: break
    case .push(let mounted):
      guard let rules = mounted?.logging ?? holder.state?.table.logging else { throw .notMounted }
      table.logging = rules
      if let mounted { known.append(mounted.revision) }
    }
    guard let newest = known.max() else { return table }
    let (limit, isBeyond) = newest.addingReportingOverflow(Self.longestJump)
    guard isBeyond || table.revision <= limit else { throw .jump(given: table.revision, known: newest, limit: limit) }
    return table
  }

  private func isServed(
    _ table: RoutingTable, by serving: ServingState, _ source: Source
  ) throws(RoutingError) -> Bool {
    let current = serving.table
    guard table.namespace == current.namespace, table.model == current.model else {
      throw .otherModel(given: "\(table.namespace)/\(table.model)", serving: serving.modelName)
    }
    if table == current { return true }
    switch source {
    case .file:
      let isFresh = pushedAt.map { $0.duration(to: .now) < Self.pushPrecedence } ?? false
      guard table.revision >= current.revision || !isFresh else {
        throw .olderRevision(given: table.revision, serving: current.revision)
      }
    case .push, .open:
      guard table.revision >= current.revision else {
        throw .olderRevision(given: table.revision, serving: current.revision)
      }
      var renewed = current
      if case .push = source { renewed.logging = table.logging }
      guard table.revision > current.revision || table == renewed else { throw .conflictingRevision(table.revision) }
    }
    return false
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
