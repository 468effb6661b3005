package import Foundation
package import Tabular
package import WorkerContract

/// A model with all it needs to turn feature values into class probabilities: what an artifact's `schema.json`,
/// `pipeline.json` and `model.json` say together. Immutable; may be used from many threads at once.
package struct Predictor: Sendable {
  /// With categories and classes filled in.
  package let schema: FeatureSchema
  package let pipeline: FeaturePipeline
  package let target: TargetEncoding
  package let model: Model

  package init(schema: FeatureSchema, pipeline: FeaturePipeline, model: Model) throws(LearningError) {
    guard schema.target.classes.count == model.classCount else {
      throw .unreadableModel("it tells \(model.classCount) classes apart, its schema \(schema.target.classes.count)")
    }
    if let difference = ColumnNames(given: model.columnNames, pipeline: pipeline).firstDifference {
      throw .columnsDiffer(difference)
    }
    guard pipeline.width == model.featureCount else {
      throw .unreadableModel("it takes \(model.featureCount) columns, its pipeline makes \(pipeline.width)")
    }
    self.schema = schema
    self.pipeline = pipeline
    self.model = model
    let classes = schema.target.classes
    target = TargetEncoding(
      classes: classes,
      positive: schema.target.positive.flatMap { classes.firstIndex(of: $0) } ?? classes.count - 1)
  }

  /// From the artifact's files. `samples`, where there are some, are reproduced to 1e-6, or this throws.
  package init(schema: Data, pipeline: Data, model: Data, samples: Data?) throws(LearningError) {
    try self.init(
      schema: Self.decode(FeatureSchema.self, schema, "schema.json"),
      pipeline: Self.decode(FeaturePipeline.self, pipeline, "pipeline.json"), model: Model(json: model))
    if let samples { try SamplePredictions(samples).verify(self) }
  }

  private static func decode<Value: Decodable>(
    _ type: Value.Type, _ data: Data, _ name: String
  ) throws(LearningError) -> Value {
    do {
      return try JSONDecoder().decode(type, from: data)
    } catch {
      throw .unreadableModel("\(name) is not what it should be (\(error))")
    }
  }

  /// Class probabilities of each row, row-major `rows × classes`.
  package func probabilities(of table: Table) throws(LearningError) -> [Float] {
    try model.probabilities(of: pipeline.encode(table))
  }

  /// What the model says of labelled rows, in terms of `other` classes: a class it does not know has probability 0.
  /// - Parameter labels: Positions in `other.classes`.
  package func predictions(of table: Table, labels: [Int], as other: TargetEncoding) throws(LearningError)
    -> Predictions
  {
    let own = try probabilities(of: table)
    let count = target.classes.count
    let places = other.classes.map { target.index(of: $0).map(Int.init) }
    var mapped: [Float] = []
    mapped.reserveCapacity(table.rowCount * places.count)
    for row in 0..<table.rowCount {
      for place in places { mapped.append(place.map { own[row * count + $0] } ?? 0) }
    }
    return try Predictions(
      classes: other.classes, positive: other.positive, labels: labels, probabilities: mapped)
  }
}
