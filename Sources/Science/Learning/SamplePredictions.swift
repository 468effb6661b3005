import Values
import Foundation
import Tabular
import WorkerContract

/// `samples.json` of an artifact: rows with what the trainer's own program predicted for them. Whoever loads the version
/// predicts them anew: columns, classes or trees that got mixed up between the two programs show here.
struct SamplePredictions: Decodable {
  var format: String
  var rows: [Row]

  static let currentFormat = "apus.dev/samples/v1"
  static let fileName = "samples.json"
  /// As far as two programs may differ: single precision, added in another order.
  static let tolerance = 1e-6

  struct Row: Decodable {
    var features: [String: Value]
    /// In the order of `target.classes`.
    var probabilities: [Double]
  }

  enum Value: Decodable {
    case missing
    case number(Double)
    case truth(Bool)
    case text(String)

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if container.decodeNil() {
        self = .missing
      } else if let truth = try? container.decode(Bool.self) {
        self = .truth(truth)
      } else if let number = try? container.decode(Double.self) {
        self = .number(number)
      } else {
        self = .text(try container.decode(String.self))
      }
    }
  }

  init(_ data: Data) throws(LearningError) {
    do {
      self = try JSONDecoder().decode(Self.self, from: data)
    } catch {
      throw .unreadableModel("\(Self.fileName) is not what it should be (\(error))")
    }
    guard format == Self.currentFormat else {
      throw .unreadableModel(
        "the format of \(Self.fileName) is '\(format.plain(characters: 64))' instead of '\(Self.currentFormat)'")
    }
  }

  /// Throws at the first row that is not reproduced.
  func verify(_ predictor: Predictor) throws(LearningError) {
    let classes = predictor.target.classes
    guard rows.count <= ModelBounds.samples / max(predictor.pipeline.width, 1) else {
      throw .samplesDiffer("\(Self.fileName) has \(rows.count) rows, more than are reproduced; bundle ten")
    }
    for (index, row) in rows.enumerated() {
      let place = "row \(index + 1) of \(Self.fileName)"
      guard row.probabilities.count == classes.count else {
        throw .samplesDiffer("\(place) has \(row.probabilities.count) probabilities for \(classes.count) classes")
      }
      let values = try Self.values(of: row, predictor.pipeline, place)
      var encoded = [Float](repeating: 0, count: predictor.pipeline.width)
      values.withUnsafeBufferPointer { values in
        encoded.withUnsafeMutableBufferPointer { predictor.pipeline.encode(values, into: $0) }
      }
      let own = try predictor.model.probabilities(of: encoded)
      for (name, (mine, theirs)) in zip(classes, zip(own, row.probabilities))
      where !(abs(Double(mine) - theirs) <= Self.tolerance) {
        throw .samplesDiffer("\(place) says \(theirs) for class '\(name)', the model as it is read here \(mine)")
      }
    }
  }

  private static func values(
    of row: Row, _ pipeline: FeaturePipeline, _ place: String
  ) throws(LearningError) -> [FeatureValue] {
    var values = [FeatureValue](repeating: .missing, count: pipeline.schema.features.count)
    for (name, value) in row.features.sorted(by: { $0.key < $1.key }) {
      let position = pipeline.feature(named: name)
      guard position >= 0 else { throw .samplesDiffer("\(place) has '\(name)', which is no feature of the schema") }
      switch (pipeline.schema.features[position].type, value) {
      case (_, .missing): break
      case (.numeric, .number(let number)): values[position] = .number(number)
      case (.numeric, _): throw .samplesDiffer("\(place): '\(name)' is numeric and has no number")
      case (.categorical, .text(let text)): values[position] = pipeline.category(text, ofFeature: position)
      case (.categorical, .truth(let truth)): values[position] = pipeline.category("\(truth)", ofFeature: position)
      case (.categorical, .number(let number)):
        let text = Int(exactly: number).map(String.init) ?? "\(number)"
        values[position] = pipeline.category(text, ofFeature: position)
      }
    }
    return values
  }
}
