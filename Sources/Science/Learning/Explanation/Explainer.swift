/// What explains a model's raw outputs.
enum Explainer: Sendable {
  case trees(TreeExplainer)
  case linear(LinearModel)

  /// What the outputs are where no column adds anything, without the model's base score.
  var biases: [Double] {
    switch self {
    case .trees(let trees): trees.biases
    case .linear(let linear): (0..<linear.margins).map { Double(linear.bias($0)) }
    }
  }

  /// What walking over one row costs.
  var steps: Int {
    switch self {
    case .trees(let trees): trees.steps
    case .linear(let linear): linear.margins * linear.columns
    }
  }

  /// Adds the contributions of one row's columns, margin by margin.
  func add(row: UnsafeBufferPointer<Float>, into result: UnsafeMutableBufferPointer<Double>) {
    switch self {
    case .trees(let trees): trees.add(row: row, into: result)
    case .linear(let linear):
      for margin in 0..<linear.margins {
        for column in 0..<linear.columns {
          result[margin * linear.columns + column] += Double(linear.term(column, margin, row[column]))
        }
      }
    }
  }
}

extension LinearModel {
  func bias(_ margin: Int) -> Float { weights[columns * margins + margin] }

  /// What a value adds to a margin.
  func term(_ column: Int, _ margin: Int, _ value: Float) -> Float {
    (value.isNaN ? substitutes[column] : value) * weights[column * margins + margin]
  }
}
