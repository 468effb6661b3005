import Decisions
import KubernetesClient
import KubernetesModel
import Logging
import Synchronization

/// Reads the Events about objects that do not get on, one object at a time and rarely: nothing is watched, and nothing is
/// asked while all goes well.
final class WarningReader: Sendable {
  private struct Reading: Sendable {
    var at: Duration
    var warnings: [ClusterWarning]
  }

  private let api: any KubernetesAPI
  private let time: TimeSource
  private let logger: Logger
  /// By the UID of the object.
  private let readings = Mutex<[String: Reading]>([:])
  /// Until then nothing is asked: the operator may not read Events, as under a role of an earlier release.
  private let pausedUntil = Mutex<Duration?>(nil)

  init(_ api: any KubernetesAPI, time: TimeSource, logger: Logger) {
    self.api = api
    self.time = time
    self.logger = logger
  }

  private static let forbiddenPause = Duration.seconds(600)
  private static let memory = Duration.seconds(600)
  /// A little less than the interval, so that a look that comes right in time is one.
  private static let validity = Duration.seconds(SilentObject.interval - 1)
  /// Of one object there are few: repetitions are counted in one Event.
  private static let most = 100

  /// What the cluster says about the object; empty where it is too early to ask, or no answer came.
  func warnings(
    about object: SilentObject, at now: Timestamp, _ reader: CacheReader
  ) async throws -> [ClusterWarning] {
    guard object.isDue(at: now) else { return [] }
    reader.readOutside(believedFor: SilentObject.interval)
    let namespace = reader.namespace
    let started = time.monotonic()
    let known = readings.withLock { $0[object.uid] }
    if let known, started - known.at < Self.validity { return known.warnings }
    if let pause = pausedUntil.withLock({ $0 }), started < pause { return [] }
    let selection = Selection(
      namespace: namespace,
      fields: "involvedObject.kind=\(object.kind.rawValue),involvedObject.name=\(object.name),involvedObject.uid="
        + "\(object.uid),type=Warning")
    let answer: JSONValue
    do {
      answer = try await api.perform(.list(Resource.events, selection, limit: Self.most))
    } catch {
      guard error.isForbidden || error.isMissingAPI else { throw error }
      pausedUntil.withLock { $0 = started + Self.forbiddenPause }
      logger.notice(
        "Events cannot be read, so conditions lack what only they say; allow the operator to list events",
        metadata: ["error": "\(error)"])
      return []
    }
    // A server that does not know a selector's field must not make this object look like another.
    let warnings = (answer["items"]?.array ?? [])
      .filter { $0[path: "involvedObject", "uid"]?.string == object.uid }.compactMap(ClusterWarning.init)
    readings.withLock { readings in
      readings = readings.filter { started - $0.value.at < Self.memory }
      readings[object.uid] = Reading(at: started, warnings: warnings)
    }
    return warnings
  }

  /// The Jobs with what Events say about those that do not get on.
  func informed(_ jobs: [WorkerJob], at now: Timestamp, _ reader: CacheReader) async throws -> [WorkerJob] {
    var informed = jobs
    for index in informed.indices {
      guard let silent = informed[index].silent, !informed[index].isEnded else { continue }
      informed[index].learn(try await warnings(about: silent, at: now, reader))
    }
    return informed
  }

  /// The same for pods of servers. They are alike: the first one speaks for all.
  func informed(_ pods: [ServerPod], at now: Timestamp, _ reader: CacheReader) async throws -> [ServerPod] {
    let silent = pods.indices.filter { pods[$0].silent?.isDue(at: now) ?? false }
    guard let first = silent.min(by: { pods[$0].name < pods[$1].name }), let object = pods[first].silent else {
      return pods
    }
    var informed = pods
    informed[first].learn(try await warnings(about: object, at: now, reader))
    return informed
  }
}
