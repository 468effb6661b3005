import ArgumentParser
import Foundation
import WorkerContract

/// A drifting series replayed through `init`, training, gates and prediction.
@main
struct ReplayBenchmark: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay-benchmark",
    abstract: "Replays series in time order and prints, as a Markdown table, what retraining is worth.")

  @Option(
    name: .customLong("series"),
    help: ArgumentHelp(
      "A CSV file in time order, its target, the rows of the first training and the rows between two trainings.",
      valueName: "file,target,history,chunk"))
  var series: [Series]

  struct Series: ExpressibleByArgument, Sendable {
    var file: String
    var target: String
    var history: Int
    var chunk: Int

    init?(argument: String) {
      let parts = argument.split(separator: ",").map(String.init)
      guard parts.count == 4, let history = Int(parts[2]), let chunk = Int(parts[3]), history > 0, chunk > 0 else {
        return nil
      }
      (file, target, self.history, self.chunk) = (parts[0], parts[1], history, chunk)
    }
  }

  func run() async throws {
    var table = [
      "| series | first training | rows after it | retrained every | trainings | failed | promoted "
        + "| accuracy left alone | accuracy retrained |", "|---|---|---|---|---|---|---|---|---|",
    ]
    for series in series {
      let folder = FileManager.default.temporaryDirectory.appendingPathComponent("apus-replay-\(UUID().uuidString)")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      defer { try? FileManager.default.removeItem(at: folder) }
      let file = URL(fileURLWithPath: series.file)
      let replay = try Replay(
        csv: String(contentsOf: file, encoding: .utf8), target: series.target, history: series.history,
        chunk: series.chunk, folder: folder)
      let outcome = try await replay.run()
      for (rows, failure) in outcome.failures {
        print("\(file.lastPathComponent) after \(rows) rows: \(failure.reason): \(failure.message)")
      }
      for warning in outcome.warnings { print("\(file.lastPathComponent), last training: \(warning)") }
      let cells = [
        file.deletingPathExtension().lastPathComponent, "\(series.history) rows", "\(outcome.rows)",
        "\(series.chunk) rows", "\(outcome.trainings)", "\(outcome.failures.count)", "\(outcome.promotions)",
        String(format: "%.3f", outcome.accuracyAlone), String(format: "%.3f", outcome.accuracy),
      ]
      table.append("| " + cells.joined(separator: " | ") + " |")
    }
    print("\n" + table.joined(separator: "\n"))
  }
}
