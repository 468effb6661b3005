import Values
package import WorkerContract

/// How large a pipeline that is read from a file may be. Each figure is far beyond what models have.
package enum PipelineBounds {
  package static let features = 100_000
  /// Numbers of an encoded row.
  package static let columns = 1 << 20
  /// Bytes of the names of all columns. Each bears the name of its feature, so that a short file could make very long ones.
  package static let nameBytes = 1 << 26
  /// Texts that mean a missing value; each feature has a list of them.
  package static let missingTexts = 1_000
}

extension FeatureSchema {
  /// Why no pipeline is made of this schema, as the end of a sentence; nil: it can be. Costs no more than reading it.
  package var pipelineProblem: String? {
    guard !features.isEmpty else { return "it has no feature" }
    guard features.count <= PipelineBounds.features else { return "it has \(features.count) features" }
    let missing = missing?.count ?? 0
    guard missing <= PipelineBounds.missingTexts else { return "it has \(missing) texts for a missing value" }
    var names: Set<String> = []
    var columns = 0
    var bytes = 0
    for feature in features {
      guard names.insert(feature.name).inserted else {
        return "it has two features '\(feature.name.plain(characters: 64))'"
      }
      // A number, or one for each category and one for missing values.
      let own = feature.type == .numeric ? 1 : feature.categories.count + 1
      columns += own
      bytes += own * (feature.name.utf8.count + 12) + feature.categories.reduce(0) { $0 + $1.utf8.count }
      guard columns <= PipelineBounds.columns, bytes <= PipelineBounds.nameBytes else {
        return "its columns are more than a model may have"
      }
    }
    return nil
  }
}
