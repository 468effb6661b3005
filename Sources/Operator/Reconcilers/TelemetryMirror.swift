package import Decisions
package import KubernetesClient
import KubernetesModel
package import Logging
import Synchronization
package import Telemetry
import WorkerContract

/// Keeps the tables `versions` and `alerts` of the telemetry store up with what the operator knows: for dashboards and
/// queries, as the ModelVersions stay the truth.
///
/// Notes are taken in at once and written behind the reconciles; of one thing only the latest note is kept. A store that is
/// away is asked again with growing pauses, and what does not fit meanwhile is dropped, the oldest first, and counted in the log.
///
/// Assumptions: the store is PostgreSQL, by `storage.telemetry` or by the Secret of each namespace. A SQLite file lies in
/// the namespace's volume, which the operator does not mount: there is no mirror then.
package final class TelemetryMirror: Sendable {
  /// A row on its way.
  enum Note: Sendable {
    case version(VersionRecord, ModelKey)
    case alert(AlertRecord, ModelKey)

    var model: ModelKey {
      switch self {
      case .version(_, let model), .alert(_, let model): model
      }
    }

    private static func text(_ model: ModelKey) -> String {
      "\(model.namespace)/\(model.model)/\(model.identity?.uid ?? "")"
    }

    /// The same for all notes about one thing.
    var subject: String {
      switch self {
      case .version(let version, let model): "version \(Self.text(model))/\(version.version)"
      case .alert(let alert, let model): "alert \(Self.text(model))/\(alert.id)"
      }
    }
  }

  private struct State {
    var notes: [String: Note] = [:]
    /// Subjects, the oldest first; some may be gone from `notes`.
    var order: [String] = []
    var isWriting = false
    var dropped = 0
    /// Namespaces whose store was away.
    var away: [String: Away] = [:]
    /// Namespaces whose Secret's URL was warned of.
    var warned: Set<String> = []
    /// Models whose versions this process has noted.
    var seen: Set<ObjectKey> = []
  }

  private struct Away {
    var failures: Int
    /// When it is asked again, on the monotonic clock.
    var notBefore: Duration
  }

  /// What the loop does next.
  private enum Turn {
    case write(namespace: String, notes: [Note], dropped: Int)
    /// Nothing is due for so long.
    case wait(Duration)
  }

  package typealias Opening = @Sendable (String) throws(TelemetryError) -> any TelemetryStore

  private static let capacity = 20_000
  private static let batch = 500
  private static let pauses: [Duration] = [.seconds(1), .seconds(5), .seconds(15), .seconds(60)]
  /// The loop sleeps no longer: a note of another namespace may come.
  private static let longestSleep = Duration.seconds(1)
  /// A slow store has so long at a time; then it is the others' turn.
  private static let turn = Duration.seconds(20)

  private let secrets: SecretReader
  private let storage: OperatorSettings.Storage
  private let open: Opening
  private let time: TimeSource
  private let logger: Logger
  private let state = Mutex(State())

  /// nil where the store is a file that the operator cannot reach.
  package init?(
    secrets: SecretReader, storage: OperatorSettings.Storage, time: TimeSource, logger: Logger,
    open: @escaping Opening = { (location) throws(TelemetryError) in try openTelemetryStore(at: location) }
  ) {
    guard storage.telemetrySecret != nil || Self.isServer(storage.telemetry) else { return nil }
    self.secrets = secrets
    self.storage = storage
    self.time = time
    self.logger = logger
    self.open = open
  }

  private static func isServer(_ location: String) -> Bool {
    location.hasPrefix("postgres://") || location.hasPrefix("postgresql://")
  }

  /// Whether the versions of this model are to be noted though none has changed: once for each process, as the one before
  /// may have ended with notes that were not written.
  func isNew(_ model: ObjectKey) -> Bool { state.withLock { $0.seen.insert(model).inserted } }

  func forget(_ model: ObjectKey) { state.withLock { _ = $0.seen.remove(model) } }

  /// Takes notes and returns at once.
  func note(_ notes: [Note]) {
    guard !notes.isEmpty else { return }
    let mustStart = state.withLock { state in
      for note in notes {
        if state.notes.updateValue(note, forKey: note.subject) == nil { state.order.append(note.subject) }
      }
      while state.notes.count > Self.capacity, !state.order.isEmpty {
        if state.notes.removeValue(forKey: state.order.removeFirst()) != nil { state.dropped += 1 }
      }
      defer { state.isWriting = true }
      return !state.isWriting
    }
    if mustStart { Task { await self.write() } }
  }

  /// Until nothing is left.
  private func write() async {
    while let turn = next() {
      guard case .write(let namespace, let notes, let dropped) = turn else {
        guard case .wait(let pause) = turn else { continue }
        do { try await time.sleep(pause) } catch { return state.withLock { $0.isWriting = false } }
        continue
      }
      if dropped > 0 {
        logger.warning("rows for the telemetry store were dropped", metadata: ["rows": "\(dropped)"])
      }
      let (left, problem) = await write(notes, in: namespace)
      putBack(left)
      if let problem {
        logger.warning(
          "the registry mirror or the alert log cannot be written",
          metadata: ["namespace": "\(namespace)", "rows": "\(notes.count)", "error": "\(told(problem))"])
      }
      note(namespace, isAway: problem != nil && !left.isEmpty)
    }
  }

  private func note(_ namespace: String, isAway: Bool) {
    let now = time.monotonic()
    state.withLock { state in
      guard isAway else { return state.away[namespace] = nil }
      let failures = state.away[namespace]?.failures ?? 0
      let pause = Self.pauses[min(failures, Self.pauses.count - 1)]
      state.away[namespace] = Away(failures: failures + 1, notBefore: now + pause)
    }
  }

  /// The words of a store that a namespace has named are not repeated.
  private func told(_ problem: any Error) -> String {
    guard storage.telemetrySecret != nil, let error = problem as? TelemetryError else { return "\(problem)" }
    return error.withoutItsWords
  }

  /// The notes of the namespace whose turn it is; nil, and no longer writing, where there are none.
  private func next() -> Turn? {
    let now = time.monotonic()
    return state.withLock { state -> Turn? in
      state.order.removeAll { state.notes[$0] == nil }
      let waiting = state.order.compactMap { state.notes[$0]?.model.namespace }
      let due = waiting.first { state.away[$0].map { $0.notBefore <= now } ?? true }
      guard let namespace = due else {
        guard let next = waiting.compactMap({ state.away[$0]?.notBefore }).min() else {
          state.isWriting = false
          return nil
        }
        return .wait(min(next - now, Self.longestSleep))
      }
      var notes: [Note] = []
      for subject in state.order where notes.count < Self.batch {
        guard let note = state.notes[subject], note.model.namespace == namespace else { continue }
        notes.append(note)
        state.notes[subject] = nil
      }
      defer { state.dropped = 0 }
      return .write(namespace: namespace, notes: notes, dropped: state.dropped)
    }
  }

  /// Behind the others, so that a namespace whose store is away does not hold up those of the rest; a later note about the
  /// same stays.
  private func putBack(_ notes: [Note]) {
    state.withLock { state in
      for note in notes where state.notes[note.subject] == nil {
        state.notes[note.subject] = note
        state.order.removeAll { $0 == note.subject }
        state.order.append(note.subject)
      }
    }
  }

  /// Gives what is to be tried again, and what went wrong. Rows that the store refuses are not tried again.
  private func write(_ notes: [Note], in namespace: String) async -> (left: [Note], problem: (any Error)?) {
    let store: any TelemetryStore
    do {
      guard let location = try await location(in: namespace) else { return ([], nil) }
      store = try open(location)
    } catch {
      let isLost = (error as? TelemetryError)?.isTransient == false
      return (isLost ? [] : notes, error)
    }
    var problem: (any Error)?
    var left = notes[...]
    let start = time.monotonic()
    while let note = left.first, time.monotonic() - start < Self.turn {
      do throws(TelemetryError) {
        switch note {
        case .version(let version, let model): try await store.store(version, of: model)
        case .alert(let alert, let model): try await store.store(alert, of: model)
        }
      } catch {
        problem = error
        guard error.isAboutRows else { break }
      }
      left.removeFirst()
    }
    await store.close()
    return (Array(left), problem)
  }

  /// nil: nowhere that the operator could write. A Secret is read each time and kept nowhere.
  private func location(in namespace: String) async throws -> String? {
    guard let reference = storage.telemetrySecret else { return storage.telemetryLocation(in: namespace) }
    let secret = try await secrets.find(reference.name, in: namespace)
    guard let url = secret?.text(reference.key), Self.isServer(url) else { return nil }
    if let unproven = (try? TelemetryLocation(url))?.unprovenServer,
      state.withLock({ $0.warned.insert(namespace).inserted })
    {
      logger.warning(
        "the telemetry store of the Secret: \(unproven)",
        metadata: ["namespace": "\(namespace)", "secret": "\(reference.name)"])
    }
    return url
  }
}
