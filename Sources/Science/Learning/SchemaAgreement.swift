import Values
import WorkerContract

extension FeatureSchema {
  /// The first feature in which the pipeline's schema is another one, as a sentence's part; nil: rows are encoded by either alike.
  /// Bounds and rules of serving do not matter here, and neither do categories that this schema leaves open.
  func difference(to pipeline: FeatureSchema) -> String? {
    for (own, other) in zip(features, pipeline.features) {
      let name = own.name.plain(characters: 64)
      if own.name != other.name {
        return "where the one has feature '\(name)', the other has '\(other.name.plain(characters: 64))'"
      }
      if own.type != other.type {
        return "'\(name)' is \(own.type.rawValue) in the one, \(other.type.rawValue) in the other"
      }
      if !own.categories.isEmpty, own.type == .categorical, Set(own.categories) != Set(other.categories) {
        return "'\(name)' has other categories in the one than in the other"
      }
    }
    guard features.count == pipeline.features.count else {
      return "the one has \(features.count) features, the other \(pipeline.features.count)"
    }
    return nil
  }
}
