package import ApusAPI
import Authoring
import Artifacts
import Decisions
package import Foundation
import KubernetesModel
import Learning
import Tabular
package import WorkerContract
import Workers
import YAMLCoding

/// A series in time order, played to a model that `apus init` made from its beginning: after each chunk of rows the model is
/// trained on the newest ones and promoted by its own gates, as worker and operator do it, beside a first version left alone.
package struct Replay {
  package struct Outcome: Sendable {
    package var rows = 0
    package var right = 0
    package var rightAlone = 0
    package var trainings = 0
    package var promotions = 0
    /// Each with the rows seen until then.
    package var failures: [(rows: Int, failure: RunFailure)] = []
    /// Of the last training that succeeded.
    package var warnings: [String] = []

    package var accuracy: Double { Double(right) / Double(max(1, rows)) }
    package var accuracyAlone: Double { Double(rightAlone) / Double(max(1, rows)) }
  }

  package enum Failure: Error, CustomStringConvertible {
    case tooShort(rows: Int, history: Int)
    case firstTraining(RunFailure)

    package var description: String {
      switch self {
      case .tooShort(let rows, let history):
        "the series has \(rows) rows, no more than the first training takes (\(history)): lower --history"
      case .firstTraining(let failure): "the first training failed, \(failure.reason): \(failure.message)"
      }
    }
  }

  private let header: Substring
  private let lines: [Substring]
  private let history: Int
  private let chunk: Int
  private let folder: URL
  private let worker: Worker
  package let model: ModelDeployment

  /// - Parameters:
  ///   - csv: Rows in time order, one a line.
  ///   - history: Rows that `init` and the first training see, and each later training at most.
  ///   - chunk: Rows between two trainings.
  ///   - folder: Where source and artifacts lie meanwhile.
  package init(csv: String, target: String, history: Int, chunk: Int, folder: URL) throws {
    let all = csv.split(whereSeparator: \.isNewline)
    header = all.first ?? ""
    lines = Array(all.dropFirst())
    guard lines.count > history else { throw Failure.tooShort(rows: lines.count, history: history) }
    self.history = history
    self.chunk = chunk
    self.folder = folder
    let source = folder.appendingPathComponent("source.csv")
    let beginning = ([header] + lines.prefix(history)).joined(separator: "\n")
    let draft = try ModelDraft(
      csv: [UInt8](beginning.utf8), uri: source.absoluteString, target: target, name: "replayed")
    model = try ModelDeployment.decode(YAML.documents(draft.text)[0].value)
    var environment = WorkerEnvironment(
      variables: [
        RunEnvironment.artifacts: "file://" + folder.appendingPathComponent("artifacts").path,
        RunEnvironment.telemetry: "sqlite://" + folder.appendingPathComponent("telemetry.sqlite").path,
      ], threads: 1, log: RunLog { _ in })
    environment.sourceFolders = .machine
    worker = Worker(environment: environment)
  }

  package func run() async throws -> Outcome {
    var outcome = Outcome()
    let first = try await train("v1", upTo: history, against: nil)
    guard let trained = first.trained else {
      throw Failure.firstTraining(first.failed ?? RunFailure(reason: "", message: "", retryable: false, step: ""))
    }
    let alone = try await predictor(trained.artifact)
    var (production, serving) = (trained.artifact, alone)
    var start = history
    while start < lines.count {
      let end = min(start + chunk, lines.count)
      outcome.rows += end - start
      outcome.right += try right(serving, start..<end)
      outcome.rightAlone += try right(alone, start..<end)
      start = end
      guard end < lines.count else { break }
      outcome.trainings += 1
      let result = try await train("v\(outcome.trainings + 1)", upTo: end, against: production)
      guard let next = result.trained else {
        if let failure = result.failed { outcome.failures.append((end, failure)) }
        continue
      }
      outcome.warnings = next.warnings
      let verdicts = Gates.verdicts(on: next, rules: model.spec.promotion, production: production)
      guard verdicts.allSatisfy(\.passed) else { continue }
      outcome.promotions += 1
      production = next.artifact
      serving = try await predictor(production)
    }
    return outcome
  }

  private func train(_ version: String, upTo end: Int, against champion: ArtifactReference?) async throws -> RunResult {
    let rows = ([header] + lines[max(0, end - history)..<end]).joined(separator: "\n")
    try Data(rows.utf8).write(to: folder.appendingPathComponent("source.csv"))
    let (training, promotion) = (model.spec.training, model.spec.promotion)
    return await worker.run(
      .train,
      RunSpecification(
        run: "replayed-\(version)", namespace: "default", model: "replayed",
        train: TrainingRun(
          version: version, schema: model.spec.schema, source: training.source, split: training.split,
          algorithm: training.algorithm, champion: champion, confidence: promotion.against.confidence,
          comparedBy: promotion.against.metric, limits: training.limits)))
  }

  private func predictor(_ artifact: ArtifactReference) async throws -> Predictor {
    let bundle = try await FileArtifactStore(folder: folder.appendingPathComponent("artifacts").path).open(
      artifact.digest)
    return try Predictor(
      schema: bundle.file(ArtifactBundle.FileName.schema), pipeline: bundle.file(ArtifactBundle.FileName.pipeline),
      model: bundle.file(ArtifactBundle.FileName.model), samples: bundle.files[ArtifactBundle.FileName.samples])
  }

  /// How many rows the version is right about.
  private func right(_ predictor: Predictor, _ range: Range<Int>) throws -> Int {
    let text = ([header] + lines[range]).joined(separator: "\n")
    let table = try RawTable(csv: [UInt8](text.utf8))
      .read(schema: predictor.schema, minimumRows: 0, requiresTarget: false).table
    let truth = table[predictor.schema.target.name].map(predictor.target.encode) ?? []
    let probabilities = try predictor.probabilities(of: table)
    let count = predictor.target.classes.count
    return truth.indices.count { row in
      Model.mostProbable(probabilities[(row * count)..<((row + 1) * count)]) == Int(truth[row])
    }
  }
}
