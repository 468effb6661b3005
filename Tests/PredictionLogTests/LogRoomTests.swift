import Foundation
import ServiceLifecycle
import Telemetry
import TestSupport
import Testing

@testable import PredictionLog

/// What waits to be stored is bounded in bytes as well as in rows.
struct LogRoomTests {
  private func append(_ id: String, bytes: Int, to append: (PendingPrediction) -> Void) {
    let features = Array(#"{"city":"\#(String(repeating: "x", count: bytes))"}"#.utf8)
    let probabilities = Array(#"{"<=50K":0.25,">50K":0.75}"#.utf8)
    features.withUnsafeBufferPointer { features in
      probabilities.withUnsafeBufferPointer { probabilities in
        append(
          PendingPrediction(
            entry: 0, requestID: id, time: 1000, features: features, probabilities: probabilities, predicted: 1,
            confidence: 0.75, latency: 0.001))
      }
    }
  }

  @Test func `large rows fill the buffer by their bytes, and leave it as they came`() {
    let limit = 10 << 20
    let buffer = LogBuffer(capacity: 1000, bytes: limit)
    var (kept, lost, heavy, pressed) = (0, 0, 0, 0)
    for index in 0..<135 {
      append("r\(index)", bytes: 300_000) {
        switch buffer.append($0, of: incomeTable) {
        case .kept(_, _, let isHeavy, let isPressed):
          kept += 1
          heavy += isHeavy ? 1 : 0
          pressed += isPressed ? 1 : 0
        case .lost(let loss):
          #expect(loss == .bufferFull)
          lost += 1
        }
      }
      #expect(buffer.room.bytes <= limit)
    }
    #expect(kept == 34 && lost == 101, "\(kept)")
    #expect(heavy == 2 && pressed >= 3)
    // A small row still finds room, and labels find none where they do not fit.
    #expect(buffer.append([LabelRecord(requestID: "a", label: "b", time: 1)], of: income) != .lost(.bufferFull))
    let long = LabelRecord(requestID: String(repeating: "i", count: limit), label: "b", time: 1)
    #expect(buffer.append([long], of: income) == .lost(.bufferFull))

    let full = buffer.room
    let batches = buffer.take(size: 1000)
    #expect(batches.reduce(0) { $0 + $1.count } == 35)
    #expect(batches.count == 3 && batches.allSatisfy { $0.room.bytes <= LogBatch.mostBytes })
    #expect(buffer.room == full, "they fill the room until they are released")
    #expect(batches.reduce(LogRoom()) { $0 + $1.room } == full)
    for batch in batches { buffer.release(batch.room) }
    #expect(buffer.room == LogRoom())
  }

  @Test func `one row larger than a batch goes by itself`() {
    let buffer = LogBuffer(capacity: 10)
    for (index, bytes) in [10, 5 << 20, 10, 10].enumerated() {
      append("r\(index)", bytes: bytes) { _ = buffer.append($0, of: incomeTable) }
    }
    #expect(buffer.take(size: 100).map { $0.predictions.map(\.requestID) } == [["r0"], ["r1"], ["r2", "r3"]])
  }

  @Test func `rows that the disk refuses stay up to their share of the bytes, the newest of them`() {
    var ledger = LogLedger(
      limits: .init(
        batch: 100, kept: 100, diskPatience: .seconds(1), closingPatience: .seconds(5), spillBytes: 1, keptBytes: 3000))
    var lost = 0
    func perform(_ actions: [LogLedger.Action]) {
      for case .tell(.lost(let rows, _)) in actions { lost += rows }
    }
    for index in 0..<5 {
      let label = LabelRecord(requestID: "r\(index)", label: String(repeating: "x", count: 1000), time: 1)
      perform(ledger.handle(.taken([LogBatch(model: income, labels: [label])]), at: .zero))
    }
    perform(ledger.handle(.flush, at: .zero))
    perform(ledger.handle(.store(.away("it is")), at: .zero))
    perform(ledger.handle(.flush, at: .milliseconds(1)))
    #expect(lost == 3 && ledger.inMemory.flatMap { $0.labels.map(\.requestID) } == ["r3", "r4"])
  }

  @Test func `a buffer that is nearly full is emptied before the next quarter of the interval`() async throws {
    try await withFolder { folder in
      var configuration = PredictionLog.Configuration(spillFolder: folder)
      configuration.interval = .seconds(36_000)
      // Less than the bytes of a batch, which have it emptied too.
      configuration.bytes = LogBatch.mostBytes - 1
      let log = PredictionLog(
        store: FickleStore(), configuration: configuration, observer: LogCounts(), logger: quiet)
      let group = ServiceGroup(configuration: .init(services: [.init(service: log)], logger: quiet))
      try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask { try await group.run() }
        for index in 0..<13 { append("r\(index)", bytes: 300_000) { log.append($0, of: incomeTable) } }
        _ = try await eventually("rows are on disk") {
          let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
          return files.contains { $0.hasPrefix("spill-") } ? () : nil
        }
        await group.triggerGracefulShutdown()
        try await tasks.waitForAll()
      }
    }
  }

  @Test func `a hundred rows of megabytes are dropped and counted, not kept`() async throws {
    try await withFolder { folder in
      let (store, counts) = (FickleStore(), LogCounts())
      var configuration = PredictionLog.Configuration(spillFolder: folder)
      configuration.interval = .seconds(3600)
      configuration.bytes = 16 << 20
      let log = PredictionLog(store: store, configuration: configuration, observer: counts, logger: quiet)
      for index in 0..<135 {
        append("r\(index)", bytes: 1 << 20) { log.append($0, of: incomeTable) }
        #expect(log.unstoredBytes <= 16 << 20)
      }
      #expect(counts.lost(.bufferFull) == 120 && log.unstored == 15)
    }
  }
}
