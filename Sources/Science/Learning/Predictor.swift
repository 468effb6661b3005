import Values
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
    try Self.check(schema, pipeline, classes: model.classCount, columns: model.featureCount, names: model.columnNames)
    self.schema = schema
    self.pipeline = pipeline
    self.model = model
    let classes = schema.target.classes
    target = TargetEncoding(
      classes: classes,
      positive: schema.target.positive.flatMap { classes.firstIndex(of: $0) } ?? classes.count - 1)
  }

  /// From the artifact's files, whoever made them.
  ///
  /// Guarantees: nothing as large as a file says is made before the files agree about it; a row without any value gets
  /// probabilities; `samples`, where there are some, are reproduced to 1e-6. Otherwise this throws.
  package init(schema: Data, pipeline: Data, model: Data, samples: Data?) throws(LearningError) {
    let schema = try Self.decode(FeatureSchema.self, schema, "schema.json")
    let pipeline = try Self.decode(FeaturePipeline.self, pipeline, "pipeline.json")
    if let difference = schema.difference(to: pipeline.schema) {
      throw .unreadableModel("schema.json and pipeline.json differ: \(difference)")
    }
    let document = try XGBoostDocument(json: model)
    let shape = try ModelShape(document.learner)
    try Self.check(
      schema, pipeline, classes: shape.classes, columns: shape.columns, names: document.learner.feature_names ?? [])
    try self.init(schema: schema, pipeline: pipeline, model: Model(document, shape))
    // Whatever the files promise, they have to give an answer where nothing is known.
    try answer([FeatureValue](repeating: .missing, count: self.pipeline.schema.features.count))
    if let samples { try SamplePredictions(samples).verify(self) }
  }

  /// Throws unless schema, pipeline and model are made for each other.
  private static func check(
    _ schema: FeatureSchema, _ pipeline: FeaturePipeline, classes: Int, columns: Int, names: [String]
  ) throws(LearningError) {
    guard schema.target.classes.count == classes else {
      throw .unreadableModel("it tells \(classes) classes apart, its schema \(schema.target.classes.count)")
    }
    guard Set(schema.target.classes).count == classes else {
      throw .unreadableModel("its schema names a class twice")
    }
    if let difference = ColumnNames(given: names, pipeline: pipeline).firstDifference {
      throw .columnsDiffer(difference)
    }
    guard pipeline.width == columns else {
      throw .unreadableModel("it takes \(columns) columns, its pipeline makes \(pipeline.width)")
    }
  }

  /// Predicts a row, one value for each feature. Throws where the answer is no probabilities.
  package func answer(_ values: [FeatureValue]) throws(LearningError) {
    var row = [Float](repeating: 0, count: pipeline.width)
    values.withUnsafeBufferPointer { values in
      row.withUnsafeMutableBufferPointer { pipeline.encode(values, into: $0) }
    }
    let probabilities = try model.probabilities(of: row)
    let sum = probabilities.reduce(0.0) { $0 + Double($1) }
    guard probabilities.allSatisfy({ (0...1).contains($0) }), abs(sum - 1) < 1e-2 else {
      throw .unreadableModel("the probabilities of a row are \(probabilities.prefix(3)), which are none")
    }
  }

  private static func decode<Value: Decodable>(
    _ type: Value.Type, _ data: Data, _ name: String
  ) throws(LearningError) -> Value {
    do {
      return try JSONDecoder().decode(type, from: data)
    } catch {
      let reason = "\(error)".plain(characters: 512)
      throw .unreadableModel("\(name) is not what it should be (\(reason))")
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
