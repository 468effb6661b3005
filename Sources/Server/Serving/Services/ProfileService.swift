import Engine
import Artifacts
import Exposition
import Foundation
import Logging
import Monitoring
import ServiceLifecycle
import Tabular
import Telemetry
import Values
import WorkerContract

/// Gives the versions that are served their recorder of profiles, and stores each minute's counts when it is over.
///
/// A version's bins come from its reference, which is read after the version serves: rows of its first moment are not
/// counted. What the store does not take now waits in memory, the latest four hours of it. Redacted features are not
/// stored. A process that is killed loses the counts of the current minute.
struct ProfileService: Service {
  let keeper: ProfileKeeper
  /// How often minutes that are over are looked for.
  let interval: Duration
  /// Seconds since 1970.
  let clock: @Sendable () -> Double

  func run() async throws {
    await cancelWhenGracefulShutdown {
      while !Task.isCancelled {
        await keeper.keep(minutesBefore: Int(clock() / 60))
        try? await Task.sleep(for: interval)
      }
    }
    await keeper.keep(minutesBefore: nil)
  }
}

/// Holds the minutes that are counted and not stored yet.
actor ProfileKeeper {
  private let store: any ProfileWriter
  private let artifacts: any ArtifactStore
  private let holder: ServingHolder
  private let instruments: ProfileInstruments
  private let logger: Logger
  /// Versions that are counted, served or not any more.
  private var counted: [LoadedVersion] = []
  /// Digests of versions without a usable reference.
  private var without: Set<String> = []
  /// By digest: failures in a row to read a reference, and when the next try is due.
  private var retries: [String: (failures: Int, at: ContinuousClock.Instant)] = [:]
  private let retryPause: DoublingPause
  /// Minutes of each version that are not stored yet, in the order in which they ended.
  private var waiting: [(model: ModelKey, minute: Int, records: [ProfileRecord])] = []
  private var isAway = false

  private static let keptMinutes = 240

  init(
    store: any ProfileWriter, artifacts: any ArtifactStore, holder: ServingHolder, instruments: ProfileInstruments,
    logger: Logger, retryPause: DoublingPause = .init(first: .seconds(5), longest: .seconds(600))
  ) {
    self.retryPause = retryPause
    self.store = store
    self.artifacts = artifacts
    self.holder = holder
    self.instruments = instruments
    self.logger = logger
  }

  /// Equips new versions and stores the minutes before this one; with nil all of them.
  func keep(minutesBefore minute: Int?) async {
    if minute != nil { await equip() }
    collect(before: minute)
    await send()
  }

  private func equip() async {
    for version in holder.state?.versions ?? [] where isDue(version) {
      do {
        if let recorder = try await recorder(of: version) {
          version.count(with: recorder)
          counted.append(version)
        } else {
          without.insert(version.digest)
        }
        retries[version.digest] = nil
      } catch {
        recordFailure(error, of: version)
      }
    }
  }

  private func isDue(_ version: LoadedVersion) -> Bool {
    if counted.contains(where: { $0 === version }) || without.contains(version.digest) { return false }
    return retries[version.digest].map { $0.at <= ContinuousClock.now } ?? true
  }

  /// Nil: the version has no reference that can be used.
  private func recorder(of version: LoadedVersion) async throws -> ProfileRecorder? {
    let bundle = try await artifacts.open(version.digest)
    guard bundle.files[ArtifactBundle.FileName.reference] != nil else { return nil }
    let reference = try JSONDecoder().decode(
      ReferenceProfile.self, from: try bundle.file(ArtifactBundle.FileName.reference))
    if let problem = reference.problem {
      logger.warning("no profiles are kept", metadata: ["version": "\(version.version)", "reason": "\(problem)"])
      return nil
    }
    let bins = ProfileBins(
      reference: reference, schema: version.pipeline.schema, classes: version.target.classes)
    return ProfileRecorder(bins: bins, pipeline: version.pipeline)
  }

  /// A document that cannot be understood stays so. Whatever else keeps the file from being read, such as credentials that have
  /// expired, may pass: the version's other files could be read.
  private func recordFailure(_ error: any Error, of version: LoadedVersion) {
    let failures = retries[version.digest]?.failures ?? 0
    if !(error is DecodingError) {
      let next = ContinuousClock.now.advanced(by: retryPause.after(failures: failures))
      retries[version.digest] = (failures: failures + 1, at: next)
      guard failures == 0 else { return }
    } else {
      without.insert(version.digest)
      retries[version.digest] = nil
    }
    logger.warning("no profiles are kept", metadata: ["version": "\(version.version)", "reason": "\(error)"])
  }

  private func collect(before minute: Int?) {
    guard let table = holder.state?.table else { return }
    let model = ModelKey(table)
    let redacted = Set(table.logging.redact)
    let served = holder.state?.versions ?? []
    for version in counted {
      guard let recorder = version.recorder else { continue }
      // Of a version that is served no more the minute that is under way is its last.
      for past in recorder.take(before: served.contains { $0 === version } ? minute : nil) {
        let records = Self.records(past, version.version, recorder).filter { record in
          record.feature.map { !redacted.contains($0) } ?? true
        }
        waiting.append((model, past.minute, records))
      }
    }
    counted.removeAll { version in !served.contains { $0 === version } }
    let newest = waiting.map { $0.minute }.max() ?? 0
    let expired = waiting.filter { $0.minute <= newest - Self.keptMinutes }
    if !expired.isEmpty {
      instruments.expired.increment(by: Double(expired.reduce(0) { $0 + $1.records.count }))
      waiting.removeAll { $0.minute <= newest - Self.keptMinutes }
      logger.warning("profiles of old minutes are dropped", metadata: ["kept": "\(Self.keptMinutes)"])
    }
  }

  private static func records(
    _ minute: ProfileRecorder.Minute, _ version: String, _ recorder: ProfileRecorder
  ) -> [ProfileRecord] {
    func record(_ feature: String?, _ counts: FeatureCounts) -> ProfileRecord {
      ProfileRecord(
        version: version, feature: feature, minute: Double(minute.minute) * 60, instance: recorder.instance,
        bins: recorder.bins.identity, counts: counts)
    }
    return [record(nil, minute.predictions)] + zip(recorder.bins.features, minute.features).map { record($0.name, $1) }
  }

  private func send() async {
    while let oldest = waiting.first {
      do throws(TelemetryError) {
        try await store.store(oldest.records, of: oldest.model)
        isAway = false
      } catch {
        if !isAway { logger.warning("profiles wait for the telemetry store", metadata: ["reason": "\(error)"]) }
        isAway = true
        if !error.isAboutRows { return }
        instruments.refused.increment(by: Double(oldest.records.count))
      }
      waiting.removeFirst()
    }
  }
}
