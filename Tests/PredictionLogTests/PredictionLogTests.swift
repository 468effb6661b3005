import Foundation
import ServiceLifecycle
import Synchronization
import Telemetry
import TestSupport
import Testing
import WorkerContract

@testable import PredictionLog

extension PredictionLog {
  /// A prediction of the second of two classes.
  fileprivate func add(_ id: String) {
    let (features, probabilities) = (Array(#"{"age":39}"#.utf8), Array(#"{"<=50K":0.25,">50K":0.75}"#.utf8))
    features.withUnsafeBufferPointer { features in
      probabilities.withUnsafeBufferPointer { probabilities in
        append(
          PendingPrediction(
            entry: 0, requestID: id, time: 1000, features: features, probabilities: probabilities, predicted: 1,
            confidence: 0.75, latency: 0.001), of: incomeTable)
      }
    }
  }
}

struct PredictionLogTests {
  /// Runs a log for the length of `body`. It waits for store and disk as long as it takes, so that a slow machine changes
  /// nothing.
  private func withLog(
    _ store: FickleStore, _ folder: URL, _ counts: LogCounts,
    _ change: (inout PredictionLog.Configuration) -> Void = { _ in }, _ body: (PredictionLog) async throws -> Void
  ) async throws {
    var configuration = PredictionLog.Configuration(spillFolder: folder)
    configuration.interval = .milliseconds(5)
    configuration.patience = .seconds(600)
    configuration.diskPatience = .seconds(600)
    change(&configuration)
    let log = PredictionLog(store: store, configuration: configuration, observer: counts, logger: quiet)
    let group = ServiceGroup(configuration: .init(services: [.init(service: log)], logger: quiet))
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask { try await group.run() }
      let result: Result<Void, any Error>
      do {
        result = .success(try await body(log))
      } catch {
        store.goOn()
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
      let counts = LogCounts()
      try await withLog(store, folder, counts) { log in
        for index in 0..<2500 { log.add("r\(index)") }
        #expect(log.append([LabelRecord(requestID: "r1", label: ">50K", time: 1)], of: income))
      }
      let kept = store.state.withLock { $0 }
      #expect(kept.predictions.count == 2500)
      #expect(kept.labels == ["r1": ">50K"])
      let record = try #require(kept.predictions["r7"])
      #expect(record.predictedClass == ">50K")
      #expect(record.probabilities == #"{"<=50K":0.25,">50K":0.75}"#)
      #expect(record.confidence == 0.75)
      #expect(counts.stored == 2501)
      #expect(segments(folder) == 0)
    }
  }

  @Test func `rows wait on disk while the store is away and come back once`() async throws {
    try await withFolder { folder in
      let store = FickleStore()
      let counts = LogCounts()
      store.state.withLock { $0.isAway = true }
      try await withLog(store, folder, counts) { log in
        for index in 0..<100 { log.add("r\(index)") }
        #expect(log.append([LabelRecord(requestID: "r1", label: ">50K", time: 1)], of: income))
        _ = try await eventually("rows are on disk") { counts.spilled == 101 ? () : nil }
        #expect(segments(folder) == 1)
        store.state.withLock { $0.isAway = false }
        _ = try await eventually("rows are back") { counts.replayed == 101 ? () : nil }
        _ = try await eventually("the segment is gone") { segments(folder) == 0 ? () : nil }
      }
      #expect(store.state.withLock { $0.predictions.count } == 100)
      #expect(store.state.withLock { $0.labels } == ["r1": ">50K"])
      #expect(counts.storeUp == true)
    }
  }

  @Test func `what a process left on disk is adopted by the next one, but for a line that was cut`() async throws {
    try await withFolder { folder in
      let store = FickleStore()
      let first = LogCounts()
      store.state.withLock { $0.isAway = true }
      try await withLog(store, folder, first) { log in
        for index in 0..<10 { log.add("r\(index)") }
      }
      #expect(first.spilled == 10)
      let name = try #require(try FileManager.default.contentsOfDirectory(atPath: folder.path).first)
      let file = try FileHandle(forWritingTo: folder.appending(path: name))
      try file.seekToEnd()
      try file.write(contentsOf: Data(#"{"prediction":{"id":"cut"#.utf8))
      try file.close()

      store.state.withLock { $0.isAway = false }
      let second = LogCounts()
      try await withLog(store, folder, second) { _ in
        _ = try await eventually("rows are adopted") { second.replayed == 10 ? () : nil }
        _ = try await eventually("the segment is gone") { segments(folder) == 0 ? () : nil }
      }
      #expect(second.lost(.damaged) == 1)
      #expect(store.state.withLock { $0.predictions.count } == 10)
    }
  }

  @Test func `rows that lie under the name of an earlier release are adopted as well, and none is written there`()
    async throws
  {
    try await withFolder { folder in
      let (former, current) = (folder.appending(path: "former"), folder.appending(path: "current"))
      let store = FickleStore()
      store.state.withLock { $0.isAway = true }
      try await withLog(store, former, LogCounts()) { log in
        for index in 0..<10 { log.add("r\(index)") }
      }
      #expect(segments(former) == 1)
      try await withLog(
        store, current, LogCounts(), { $0.formerSpillFolders = [former, folder.appending(path: "none")] }
      ) {
        $0.add("r10")
      }
      #expect(segments(former) == 1 && segments(current) == 1)
      store.state.withLock { $0.isAway = false }
      let counts = LogCounts()
      try await withLog(store, current, counts, { $0.formerSpillFolders = [former] }) { _ in
        _ = try await eventually("all are adopted") { counts.replayed == 11 ? () : nil }
        _ = try await eventually("the segments are gone") { segments(former) + segments(current) == 0 ? () : nil }
      }
      #expect(store.state.withLock { $0.predictions.count } == 11)
    }
  }

  @Test func `a full buffer drops and counts, and the request does not wait`() async throws {
    try await withFolder { folder in
      let store = FickleStore()
      let counts = LogCounts()
      let configuration: (inout PredictionLog.Configuration) -> Void = {
        $0.capacity = 10
        $0.interval = .seconds(3600)
      }
      try await withLog(store, folder, counts, configuration) { log in
        // The next time that rows are taken is a quarter of an hour away.
        _ = try await eventually("the first flush is over") { counts.storeUp == true ? () : nil }
        for index in 0..<25 { log.add("r\(index)") }
        #expect(counts.lost(.bufferFull) == 15)
        // Labels stay with their sender, all or none, and are not lost.
        #expect(!log.append([LabelRecord(requestID: "r1", label: ">50K", time: 1)], of: income))
        #expect(counts.lost(.bufferFull) == 15)
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
      let counts = LogCounts()
      store.hang()
      try await withLog(store, spill, counts) { log in
        log.add("first")
        _ = try await eventually("storing is under way") { store.state.withLock { $0.begun } > 0 ? () : nil }
        for index in 0..<100 { log.add("r\(index)") }
        #expect(log.append([LabelRecord(requestID: "r1", label: ">50K", time: 1)], of: income))
        // What a kill would leave: the files as they are now.
        _ = try await eventually("all rows are on disk") { () -> Void? in
          try? FileManager.default.removeItem(at: copy)
          guard (try? FileManager.default.copyItem(at: spill, to: copy)) != nil else { return nil }
          return try lines(copy) == 102 ? () : nil
        }
        store.goOn()
        _ = try await eventually("all are stored") { store.state.withLock { $0.predictions.count } == 101 ? () : nil }
        _ = try await eventually("the disk is empty again") { segments(spill) == 0 ? () : nil }
        #expect(counts.spilled == 0 && counts.spillBytes == 0)
      }
      let (other, second) = (FickleStore(), LogCounts())
      try await withLog(other, copy, second) { _ in
        _ = try await eventually("they are adopted") { second.replayed == 102 ? () : nil }
      }
      #expect(other.state.withLock { $0.predictions } == store.state.withLock { $0.predictions })
      #expect(other.state.withLock { $0.labels } == ["r1": ">50K"])
      #expect(segments(copy) == 0)
    }
  }

  /// Rows in the files of a folder.
  private func lines(_ folder: URL) throws -> Int {
    try FileManager.default.contentsOfDirectory(atPath: folder.path).reduce(0) { sum, name in
      let contents = SpillLine.decode([UInt8](try Data(contentsOf: folder.appending(path: name))))
      return sum + contents.batches.reduce(0) { $0 + $1.count } - contents.damaged
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
      let counts = LogCounts()
      store.state.withLock { $0.refused = ["r13", "r77"] }
      try await withLog(store, folder, counts) { log in
        for index in 0..<100 { log.add("r\(index)") }
      }
      #expect(store.state.withLock { $0.predictions.count } == 98)
      #expect(counts.lost(.refused) == 2)
    }
  }

  @Test func `a store that refuses every row loses none of them`() async throws {
    try await withFolder { folder in
      let store = FickleStore()
      let counts = LogCounts()
      store.state.withLock { $0.isLocked = true }
      try await withLog(store, folder, counts) { log in
        for index in 0..<100 { log.add("r\(index)") }
        _ = try await eventually("rows are on disk") { counts.spilled == 100 ? () : nil }
        store.state.withLock { $0.isLocked = false }
        _ = try await eventually("rows are back") { counts.replayed == 100 ? () : nil }
      }
      #expect(store.state.withLock { $0.predictions.count } == 100)
      #expect(counts.lost(.refused) == 0)
    }
  }

  @Test func `a disk that is full drops and counts`() async throws {
    try await withFolder { folder in
      let store = FickleStore()
      let counts = LogCounts()
      store.state.withLock { $0.isAway = true }
      try await withLog(store, folder, counts, { $0.spillBytes = 100 }) { log in
        for index in 0..<5 { log.add("r\(index)") }
        #expect(counts.lost(.spillFull) == 0, "memory has room")
      }
      #expect(counts.lost(.spillFull) == 5)
    }
  }

  @Test func `rows that find no place on disk wait in memory, the oldest are dropped when it is full too`() async throws
  {
    try await withFolder { folder in
      let store = FickleStore()
      let counts = LogCounts()
      // A file where the folder should be takes no segments.
      let place = folder.appending(path: "spill")
      try Data().write(to: place)
      store.state.withLock { $0.isAway = true }
      let configuration: (inout PredictionLog.Configuration) -> Void = {
        $0.capacity = 100
        $0.batch = 10
      }
      try await withLog(store, place, counts, configuration) { log in
        // All ten labels of a call are taken together, and go together.
        func add(_ name: String, _ count: Int) {
          for first in stride(from: 0, to: count, by: 10) {
            let ids = (first..<first + 10).map { "\(name)\($0)" }
            #expect(log.append(ids.map { LabelRecord(requestID: $0, label: "a", time: 1) }, of: income))
          }
        }
        add("a", 30)
        _ = try await eventually("the store is known to be away") { counts.storeUp == false ? () : nil }
        #expect(counts.lost(.spillFailed) == 0)
        add("b", 60)
        _ = try await eventually("half of the room is kept") { counts.lost(.spillFailed) == 40 ? () : nil }
        #expect(!log.isDiskUp)
        store.state.withLock { $0.isAway = false }
        _ = try await eventually("the rest is stored") { counts.stored == 50 ? () : nil }
      }
      #expect(LogLoss.allCases.allSatisfy { counts.lost($0) == ($0 == .spillFailed ? 40 : 0) })
      let ids = store.state.withLock { Set($0.labels.keys) }
      #expect(ids == Set((10..<60).map { "b\($0)" }), "the latest are kept")
    }
  }

  @Test func `a store that does not keep up is given up before the buffer is full`() async throws {
    try await withFolder { folder in
      let store = FickleStore()
      let counts = LogCounts()
      store.hang()
      let configuration: (inout PredictionLog.Configuration) -> Void = {
        $0.capacity = 100
        $0.batch = 10
      }
      try await withLog(store, folder, counts, configuration) { log in
        for index in 0..<10 { log.add("r\(index)") }
        _ = try await eventually("the first batch is under way") { store.state.withLock { $0.begun } > 0 ? () : nil }
        for index in 10..<80 { log.add("r\(index)") }
        _ = try await eventually("it is given up") { counts.failures > 0 ? () : nil }
        store.goOn()
        _ = try await eventually("all are stored") { store.state.withLock { $0.predictions.count } == 80 ? () : nil }
      }
      #expect(LogLoss.allCases.allSatisfy { counts.lost($0) == 0 })
    }
  }

  @Test func `a store that hangs is asked for nothing more until it goes on`() async throws {
    try await withFolder { folder in
      let store = FickleStore()
      let counts = LogCounts()
      store.hang()
      var added: Set<String> = []
      try await withLog(store, folder, counts, { $0.patience = .milliseconds(200) }) { log in
        func addUntil(_ what: String, _ condition: () -> Bool) async throws {
          _ = try await eventually(what) { () -> Void? in
            log.add("r\(added.count)")
            added.insert("r\(added.count)")
            return condition() ? () : nil
          }
        }
        try await addUntil("a row is being stored") { store.state.withLock { $0.begun } > 0 }
        let failures = counts.failures
        try await addUntil("the store is given up, again and again") { counts.failures >= failures + 3 }
        #expect(store.state.withLock { $0.begun } == 1)
        store.goOn()
        _ = try await eventually("all rows are stored, and it is known") { () -> Void? in
          let stored = store.state.withLock { $0.predictions.count }
          return stored == added.count && log.unstored == 0 && counts.spillBytes == 0 ? () : nil
        }
      }
      #expect(store.state.withLock { Set($0.predictions.keys) } == added)
      #expect(LogLoss.allCases.allSatisfy { counts.lost($0) == 0 })
    }
  }

  @Test func `whether the store is there is known before the first row, and while none comes`() async throws {
    try await withFolder { folder in
      let store = FickleStore()
      let counts = LogCounts()
      try await withLog(store, folder, counts) { _ in
        _ = try await eventually("the store is there") { counts.storeUp == true ? () : nil }
      }
      store.state.withLock { $0.isAway = true }
      let later = LogCounts()
      try await withLog(store, folder, later) { _ in
        store.state.withLock { $0.isAway = false }
        _ = try await eventually("the store is back") { later.storeUp == true ? () : nil }
      }
      #expect(later.stored == 0)
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
    #expect(
      String(decoding: SpillLine.encode(LogBatch(model: income, predictions: [usual], labels: [])), as: UTF8.self)
        .hasSuffix(
          #","said":"a\"\\\u000a\u0009\u0001\u001f/é😀 \#u{2028}","probabilities":{"0":0.25,"1":0.75},"confidence":0.3333333333333333,"latency":1e-07}}"#
            + "\n"))
    let contents = SpillLine.decode(lines + lines + lines.prefix(20))
    #expect(contents == SpillContents(batches: [batch, batch], damaged: 1))
    var owned = batch
    for created in [nil, "2026-01-01T00:00:00Z"] {
      owned.model.identity = ModelIdentity(uid: odd, created: created)
      #expect(SpillLine.decode(SpillLine.encode(owned)).batches == [owned])
    }
    for cut in 0..<lines.count {
      let contents = SpillLine.decode(Array(lines.prefix(cut)))
      #expect(contents.damaged <= 1 && !contents.isBroken)
    }
    // As the encoder of earlier versions wrote them.
    let earlier = #"""
      {"model":"income","namespace":"default"}
      {"label":{"id":"a\/b","time":1,"label":">50K"}}
      {"prediction":{"id":"a","version":"v1","role":"production","time":1000.5,"features":"{\"age\":39}","said":"0","probabilities":"{}","confidence":0.5,"latency":1e-05}}
      {"prediction":{"id":"a"}}
      nonsense
      """#
    let old = SpillLine.decode(Array(earlier.utf8))
    #expect(old.batches.count == 1 && old.damaged == 2 && !old.isBroken)
    #expect(old.batches.first?.labels == [LabelRecord(requestID: "a/b", label: ">50K", time: 1)])
    #expect(old.batches.first?.predictions.first?.features == #"{"age":39}"#)
  }

  /// A first line, of which a part may be damaged, and what becomes of the rows that follow it.
  @Test(arguments: [
    (#"{"namespace":"default","model":"churn"}"#, "churn", 0, false),
    (#"{"namespace":"default","model":"churn","sort":{"of":"model"}}"#, "churn", 0, false),
    (#"{"label":{"id":"x","label":"a","time":1,"by":null}}"#, "income", 0, false),
    (#"{"label":{"id":"x"}}"#, "income", 1, false),
    (#"{"prediction":{"id":"x","role":"rival"}}"#, "income", 1, false),
    (#"{"namespace":"default","model":"chu"#, nil, 3, true),
    (#"{"namespace":"default"}"#, nil, 3, true),
    (#"{"namespace":"default","sort":{"of":"model"}}"#, nil, 3, true),
    (#"{"label":{"id":"x","label":"a","time":1}}{"namespace":"default","model":"churn"}"#, nil, 3, true),
    ("\0\0\0\0", nil, 3, true),
  ]) func `rows whose model is not known for sure are brought to none`(
    _ line: String, _ model: String?, _ damaged: Int, _ isBroken: Bool
  ) {
    let first = #"{"namespace":"default","model":"income"}"#
    let row = #"{"label":{"id":"r","label":"a","time":1}}"#
    let last = #"{"namespace":"default","model":"last"}"#
    let text = [first, row, line, row, row, last, row].map { $0 + "\n" }.joined()
    let contents = SpillLine.decode(Array(text.utf8))
    #expect(contents.damaged == damaged && contents.isBroken == isBroken)
    var models: [String: Int] = [:]
    for batch in contents.batches { models[batch.model.model, default: 0] += batch.count }
    let known = line.contains("by") ? 1 : 0
    var expected = ["income": 1, "last": 1]
    if let model { expected[model, default: 0] += 2 + known }
    #expect(models == expected)
  }

  /// Whatever byte of the line that names the model changes, no row is given to another one.
  @Test(arguments: [nil, ModelIdentity(uid: "u-1"), ModelIdentity(uid: "u-1", created: "2026-01-01T00:00:00Z")])
  func `a changed byte makes no row another model's`(_ identity: ModelIdentity?) {
    let model = ModelKey(namespace: "default", model: "income", identity: identity)
    let batch = LogBatch(model: model, labels: [LabelRecord(requestID: "r", label: "a", time: 1)])
    let bytes = SpillLine.encode(batch)
    let first = bytes.prefix { $0 != 0x0A }.count
    for place in 0..<first {
      for byte in [UInt8(ascii: "x"), UInt8(ascii: "0"), UInt8(ascii: " "), bytes[place] ^ 1, bytes[place] ^ 0x20] {
        var changed = bytes
        changed[place] = byte
        let contents = SpillLine.decode(changed)
        #expect(contents.batches.isEmpty || contents.batches == [batch], "byte \(place)")
      }
    }
  }

  @Test func `rows that come after the end are told as lost, and labels stay with their sender`() async throws {
    try await withFolder { folder in
      let store = FickleStore()
      let counts = LogCounts()
      let log = Mutex<PredictionLog?>(nil)
      try await withLog(store, folder, counts) { running in
        log.withLock { $0 = running }
        running.add("r0")
      }
      let ended = try #require(log.withLock { $0 })
      ended.add("r1")
      #expect(counts.lost(.closed) == 1 && ended.unstored == 0)
      #expect(!ended.append([LabelRecord(requestID: "r1", label: ">50K", time: 1)], of: income))
      #expect(store.state.withLock { Set($0.predictions.keys) } == ["r0"])
    }
  }

  @Test func `a file of an earlier version is adopted under its name`() async throws {
    try await withFolder { folder in
      let text = #"""
        {"namespace":"default","model":"income","uid":"u1","created":"2026-01-01T00:00:00Z"}
        {"prediction":{"id":"a","version":"v1","role":"production","time":1000.5,"features":{"age":39},"said":"0","probabilities":{"0":0.5},"confidence":0.5,"latency":1e-05}}
        {"label":{"id":"a","label":">50K","time":1.0}}

        """#
      try Data(text.utf8).write(to: folder.appending(path: "spill-7-4294967295-12.jsonl"))
      let store = FickleStore()
      let counts = LogCounts()
      try await withLog(store, folder, counts) { _ in
        _ = try await eventually("rows are adopted") { counts.replayed == 2 ? () : nil }
        _ = try await eventually("the file is gone") { segments(folder) == 0 ? () : nil }
      }
      #expect(store.state.withLock { $0.predictions["a"]?.features } == #"{"age":39}"#)
      #expect(store.state.withLock { $0.labels } == ["a": ">50K"])
    }
  }
}
