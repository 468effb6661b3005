import Foundation
import PredictionLog
import Telemetry
import TestSupport
import Testing
import WorkerContract

@testable import Serving

/// A server in the place of one of release 0.1.0: with its routing table, its artifact, its database and the rows that it had on
/// disk when it was killed.
@Suite struct FormerReleaseTests {
  static let kept = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../Golden/Releases/0.1.0/kept").standardizedFileURL

  private struct Exchange: Decodable {
    struct Answer: Decodable {
      var predicted_class: String
      var probabilities: [String: Double]
      var model_version: String
    }
    var features: [String: Double]
    var answer: Answer
  }

  @Test func `its table, artifact, database and spilled rows are taken over, and the answers are the same`()
    async throws
  {
    let table = try JSONDecoder().decode(
      RoutingTable.self, from: Data(contentsOf: Self.kept.appending(path: "routing.json")))
    let model = ModelKey(namespace: table.namespace, model: table.model, identity: table.identity)
    let place = { (configuration: inout ModelServer.Configuration, folder: URL) in
      let files = FileManager.default
      try files.createDirectory(at: folder.appending(path: "db"), withIntermediateDirectories: true)
      for (from, to) in [
        ("artifacts", "artifacts"), ("spill", "spill"), ("telemetry.sqlite", "db/t.sqlite"),
        ("routing.json", RoutingTable.fileName),
      ] {
        try files.copyItem(at: Self.kept.appending(path: from), to: folder.appending(path: to))
      }
      // As old as it is, nothing of it is due to go.
      configuration.retentionInterval = .seconds(86_400)
    }
    let clock: @Sendable () -> Double = { 1_795_974_700 }
    try await withServer(isServing: false, configure: place, clock: clock) { server in
      try await server.becomesReady()
      let exchanges = try JSONDecoder().decode(
        [Exchange].self, from: Data(contentsOf: Self.kept.appending(path: "predictions.json")))
      #expect(exchanges.count == 8)
      for (index, exchange) in exchanges.enumerated() {
        let features = String(decoding: try JSONEncoder().encode(exchange.features), as: UTF8.self)
        let reply = try await server.predict(features, id: "again\(index)")
        let answer = try JSONDecoder().decode(Exchange.Answer.self, from: Data(reply.text.utf8))
        #expect(answer.predicted_class == exchange.answer.predicted_class && answer.model_version == "v1")
        for (label, probability) in exchange.answer.probabilities {
          #expect(abs((answer.probabilities[label] ?? .nan) - probability) < 1e-6)
        }
      }
      // 40 in the database, 8 on disk with their labels, 8 just now.
      let rows = try await eventually("all rows are stored") { () -> [LoggedPrediction]? in
        let rows = try await server.store.predictions(PredictionQuery(model: model))
        return rows.count == 56 ? rows : nil
      }
      #expect(rows.allSatisfy { $0.repeats == 0 && $0.record.version == "v1" })
      let spilled = rows.filter { $0.record.requestID.hasPrefix("s") }
      #expect(
        spilled.count == 8
          && spilled.allSatisfy { $0.label == String($0.record.requestID.dropFirst()).parity })
      #expect(rows.count { $0.record.requestID.hasPrefix("r") && $0.label != nil } == 40)
      let left = try FileManager.default.contentsOfDirectory(atPath: server.folder.appending(path: "spill").path)
      #expect(!left.contains { $0.hasPrefix("damaged") })
    }
  }
}

extension String {
  /// `0` for an even number: the labels that were sent.
  fileprivate var parity: String { (Int(self) ?? 0).isMultiple(of: 2) ? "0" : "1" }
}
