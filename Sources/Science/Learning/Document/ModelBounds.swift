/// How large a model that is read from a file may be. Each figure is far beyond what models have; a file beyond it is a mistake or an
/// attack, and would cost its reader all of the memory or of the time.
enum ModelBounds {
  /// Classes told apart.
  static let classes = 100_000
  /// Columns of a row, as a pipeline may make at most.
  static let columns = 1 << 20
  /// Raw outputs times columns: what an explanation of one row holds.
  static let cells = 1 << 24
  static let trees = 1_000_000
  /// Steps from a root to a leaf: what each row costs.
  static let depth = 1_000
  /// Values of leaves, weights and base scores, and their sum over all trees: margins then stay finite for every row.
  static let margin = 1e38
  /// Sample predictions times columns: what reproducing them costs.
  static let samples = 1 << 28
}
