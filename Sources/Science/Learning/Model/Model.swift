package import Foundation
import Values

/// A trained classifier, read from XGBoost's JSON and evaluated here, without XGBoost.
///
/// Guarantees: predictions equal XGBoost's own to 1e-6; a row is predicted without allocation; the value is immutable
/// and may be used from many threads at once.
package struct Model: Sendable {
  /// Columns of a row.
  package let featureCount: Int
  /// Classes told apart, at least 2. A row's probabilities are in the order of the labels it was trained with.
  package let classCount: Int
  /// Raw outputs of a row: 1 for two classes, else one for each class.
  package let marginCount: Int

  /// What the trainer called the columns; empty where it gave them no names.
  package let columnNames: [String]

  let learner: Learner
  let baseMargins: [Float]
  /// Nil where predictions cannot be explained.
  let explainer: Explainer?

  enum Learner: Sendable {
    case trees(Forest)
    case linear(LinearModel)
  }

  /// The trees, for single rows and for many. An object, so that predicting takes one reference and not one to each array.
  final class Forest: Sendable {
    let ensemble: TreeEnsemble
    let blocks: BlockForest

    init(_ ensemble: TreeEnsemble, columns: Int) {
      self.ensemble = ensemble
      blocks = BlockForest(ensemble, columns: columns)
    }
  }

  /// Reads an XGBoost model in JSON, as `XGBoosterSaveModel` of 1.6 … 3.x writes it.
  ///
  /// Of a model trained with early stopping only the rounds up to the best one count (`best_iteration`).
  ///
  /// Supported: boosters gbtree (forests included) and gblinear; objectives binary:logistic, binary:logitraw,
  /// reg:logistic, multi:softprob and multi:softmax. Anything else throws `unsupportedModel`.
  package init(json: Data) throws(LearningError) {
    let document = try XGBoostDocument(json: json)
    try self.init(document, ModelShape(document.learner))
  }

  /// - Parameter shape: The document's own: whoever expects a certain one has compared it.
  init(_ document: XGBoostDocument, _ shape: ModelShape) throws(LearningError) {
    var document = document
    featureCount = shape.columns
    classCount = shape.classes
    marginCount = shape.margins
    columnNames = document.learner.feature_names ?? []
    try document.learner.checkTreeCount()
    try document.learner.keepBestRounds(margins: marginCount)
    baseMargins = try Self.baseMargins(
      document.learner.learner_model_param.base_score, count: marginCount, isProbability: shape.hasProbabilityBase)
    learner = try Self.learner(document.learner, columns: featureCount, margins: marginCount)
    explainer = Self.explainer(learner, document.learner, columns: featureCount, margins: marginCount)
  }

  private static func learner(
    _ document: XGBoostDocument.Learner, columns: Int, margins: Int
  ) throws(LearningError) -> Learner {
    let booster = document.gradient_booster
    guard let payload = booster.model else {
      throw .unsupportedModel("the booster \(booster.name.plain(characters: 64))")
    }
    switch booster.name {
    case "gbtree":
      guard let trees = payload.trees, let outputs = payload.tree_info else {
        throw .unreadableModel("it holds no trees")
      }
      let ensemble = try TreeEnsemble(trees, outputs: outputs, columns: columns, margins: margins)
      return .trees(Forest(ensemble, columns: columns))
    case "gblinear":
      guard let weights = payload.weights else { throw .unreadableModel("it holds no weights") }
      let standardisation = try Self.standardisation(document.attributes)
      return .linear(
        try LinearModel(weights: weights, columns: columns, margins: margins, standardisation: standardisation))
    default:
      throw .unsupportedModel("the booster \(booster.name.plain(characters: 64))")
    }
  }

  private static func explainer(
    _ learner: Learner, _ document: XGBoostDocument.Learner, columns: Int, margins: Int
  ) -> Explainer? {
    switch learner {
    case .linear(let linear): return .linear(linear)
    case .trees:
      let payload = document.gradient_booster.model
      return TreeExplainer(payload?.trees ?? [], outputs: payload?.tree_info ?? [], columns: columns, margins: margins)
        .map(Explainer.trees)
    }
  }

  private static func standardisation(_ attributes: [String: String]?) throws(LearningError) -> Standardisation? {
    guard let text = attributes?[Standardisation.attribute] else { return nil }
    do {
      return try JSONDecoder().decode(Standardisation.self, from: Data(text.utf8))
    } catch {
      throw .unreadableModel("its attribute \(Standardisation.attribute) is damaged")
    }
  }

  /// `base_score` in margin space: a probability goes through the logit; one number stands for every margin.
  private static func baseMargins(
    _ text: String, count: Int, isProbability: Bool
  ) throws(LearningError) -> [Float] {
    let numbers = text.trimmingCharacters(in: CharacterSet(charactersIn: "[] ")).split(separator: ",")
      .map { Float($0.trimmingCharacters(in: .whitespaces)) }
    let scores = numbers.compactMap(\.self)
    guard scores.count == numbers.count, scores.count == 1 || scores.count == count else {
      throw .unreadableModel("base_score is '\(text.plain(characters: 64))'")
    }
    let margins = scores.map { isProbability ? -log(1 / $0 - 1) : $0 }
    // Also a probability of 0 or 1, or none at all.
    guard margins.allSatisfy({ abs(Double($0)) <= ModelBounds.margin }) else {
      throw .unreadableModel("base_score is '\(text.plain(characters: 64))'")
    }
    return margins.count == count ? margins : Array(repeating: margins[0], count: count)
  }

  /// Raw outputs of one row: `row` holds `featureCount` values (NaN is missing), `margins` has room for `marginCount`.
  package func predictMargins(
    row: UnsafeBufferPointer<Float>, into margins: UnsafeMutableBufferPointer<Float>
  ) {
    guard row.count >= featureCount, margins.count >= marginCount, let first = row.baseAddress,
      let margin = margins.baseAddress
    else { preconditionFailure("a row or its result is too short") }
    for index in 0..<marginCount { margins[index] = baseMargins[index] }
    switch learner {
    case .trees(let forest): forest.ensemble.add(row: first, into: margin)
    case .linear(let linear): linear.add(row: row, into: margins)
    }
  }

  /// Total gain and number of splits of each column; nil for a linear model.
  package var splitGains: (gains: [Double], splits: [Int])? {
    guard case .trees(let forest) = learner else { return nil }
    return (forest.ensemble.gains, forest.ensemble.splits)
  }

  /// Weight of each column for each margin, `[column][margin]`; nil for trees.
  package var coefficients: [[Float]]? {
    guard case .linear(let linear) = learner else { return nil }
    return (0..<linear.columns).map { column in
      (0..<linear.margins).map { linear.weights[column * linear.margins + $0] }
    }
  }

  /// Typical distance of each column's values from their mean, where a linear model knows it, else 1.
  var deviations: [Double]? {
    guard case .linear(let linear) = learner else { return nil }
    return linear.deviations
  }

  /// What predicting one row costs, in steps of about a nanosecond: from the root to the deepest leaf of each tree, or over the
  /// weights of a linear model.
  package var predictionSteps: Int {
    switch learner {
    case .trees(let forest): forest.ensemble.depths.reduce(0) { $0 + Int($1) }
    case .linear: featureCount * marginCount
    }
  }

  /// Number of trees; 0 for a linear model.
  package var treeCount: Int {
    guard case .trees(let forest) = learner else { return 0 }
    return forest.ensemble.roots.count
  }
}
