import Monitoring
import Statistics
import Tabular
import Telemetry
import TestSupport
import Testing
import Values
import WorkerContract

@testable import Engine
@testable import Serving

/// Requests drawn from the training rows, each value sent as the JSON number or boolean that its text is, through training,
/// serving, the log and a check.
@Suite struct DrawnRequestsTests {
  private static let columns: [(name: String, type: FeatureSchema.FeatureType, texts: [String])] = [
    ("rooms", .categorical, ["1.0", "2.0", "3.5", "10"]), ("flag", .categorical, ["True", "False"]),
    ("answer", .categorical, ["t", "f"]), ("zip", .categorical, ["02134", "10115", "00501"]),
    ("big", .categorical, ["9007199254740993", "9007199254740995"]),
    ("country", .categorical, ["DE", "NA", "Türkiye"]),
    ("gap", .categorical, ["1", "2", "-999"]), ("amount", .numeric, ["-999", "0.5", "1e3", "7", "12"]),
    ("Größe", .numeric, ["1", "2.5"]),
  ]

  private static func schema() -> FeatureSchema {
    FeatureSchema(
      target: .init(name: "y"),
      features: columns.map {
        .init(name: $0.name, type: $0.type, nullable: true, categories: $0.name == "country" ? $0.texts : [])
      }, missing: ["NA", "-999"])
  }

  private static func rows(_ count: Int, seed: Int) -> [[String]] {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { row in
      columns.map { $0.texts[generator.index(below: $0.texts.count)] } + [row % 2 == 0 ? "a" : "b"]
    }
  }

  /// As a client writes it that has read the file with pandas.
  private static func json(_ text: String) -> String {
    switch text {
    case "True", "t": return "true"
    case "False", "f": return "false"
    default: break
    }
    guard let value = number(in: text), !ValueReading.isCode(text) else { return "\"\(text)\"" }
    return abs(value) < 9e15 ? numberText(value) : text
  }

  @Test func `300 of them show no drift`() throws {
    let training = RawTable(header: Self.columns.map(\.name) + ["y"], rows: Self.rows(2000, seed: 1))
    let reading = training.read(schema: Self.schema())
    #expect(reading.failures == [])
    let pipeline = try FeaturePipeline(fitting: reading.table, schema: Self.schema())
    #expect(pipeline.schema.features[6].categories == ["1", "2"])
    let reader = FeatureReader(pipeline: pipeline)
    let reference = ReferenceProfile(training: reading.table, schema: pipeline.schema, predictions: nil)
    var window = PredictionWindow.Builder(schema: pipeline.schema, classes: ["a", "b"])

    for (row, texts) in Self.rows(300, seed: 2).enumerated() {
      // Every other client writes names in the other Unicode form.
      let members = zip(Self.columns, texts).map { column, text in
        "\"\(row % 2 == 0 ? column.name : column.name.replacing("ö", with: "o\u{308}"))\":\(Self.json(text))"
      }
      let body = "{" + members.joined(separator: ",") + "}"
      let (values, findings) = try read(body, reader)
      #expect(findings.problems == [], "\(body)")
      #expect(findings.warnings.allSatisfy { $0.kind == .missing }, "\(body)")
      // Serving takes each value for what training took it for.
      let single = RawTable(header: Self.columns.map(\.name), rows: [texts.dropLast()].map { $0.map { $0 } })
        .read(schema: pipeline.schema, minimumRows: 0, requiresTarget: false)
      var served = [Float](repeating: 0, count: pipeline.width)
      values.withUnsafeBufferPointer { values in
        served.withUnsafeMutableBufferPointer { reader.encode(values, into: $0) }
      }
      #expect(zip(served, pipeline.encode(single.table)).allSatisfy { $0 == $1 || $0.isNaN && $1.isNaN }, "\(body)")

      let logged = LoggedPrediction(
        record: PredictionRecord(
          requestID: "r\(row)", version: "v1", role: .production, time: Double(row), features: body,
          predictedClass: "a",
          probabilities: #"{"a":0.9,"b":0.1}"#, confidence: 0.9, latency: 0.01))
      let features = try logged.features().mapValues { value -> CellValue in
        switch value {
        case .number(let number): .number(number)
        case .text(let text): .text(text)
        }
      }
      window.append(
        features: features, predicted: "a", confidence: 0.9, probabilities: try logged.probabilities(), latency: 0.01,
        requestID: "r\(row)", time: Double(row), label: nil)
    }
    let report = try DriftReport(window.result, reference: reference)
    #expect(report.severity == .none && report.features.allSatisfy { !$0.drifted && $0.window.unseenRate == 0 })
  }

  private static let texts = FeatureSchema(
    target: .init(name: "y", classes: ValueTexts.levels),
    features: [.init(name: "c", type: .categorical, nullable: true, categories: ValueTexts.levels)])

  @Test(arguments: ValueTexts.texts)
  func `requests, labels and the log take a text for the level that training takes it for`(
    text: String, level: String?, isMissing: Bool
  ) throws {
    let code = level.flatMap { ValueTexts.levels.firstIndex(of: $0) }.map(Int32.init)
    let reader = FeatureReader(pipeline: FeaturePipeline(learned: Self.texts))
    let quoted = "\"\(text.replacing("\t", with: "\\t"))\""
    var bodies = [quoted]
    // Numbers and truth values come as such as well.
    if code != nil, number(in: text) != nil, !ValueReading.isCode(text), !text.contains(" ") { bodies.append(text) }
    if text == "true" || text == "false" { bodies.append(text) }
    for body in bodies where !(body == "false") {
      let (values, findings) = try read("{\"c\":\(body)}", reader)
      #expect(findings.problems == [])
      #expect(values == [code.map(FeatureValue.category) ?? (isMissing ? .missing : .unseen)], "\(body)")
      let logged = LoggedPrediction(
        record: PredictionRecord(
          requestID: "r", version: "v1", role: .production, time: 0, features: "{\"c\":\(body)}", predictedClass: "1",
          probabilities: "{}", confidence: 1, latency: 0))
      var builder = TableBuilder(schema: Self.texts)
      builder.append(
        try logged.features().mapValues { value -> CellValue in
          switch value {
          case .number(let number): .number(number)
          case .text(let text): .text(text)
          }
        })
      guard case .categorical(let codes, _) = builder.table["c"] else { return #expect(Bool(false)) }
      #expect(codes == [code ?? (isMissing ? -1 : 4)], "\(body)")
    }
    #expect(LabelClasses([ValueTexts.levels]).name(text) == level)
  }

  private func read(
    _ body: String, _ reader: FeatureReader
  ) throws -> ([FeatureValue], (problems: [FieldProblem], warnings: [FeatureReader.InputWarning])) {
    let bytes = Array(body.utf8)
    var values = [FeatureValue](repeating: .unseen, count: reader.count)
    var given = [Bool](repeating: false, count: reader.count)
    var warnings = [FeatureReader.InputWarning](repeating: .init(feature: 0, kind: .missing), count: reader.count)
    let findings = try values.withUnsafeMutableBufferPointer { values in
      try given.withUnsafeMutableBufferPointer { given in
        try warnings.withUnsafeMutableBufferPointer { warnings in
          try bytes.withUnsafeBufferPointer { bytes in
            let findings = try reader.read(
              bytes, range: 0..<bytes.count, into: values, given: given, warnings: warnings)
            return (problems: findings.problems.told, warnings: Array(findings.warnings))
          }
        }
      }
    }
    return (values, findings)
  }
}
