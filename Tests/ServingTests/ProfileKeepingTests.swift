import Engine
import Artifacts
import Exposition
import Foundation
import Learning
import Monitoring
import Statistics
import Synchronization
import Tabular
import Telemetry
import TestSupport
import Testing
import Values
import WorkerContract

@testable import Serving

/// A store of profiles in memory that fails as it is told.
private final class ProfileStore: ProfileWriter {
  struct State {
    var isAway = false
    var isRefusing = false
    var records: [ProfileRecord] = []
  }

  let state = Mutex(State())

  func store(_ profiles: [ProfileRecord], of model: ModelKey) async throws(TelemetryError) {
    try state.withLock { (state) throws(TelemetryError) in
      if state.isAway { throw .unavailable(store: "test", reason: "away") }
      if state.isRefusing { throw .refused(store: "test", statement: "store profiles", reason: "no") }
      state.records += profiles
    }
  }

  /// Everything stored, added up.
  var profile: WindowProfile {
    var profile = WindowProfile()
    for record in state.withLock({ $0.records }) {
      if let feature = record.feature {
        profile.add(record.counts, toFeature: feature)
      } else {
        profile.addPredictions(record.counts)
      }
    }
    return profile
  }
}

/// Artifacts in a folder that cannot be opened for as often as it is told.
private final class AwayArtifacts: ArtifactStore {
  private let folder: FileArtifactStore
  private let failures: Mutex<Int>
  private let error: any Error & Sendable

  init(
    _ folder: FileArtifactStore, failures: Int, error: any Error & Sendable
  ) {
    self.folder = folder
    self.error = error
    self.failures = Mutex(failures)
  }

  func open(_ digest: String) async throws -> ArtifactBundle {
    let isAway = failures.withLock { failures in
      failures -= 1
      return failures >= 0
    }
    if isAway { throw error }
    return try await folder.open(digest)
  }

  func put(_ bundle: ArtifactBundle) async throws { try await folder.put(bundle) }
  func remove(_ digest: String) async throws { try await folder.remove(digest) }
  func putReport(_ data: Data, at path: String) async throws { try await folder.putReport(data, at: path) }
  func report(at path: String) async throws -> Data { try await folder.report(at: path) }
  func removeReport(at path: String) async throws -> Bool { try await folder.removeReport(at: path) }
}

struct ProfileKeepingTests {
  private static let training = Table([
    ("age", .numeric((0..<1000).map { Double($0 % 80) + 10 })),
    ("hours", .numeric((0..<1000).map { $0 % 3 == 0 ? .nan : Double($0 % 60) })),
    ("gain", .numeric([Double](repeating: 0, count: 1000))),
    ("work", .categorical(codes: (0..<1000).map { Int32($0 % 2) }, levels: ["Private", "State"])),
    ("city", .categorical(codes: (0..<1000).map { Int32($0 % 3) - 1 }, levels: ["Ürgüp", "Bern"])),
    ("zone", .categorical(codes: [Int32](repeating: 0, count: 1000), levels: ["1"])),
  ])

  private static func reference() -> ReferenceProfile {
    ReferenceProfile(
      training: training, schema: Sample.schema,
      predictions: .init(classes: Sample.schema.target.classes, counts: [700, 300], meanConfidence: 0.7))
  }

  private func bins() -> ProfileBins {
    ProfileBins(
      reference: Self.reference(), schema: Sample.pipeline.schema, classes: Sample.schema.target.classes)
  }

  private func row(_ index: Int) -> [FeatureValue] {
    [
      .number(Double(index % 80) + 10), index % 3 == 0 ? .missing : .number(Double(index % 60)), .number(0),
      .category(Int32(index % 2)), index % 3 == 0 ? .missing : .category(Int32(index % 3 - 1)),
      index % 10 == 0 ? .unseen : .category(Int32(index % 5 == 0 ? 1 : 0)),
    ]
  }

  private func add(_ rows: Range<Int>, to recorder: ProfileRecorder, at time: (Int) -> Double) {
    for index in rows {
      var row = row(index)
      row.withUnsafeMutableBufferPointer {
        recorder.add($0, predicted: index % 4 == 0 ? 1 : 0, confidence: index % 2 == 0 ? 0.5 : 0.75, at: time(index))
      }
    }
  }

  @Test func `rows of many threads are counted in their minutes, each once`() async throws {
    let recorder = try #require(ProfileRecorder(bins: bins(), pipeline: Sample.pipeline))
    let done = Mutex(0)
    for worker in 0..<6 {
      let thread = Thread {
        add(worker * 500..<(worker + 1) * 500, to: recorder) { 6000 + Double($0 % 3) * 60 + 59.9 }
        done.withLock { $0 += 1 }
      }
      thread.start()
    }
    _ = try await eventually("all threads are through") { done.withLock { $0 } == 6 ? () : nil }
    #expect(recorder.take(before: 101).map(\.minute) == [100])
    #expect(recorder.take(before: 101).isEmpty, "a minute is taken once")
    let rest = recorder.take(before: nil)
    #expect(rest.map(\.minute) == [101, 102])
    for minute in rest {
      #expect(minute.predictions.counts.reduce(0, +) == 1000)
      #expect(minute.features.allSatisfy { $0.rows == 1000 })
    }
  }

  @Test func `counts are those of the bins, sums those of the values`() throws {
    let bins = bins()
    let recorder = try #require(ProfileRecorder(bins: bins, pipeline: Sample.pipeline))
    add(0..<1000, to: recorder) { _ in 90 }
    let minute = try #require(recorder.take(before: nil).first)
    #expect(minute.minute == 1)
    for (place, feature) in bins.features.enumerated() {
      let counts = minute.features[place]
      guard case .numeric(let edges) = feature.kind, case .numeric(let values) = Self.training[feature.name] else {
        continue
      }
      let present = values.filter { !$0.isNaN }.sorted()
      #expect(Array(counts.counts.dropLast()) == edges.counts(ofSorted: present), "\(feature.name)")
      #expect(counts.counts.last == values.count - present.count)
      let moments = Moments(present)
      #expect(abs(counts.moments.mean - moments.mean) < 1e-9)
      #expect(abs(counts.moments.deviation - moments.deviation) < 1e-9)
      #expect(counts.moments.minimum == moments.minimum && counts.moments.maximum == moments.maximum)
    }
    // Levels by frequency, unseen, missing. Zone "2" is a category of the schema that training did not have.
    #expect(minute.features[3].counts == [500, 500, 0, 0])
    #expect(minute.features[4].counts[3] == 334)
    #expect(minute.features[5].counts == [800, 200, 0])
    #expect(minute.predictions.counts == [750, 250])
    #expect(abs(minute.predictions.moments.mean - 0.625) < 1e-9)
  }

  @Test func `a minute that is over is stored once, redacted features never, and waits for a store that is away`()
    async throws
  {
    try await withFolder { folder in
      let artifacts = FileArtifactStore(folder: folder.path)
      var files = try Sample.bundle().files
      files[ArtifactBundle.FileName.reference] = try JSONEncoder().encode(Self.reference())
      let bundle = try ArtifactBundle(files: files)
      try await artifacts.put(bundle)
      let (holder, metrics, store) = (ServingHolder(), someMetrics(), ProfileStore())
      func serve(_ digest: String, redact: [String] = []) throws -> LoadedVersion {
        let version = LoadedVersion(version: "v1", digest: digest, predictor: try Sample.predictor())
        holder.swap(
          try ServingState(
            table: aTable(anEntry("v1"), logging: LoggingRules(redact: redact)), versions: [version],
            observer: ServingObserver(metrics: metrics, log: nil)))
        return version
      }
      let keeper = ProfileKeeper(
        store: store, artifacts: artifacts, holder: holder, instruments: metrics.profiles, logger: quiet)
      let version = try serve(bundle.digest.description, redact: ["age"])
      await keeper.keep(minutesBefore: 1)
      let recorder = try #require(version.recorder)
      add(0..<60, to: recorder) { 60 + Double($0) }
      store.state.withLock { $0.isAway = true }
      await keeper.keep(minutesBefore: 2)
      #expect(store.state.withLock { $0.records }.isEmpty)
      add(60..<80, to: recorder) { _ in 130 }
      store.state.withLock { $0.isAway = false }
      await keeper.keep(minutesBefore: 2)
      #expect(store.profile.rowCount == 60)
      #expect(store.profile.features["age"] == nil && store.profile.features["hours"]?.rows == 60)
      #expect(Set(store.state.withLock { $0.records }.map(\.minute)) == [60])
      // Another version takes over: the first one's last minute goes with it.
      let plain = try Sample.bundle(shift: 1)
      try await artifacts.put(plain)
      let next = try serve(plain.digest.description)
      await keeper.keep(minutesBefore: 2)
      #expect(store.profile.rowCount == 80)
      #expect(next.recorder == nil, "it has no reference")
      await keeper.keep(minutesBefore: nil)
      #expect(store.profile.rowCount == 80)
      #expect(metrics.profiles.expired.value == 0 && metrics.profiles.refused.value == 0)
    }
  }

  @Test
  func `a reference that could not be read is asked for again, with pauses, and one that is no reference is not`()
    async throws
  {
    try await withFolder { folder in
      let artifacts = FileArtifactStore(folder: folder.path)
      var files = try Sample.bundle().files
      files[ArtifactBundle.FileName.reference] = try JSONEncoder().encode(Self.reference())
      let good = try ArtifactBundle(files: files)
      files[ArtifactBundle.FileName.reference] = Data("damaged".utf8)
      let damaged = try ArtifactBundle(files: files)
      let away = ArtifactError.unavailable(location: "test", reason: "away")
      let refusal = ArtifactError.forbidden(location: "test", reason: "credentials have expired")
      let cases: [(bundle: ArtifactBundle, failures: Int, error: ArtifactError, pause: Duration, isCounted: [Bool])] = [
        (good, 0, away, .zero, [true, true]), (good, 2, away, .zero, [false, false, true]),
        (good, 2, refusal, .zero, [false, false, true]), (good, 1, away, .seconds(3600), [false, false]),
        (damaged, 1, away, .zero, [false, false, false]),
      ]
      for (bundle, failures, error, pause, isCounted) in cases {
        try await artifacts.put(bundle)
        let (holder, metrics) = (ServingHolder(), someMetrics())
        let version = LoadedVersion(
          version: "v1", digest: bundle.digest.description, predictor: try Sample.predictor())
        holder.swap(
          try ServingState(
            table: aTable(anEntry("v1")), versions: [version], observer: ServingObserver(metrics: metrics, log: nil)))
        let keeper = ProfileKeeper(
          store: ProfileStore(),
          artifacts: AwayArtifacts(artifacts, failures: failures, error: error), holder: holder,
          instruments: metrics.profiles, logger: quiet, retryPause: DoublingPause(first: pause, longest: pause))
        for (look, expected) in isCounted.enumerated() {
          await keeper.keep(minutesBefore: 1)
          #expect((version.recorder != nil) == expected, "\(failures) failures, look \(look)")
        }
      }
    }
  }

  @Test func `profiles that wait for longer than four hours, or that the store refuses, are counted as dropped`()
    async throws
  {
    try await withFolder { folder in
      let artifacts = FileArtifactStore(folder: folder.path)
      var files = try Sample.bundle().files
      files[ArtifactBundle.FileName.reference] = try JSONEncoder().encode(Self.reference())
      let bundle = try ArtifactBundle(files: files)
      try await artifacts.put(bundle)
      let (holder, metrics, store) = (ServingHolder(), someMetrics(), ProfileStore())
      let version = LoadedVersion(
        version: "v1", digest: bundle.digest.description, predictor: try Sample.predictor())
      holder.swap(
        try ServingState(
          table: aTable(anEntry("v1")), versions: [version], observer: ServingObserver(metrics: metrics, log: nil)))
      let keeper = ProfileKeeper(
        store: store, artifacts: artifacts, holder: holder, instruments: metrics.profiles, logger: quiet)
      await keeper.keep(minutesBefore: 1)
      let recorder = try #require(version.recorder)
      store.state.withLock { $0.isAway = true }
      // A row in each of 243 minutes.
      add(0..<243, to: recorder) { Double($0) * 60 + 60 }
      await keeper.keep(minutesBefore: 500)
      let profiles = Double(1 + bins().features.count)
      #expect(metrics.profiles.expired.value == 3 * profiles)
      store.state.withLock { ($0.isAway, $0.isRefusing) = (false, true) }
      await keeper.keep(minutesBefore: 500)
      #expect(metrics.profiles.refused.value == 240 * profiles)
      #expect(store.state.withLock { $0.records }.isEmpty)
    }
  }

  @Test func `a server's traffic can be compared with the reference from profiles alone`() async throws {
    // Minutes that last a tenth of a second.
    let start = Date().timeIntervalSince1970
    let clock = { @Sendable in start + (Date().timeIntervalSince1970 - start) * 600 }
    try await withServer(isServing: false, clock: clock) { server in
      var files = try Sample.bundle().files
      files[ArtifactBundle.FileName.reference] = try JSONEncoder().encode(Self.reference())
      let bundle = try ArtifactBundle(files: files)
      try await server.artifacts.put(bundle)
      var table = aTable(anEntry("v1", bundle.digest.description))
      table.logging = LoggingRules(sample: 0)
      _ = try await server.reload(table)
      try await server.becomesReady()
      // Rows are counted once the reference was read.
      let bins = bins()
      let profile = try await eventually("profiles are stored") { () -> WindowProfile? in
        _ = try await server.predict()
        return try await server.store.profile(of: income, version: "v1", bins: bins.identity, from: 0, to: 1e11)
      }
      #expect(profile.rowCount > 0)
      #expect(profile.features["age"]?.moments.mean == 39)
      let report = try DriftReport(profile, bins: bins, reference: Self.reference(), minimumSamples: 1)
      #expect(report.features.map(\.feature) == Sample.schema.features.map(\.name))
      #expect(try await server.store.predictions(PredictionQuery(model: income)).isEmpty)
    }
  }
}
