import Exposition
import Foundation
import ServiceLifecycle
import Synchronization
import Telemetry
import TestSupport
import Testing
import WorkerContract

@testable import Serving

/// A store that keeps rows in memory and fails as it is told.
final class FickleStore: PredictionWriter, LabelWriter, StorePreparation {
  struct State {
    var isAway = false
    /// Whether it refuses whatever comes, as a database without rights does.
    var isLocked = false
    /// Whether calls wait until this is false again.
    var isHanging = false
    /// Calls, those that hang included.
    var begun = 0
    var refused: Set<String> = []
    var predictions: [String: PredictionRecord] = [:]
    var labels: [String: String] = [:]
    var calls = 0
  }

  let state = Mutex(State())

  func append(_ predictions: [PredictionRecord], of model: ModelKey) async throws(TelemetryError) {
    state.withLock { $0.begun += 1 }
    while state.withLock({ $0.isHanging }) { try? await Task.sleep(for: .milliseconds(1)) }
    try state.withLock { (state) throws(TelemetryError) in
      state.calls += 1
      if state.isAway { throw .unavailable(store: "test", reason: "away") }
      if state.isLocked { throw .misconfigured(store: "test", reason: "locked") }
      if predictions.contains(where: { state.refused.contains($0.requestID) }) {
        throw .refused(store: "test", statement: "store predictions", reason: "no")
      }
      for record in predictions { state.predictions[record.requestID] = record }
    }
  }

  func prepare() async throws(TelemetryError) {
    if state.withLock({ $0.isAway }) { throw .unavailable(store: "test", reason: "away") }
  }

  func append(_ labels: [LabelRecord], of model: ModelKey) async throws(TelemetryError) {
    try state.withLock { (state) throws(TelemetryError) in
      if state.isAway { throw .unavailable(store: "test", reason: "away") }
      for label in labels { state.labels[label.requestID] = label.label }
    }
  }
}

extension PredictionLog {
  /// A prediction of the second of two classes.
  fileprivate func add(_ id: String, by state: ServingState) {
    let (features, probabilities) = (Array(#"{"age":39}"#.utf8), Array(#"{"<=50K":0.25,">50K":0.75}"#.utf8))
    features.withUnsafeBufferPointer { features in
      probabilities.withUnsafeBufferPointer { probabilities in
        append(
          PendingPrediction(
            entry: 0, requestID: id, time: 1000, features: features, probabilities: probabilities, predicted: 1,
            confidence: 0.75, latency: 0.001), by: state)
      }
    }
  }
}

struct PredictionLogTests {
  private func state(_ metrics: ServingMetrics) throws -> ServingState {
    let version = LoadedVersion(version: "v1", digest: "sha256:0", predictor: try Sample.predictor())
    return try ServingState(table: aTable(anEntry("v1")), versions: [version], metrics: metrics)
  }

  /// Runs a log for the length of `body`.
  private func withLog(
    _ store: FickleStore, _ folder: URL, metrics: ServingMetrics,
    _ change: (inout PredictionLog.Configuration) -> Void = { _ in }, _ body: (PredictionLog) async throws -> Void
  ) async throws {
    var configuration = PredictionLog.Configuration(spillFolder: folder)
    configuration.interval = .milliseconds(5)
    change(&configuration)
    let log = PredictionLog(store: store, configuration: configuration, metrics: metrics, logger: quiet)
    let group = ServiceGroup(configuration: .init(services: [.init(service: log)], logger: quiet))
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask { try await group.run() }
      let result: Result<Void, any Error>
      do {
        result = .success(try await body(log))
      } catch {
        store.state.withLock { $0.isHanging = false }
        result = .failure(error)
      }
      await group.triggerGracefulShutdown()
      try await tasks.waitForAll()
      try result.get()
    }
  }

  private func segments(_ folder: URL) -> Int {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).count
  }

  @Test func `rows are stored as they were predicted, and what is left at the end too`() async throws {
    try await withFolder { folder in
      let store = FickleStore()
      let metrics = someMetrics()
      let state = try state(metrics)
      try await withLog(store, folder, metrics: metrics) { log in
        for index in 0..<2500 { log.add("r\(index)", by: state) }
        #expect(log.append([LabelRecord(requestID: "r1", label: ">50K", time: 1)], of: income))
      }
      let kept = store.state.withLock { $0 }
      #expect(kept.predictions.count == 2500)
      #expect(kept.labels == ["r1": ">50K"])
      let record = try #require(kept.predictions["r7"])
      #expect(record.predictedClass == ">50K")
      #expect(record.probabilities == #"{"<=50K":0.25,">50K":0.75}"#)
      #expect(record.confidence == 0.75)
      #expect(metrics.log.stored.value == 2501)
      #expect(segments(folder) == 0)
    }
  }

  @Test func `rows wait on disk while the store is away and come back once`() async throws {
    try await withFolder { folder in
      let store = FickleStore()
      let metrics = someMetrics()
      let state = try state(metrics)
      store.state.withLock { $0.isAway = true }
      try await withLog(store, folder, metrics: metrics) { log in
        for index in 0..<100 { log.add("r\(index)", by: state) }
        #expect(log.append([LabelRecord(requestID: "r1", label: ">50K", time: 1)], of: income))
        _ = try await eventually("rows are on disk") { metrics.log.spilled.value == 101 ? () : nil }
        #expect(segments(folder) == 1)
        store.state.withLock { $0.isAway = false }
        _ = try await eventually("rows are back") { metrics.log.replayed.value == 101 ? () : nil }
        _ = try await eventually("the segment is gone") { segments(folder) == 0 ? () : nil }
      }
      #expect(store.state.withLock { $0.predictions.count } == 100)
      #expect(store.state.withLock { $0.labels } == ["r1": ">50K"])
      #expect(metrics.log.storeUp.value == 1)
    }
  }

  @Test func `what a process left on disk is adopted by the next one, but for a line that was cut`() async throws {
    try await withFolder { folder in
      let store = FickleStore()
      let first = someMetrics()
      let state = try state(first)
      store.state.withLock { $0.isAway = true }
      try await withLog(store, folder, metrics: first) { log in
        for index in 0..<10 { log.add("r\(index)", by: state) }
      }
      #expect(first.log.spilled.value == 10)
      let name = try #require(try FileManager.default.contentsOfDirectory(atPath: folder.path).first)
      let file = try FileHandle(forWritingTo: folder.appending(path: name))
      try file.seekToEnd()
      try file.write(contentsOf: Data(#"{"prediction":{"id":"cut"#.utf8))
      try file.close()

      store.state.withLock { $0.isAway = false }
      let second = someMetrics()
      try await withLog(store, folder, metrics: second) { _ in
        _ = try await eventually("rows are adopted") { second.log.replayed.value == 10 ? () : nil }
        _ = try await eventually("the segment is gone") { segments(folder) == 0 ? () : nil }
      }
      #expect(second.log.dropped.with("damaged").value == 1)
      #expect(store.state.withLock { $0.predictions.count } == 10)
    }
  }

  @Test func `a full buffer drops and counts, and the request does not wait`() async throws {
    try await withFolder { folder in
      let store = FickleStore()
      let metrics = someMetrics()
      let state = try state(metrics)
      let configuration: (inout PredictionLog.Configuration) -> Void = {
        $0.capacity = 10
        $0.interval = .seconds(3600)
      }
      try await withLog(store, folder, metrics: metrics, configuration) { log in
        for index in 0..<25 { log.add("r\(index)", by: state) }
        #expect(metrics.log.dropped.with("buffer_full").value == 15)
        // Labels stay with their sender, all or none, and are not lost.
        #expect(!log.append([LabelRecord(requestID: "r1", label: ">50K", time: 1)], of: income))
        #expect(metrics.log.dropped.with("buffer_full").value == 15)
      }
      #expect(store.state.withLock { $0.labels }.isEmpty)
      #expect(store.state.withLock { $0.predictions.count } == 10)
    }
  }

  @Test func `rows are on disk while the store takes its time, and a process that is killed then has lost none`()
    async throws
  {
    try await withFolder { folder in
      let (spill, copy) = (folder.appending(path: "spill"), folder.appending(path: "copy"))
      let store = FickleStore()
      let metrics = someMetrics()
      let state = try state(metrics)
      store.state.withLock { $0.isHanging = true }
      let change: (inout PredictionLog.Configuration) -> Void = { $0.patience = .seconds(600) }
      try await withLog(store, spill, metrics: metrics, change) { log in
        log.add("first", by: state)
        _ = try await eventually("storing is under way") { store.state.withLock { $0.begun } > 0 ? () : nil }
        for index in 0..<100 { log.add("r\(index)", by: state) }
        #expect(log.append([LabelRecord(requestID: "r1", label: ">50K", time: 1)], of: income))
        // What a kill would leave: the files as they are now.
        _ = try await eventually("all rows are on disk") { () -> Void? in
          try? FileManager.default.removeItem(at: copy)
          guard (try? FileManager.default.copyItem(at: spill, to: copy)) != nil else { return nil }
          return try lines(copy) == 102 ? () : nil
        }
        store.state.withLock { $0.isHanging = false }
        _ = try await eventually("all are stored") { store.state.withLock { $0.predictions.count } == 101 ? () : nil }
        _ = try await eventually("the disk is empty again") { segments(spill) == 0 ? () : nil }
        #expect(metrics.log.spilled.value == 0 && metrics.log.spillBytes.value == 0)
      }
      let (other, second) = (FickleStore(), someMetrics())
      try await withLog(other, copy, metrics: second) { _ in
        _ = try await eventually("they are adopted") { second.log.replayed.value == 102 ? () : nil }
      }
      #expect(other.state.withLock { $0.predictions } == store.state.withLock { $0.predictions })
      #expect(other.state.withLock { $0.labels } == ["r1": ">50K"])
      #expect(segments(copy) == 0)
    }
  }

  /// Rows in the files of a folder.
  private func lines(_ folder: URL) throws -> Int {
    try FileManager.default.contentsOfDirectory(atPath: folder.path).reduce(0) { sum, name in
      let (batches, damaged) = SpillLine.decode([UInt8](try Data(contentsOf: folder.appending(path: name))))
      return sum + batches.reduce(0) { $0 + $1.count } - damaged
    }
  }

  @Test func `segments come back one by one, and one that cannot be read keeps its rows`() async throws {
    try await withFolder { folder in
      let spill = SpillFolder(folder: folder, maximumBytes: 1 << 30)
      func write(_ id: String, _ text: String) throws -> SpillSegment {
        let label = LabelRecord(requestID: id, label: text, time: 1)
        return try spill.write(SpillLine.encode(LogBatch(model: income, labels: [label])), rows: 1)
      }
      let text = String(repeating: "x", count: 3 << 20)
      let written = try (0..<5).map { try write("r\($0)", text) }
      #expect(segments(folder) == 3)
      #expect(spill.oldest() == nil && spill.waitingBytes == 0, "all rows are in memory as well")
      for segment in written { spill.release(segment, rows: 1, isStored: false) }
      var ids: [String] = []
      while let (segment, contents) = spill.oldest() {
        let (batches, damaged) = SpillLine.decode(contents)
        #expect(damaged == 0)
        ids += batches.flatMap(\.labels).map(\.requestID)
        spill.remove(segment)
      }
      #expect(ids == ["r0", "r1", "r2", "r3", "r4"])
      #expect(spill.waitingBytes == 0 && segments(folder) == 0)

      spill.release(try write("r5", "a"), rows: 1, isStored: false)
      let name = try #require(try FileManager.default.contentsOfDirectory(atPath: folder.path).first)
      let file = try FileHandle(forWritingTo: folder.appending(path: name))
      try file.truncate(atOffset: 3)
      try file.close()
      #expect(spill.oldest() == nil)
      #expect(segments(folder) == 1)
    }
  }

  @Test func `a segment goes when its last row is stored, and stays while one is nowhere else`() async throws {
    try await withFolder { folder in
      let spill = SpillFolder(folder: folder, maximumBytes: 100)
      let data = Array("0123456789".utf8)
      let first = try spill.write(data, rows: 2)
      let second = try spill.write(data, rows: 3)
      #expect(first === second && segments(folder) == 1)
      spill.release(first, rows: 2, isStored: true)
      #expect(segments(folder) == 1)
      spill.release(second, rows: 3, isStored: true)
      #expect(segments(folder) == 0)

      let third = try spill.write(data, rows: 1)
      spill.release(third, rows: 1, isStored: false)
      let fourth = try spill.write(data, rows: 1)
      #expect(fourth === third && spill.waitingBytes == 20)
      #expect(spill.oldest() == nil, "a row of it is in memory")
      #expect(try spill.write(data, rows: 1) !== third, "nothing more is added to what is to be replayed")
      spill.release(fourth, rows: 1, isStored: true)
      let oldest = try #require(spill.oldest())
      #expect(oldest.segment === third && oldest.contents == data + data)
      #expect(throws: SpillFolder.Refusal.full) {
        try spill.write(data + data + data + data + data + data + data + data, rows: 1)
      }
    }
  }

  @Test func `rows wait in the first folder that takes files`() async throws {
    try await withFolder { folder in
      let file = folder.appending(path: "file")
      try Data().write(to: file)
      let (volume, last) = (folder.appending(path: "volume/spill"), folder.appending(path: "last"))
      #expect(SpillPlace.first(of: [volume], else: last) == volume)
      #expect(try FileManager.default.contentsOfDirectory(atPath: volume.path).isEmpty)
      #expect(SpillPlace.first(of: [file.appending(path: "below")], else: last) == last)
      #expect(SpillPlace.first(of: [], else: last) == last)
    }
  }

  @Test func `a row that the store refuses is dropped alone`() async throws {
    try await withFolder { folder in
      let store = FickleStore()
      let metrics = someMetrics()
      let state = try state(metrics)
      store.state.withLock { $0.refused = ["r13", "r77"] }
      try await withLog(store, folder, metrics: metrics) { log in
        for index in 0..<100 { log.add("r\(index)", by: state) }
      }
      #expect(store.state.withLock { $0.predictions.count } == 98)
      #expect(metrics.log.dropped.with("refused").value == 2)
    }
  }

  @Test func `a store that refuses every row loses none of them`() async throws {
    try await withFolder { folder in
      let store = FickleStore()
      let metrics = someMetrics()
      let state = try state(metrics)
      store.state.withLock { $0.isLocked = true }
      try await withLog(store, folder, metrics: metrics) { log in
        for index in 0..<100 { log.add("r\(index)", by: state) }
        _ = try await eventually("rows are on disk") { metrics.log.spilled.value == 100 ? () : nil }
        store.state.withLock { $0.isLocked = false }
        _ = try await eventually("rows are back") { metrics.log.replayed.value == 100 ? () : nil }
      }
      #expect(store.state.withLock { $0.predictions.count } == 100)
      #expect(metrics.log.dropped.with("refused").value == 0)
    }
  }

  @Test func `a disk that is full drops and counts`() async throws {
    try await withFolder { folder in
      let store = FickleStore()
      let metrics = someMetrics()
      let state = try state(metrics)
      store.state.withLock { $0.isAway = true }
      try await withLog(store, folder, metrics: metrics, { $0.spillBytes = 100 }) { log in
        for index in 0..<5 { log.add("r\(index)", by: state) }
        #expect(metrics.log.dropped.with("spill_full").value == 0, "memory has room")
      }
      #expect(metrics.log.dropped.with("spill_full").value == 5)
    }
  }

  @Test func `rows that find no place on disk wait in memory, the oldest are dropped when it is full too`() async throws
  {
    try await withFolder { folder in
      let store = FickleStore()
      let metrics = someMetrics()
      let state = try state(metrics)
      // A file where the folder should be takes no segments.
      let place = folder.appending(path: "spill")
      try Data().write(to: place)
      store.state.withLock { $0.isAway = true }
      let configuration: (inout PredictionLog.Configuration) -> Void = {
        $0.capacity = 100
        $0.batch = 10
      }
      try await withLog(store, place, metrics: metrics, configuration) { log in
        for index in 0..<30 { log.add("a\(index)", by: state) }
        _ = try await eventually("the store is known to be away") { metrics.log.storeUp.value == 0 ? () : nil }
        #expect(metrics.log.dropped.with("spill_failed").value == 0)
        for index in 0..<60 { log.add("b\(index)", by: state) }
        // Rows go by the items they were taken in, which are of ten rows at most.
        _ = try await eventually("half of the room is kept") {
          metrics.log.dropped.with("spill_failed").value >= 40 ? () : nil
        }
        #expect(metrics.log.diskUp.value == 0)
        #expect(metrics.log.dropped.with("buffer_full").value == 0)
        store.state.withLock { $0.isAway = false }
        _ = try await eventually("the rest is stored") {
          metrics.log.stored.value + metrics.log.dropped.with("spill_failed").value == 90 ? () : nil
        }
      }
      let stored = Int(metrics.log.stored.value)
      #expect(stored > 40 && stored <= 50)
      let ids = store.state.withLock { Set($0.predictions.keys) }
      #expect(ids == Set((60 - stored..<60).map { "b\($0)" }), "the latest are kept")
    }
  }

  @Test func `a store that does not keep up is given up before the buffer is full`() async throws {
    try await withFolder { folder in
      let store = FickleStore()
      let metrics = someMetrics()
      let state = try state(metrics)
      store.state.withLock { $0.isHanging = true }
      let configuration: (inout PredictionLog.Configuration) -> Void = {
        $0.capacity = 100
        $0.batch = 10
        $0.patience = .seconds(600)
      }
      try await withLog(store, folder, metrics: metrics, configuration) { log in
        for index in 0..<10 { log.add("r\(index)", by: state) }
        _ = try await eventually("the first batch is under way") { store.state.withLock { $0.begun } > 0 ? () : nil }
        for index in 10..<80 { log.add("r\(index)", by: state) }
        _ = try await eventually("rows go to disk") { metrics.log.spilled.value >= 10 ? () : nil }
        store.state.withLock { $0.isHanging = false }
        _ = try await eventually("all are stored") { store.state.withLock { $0.predictions.count } == 80 ? () : nil }
      }
      #expect(LogInstruments.Loss.allCases.allSatisfy { metrics.log.dropped.with($0.rawValue).value == 0 })
    }
  }

  @Test func `whether the store is there is known before the first row, and while none comes`() async throws {
    try await withFolder { folder in
      let store = FickleStore()
      let metrics = someMetrics()
      try await withLog(store, folder, metrics: metrics) { _ in
        _ = try await eventually("the store is there") { metrics.log.storeUp.value == 1 ? () : nil }
      }
      store.state.withLock { $0.isAway = true }
      let later = someMetrics()
      try await withLog(store, folder, metrics: later) { _ in
        store.state.withLock { $0.isAway = false }
        _ = try await eventually("the store is back") { later.log.storeUp.value == 1 ? () : nil }
      }
      #expect(later.log.stored.value == 0)
    }
  }

  @Test func `spilled lines read back as they were, whoever wrote them`() throws {
    let odd = "a\"\\\n\t\u{1}\u{1F}/é\u{1F600} \u{2028}"
    let record = PredictionRecord(
      requestID: odd, version: "v\(odd)", role: .canary, time: 1_763_766_000.123_456, features: "{\"\(odd)\":1}",
      predictedClass: odd, probabilities: "{}", confidence: 1 / 3, latency: 1e-7)
    var usual = record
    (usual.features, usual.probabilities) = (#"{"age":39,"city":"Ürgüp {\"x\"}","gain":null}"#, #"{"0":0.25,"1":0.75}"#)
    let batch = LogBatch(
      model: ModelKey(namespace: odd, model: ""), predictions: [record, usual],
      labels: [LabelRecord(requestID: odd, label: odd, time: -1.5)])
    let lines = SpillLine.encode(batch)
    #expect(lines.count { $0 == 0x0A } == 4)
    let (batches, damaged) = SpillLine.decode(lines + lines + lines.prefix(20))
    #expect(batches == [batch, batch] && damaged == 1)
    var owned = batch
    for created in [nil, "2026-01-01T00:00:00Z"] {
      owned.model.identity = ModelIdentity(uid: odd, created: created)
      #expect(SpillLine.decode(SpillLine.encode(owned)).batches == [owned])
    }
    for cut in 0..<lines.count { #expect(SpillLine.decode(Array(lines.prefix(cut))).damaged <= 1) }
    // As the encoder of earlier versions wrote them.
    let earlier = #"""
      {"model":"income","namespace":"default"}
      {"label":{"id":"a\/b","time":1,"label":">50K"}}
      {"prediction":{"id":"a","version":"v1","role":"production","time":1000.5,"features":"{\"age\":39}","said":"0","probabilities":"{}","confidence":0.5,"latency":1e-05}}
      {"prediction":{"id":"a"}}
      nonsense
      """#
    let (old, lost) = SpillLine.decode(Array(earlier.utf8))
    #expect(old.count == 1 && lost == 2)
    #expect(old.first?.labels == [LabelRecord(requestID: "a/b", label: ">50K", time: 1)])
    #expect(old.first?.predictions.first?.features == #"{"age":39}"#)
  }

  @Test func `whole days go where the retention is long enough for it`() {
    let now = 100 * 86_400.0 + 5000
    #expect(RetentionService.bound(3600, now: now) == now - 3600)
    #expect(RetentionService.bound(30 * 86_400, now: now) == 70 * 86_400)
    #expect(RetentionService.bound(2 * 86_400 - 1, now: now) == now - 2 * 86_400 + 1)
  }
}
