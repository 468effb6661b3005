import Artifacts
import Foundation
import HTTPTransport
import Synchronization
import WorkerContract
import Workers

/// A folder with sources and an artifact store, and a worker that runs in it; removed at the end.
final class Workshop: Sendable {
  let folder: URL
  private let lines = Mutex<[String]>([])

  init() {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("apus-worker-\(UUID().uuidString)")
    try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit {
    try? FileManager.default.removeItem(at: folder)
  }

  /// What the worker logged.
  var log: [String] { lines.withLock { $0 } }

  var store: FileArtifactStore { FileArtifactStore(folder: folder.appendingPathComponent("artifacts").path) }
  var telemetry: String { "sqlite://" + folder.appendingPathComponent("telemetry.sqlite").path }

  /// Writes a file and returns its URI.
  func write(_ text: String, to name: String = "data.csv") throws -> String {
    let place = folder.appendingPathComponent(name)
    try Data(text.utf8).write(to: place)
    return "file://" + place.path
  }

  func worker(
    variables: [String: String] = [:], now: Date = Date(timeIntervalSince1970: 1_760_000_000),
    transport: (any HTTPTransport)? = nil, sourceFolders: SourceFolders = .machine
  ) -> Worker {
    let defaults = [
      RunEnvironment.artifacts: "file://" + folder.appendingPathComponent("artifacts").path,
      RunEnvironment.telemetry: telemetry,
    ]
    let log = RunLog { [weak self] line in self?.lines.withLock { $0.append(line) } }
    var environment = WorkerEnvironment(
      variables: defaults.merging(variables) { $1 }, threads: 1, now: { now }, log: log)
    environment.sourceFolders = sourceFolders
    if let transport { environment.transport = { () throws(TransportError) in transport } }
    return Worker(environment: environment)
  }
}

/// A small world: `y` follows x and the colour, with gaps in x.
enum SmallWorld {
  static let schema = FeatureSchema(
    target: .init(name: "y", positive: "yes"),
    features: [
      .init(name: "x", type: .numeric, nullable: true, minimum: -10, maximum: 110),
      .init(name: "colour", type: .categorical),
    ])

  static func csv(rows: Int = 400) -> String {
    let colours = ["red", "green", "blue"]
    var text = "x,colour,y\n"
    for row in 0..<rows {
      let x = Double(row * 37 % 101)
      let colour = row * 13 % 3
      let noise = Double(row * 71 % 29) - 14
      let isYes = x + Double(colour) * 20 + noise > 70
      text += "\(row % 17 == 4 ? "" : String(x)),\(colours[colour]),\(isYes ? "yes" : "no")\n"
    }
    return text
  }

  static func run(
    _ uri: String, version: String = "v1", champion: ArtifactReference? = nil, schema: FeatureSchema = schema
  ) -> RunSpecification {
    RunSpecification(
      run: "demo-train-\(version)", namespace: "ml", model: "demo",
      train: TrainingRun(
        version: version, schema: schema, source: DataSource(csv: .init(uri: uri)),
        algorithm: Algorithm(gradientBoosting: .init(rounds: 30)), champion: champion, confidence: 0.95,
        comparedBy: .rocAUC))
  }
}
