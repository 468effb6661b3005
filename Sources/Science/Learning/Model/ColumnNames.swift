import Tabular
import WorkerContract

/// A model's own names for its columns beside those that the pipeline makes. A model that was trained on columns in another
/// order takes every row and answers nonsense; its names are what gives it away.
struct ColumnNames {
  let given: [String]
  let pipeline: FeaturePipeline

  /// The first column that differs, as a sentence's part; nil where all agree or the model has no names.
  var firstDifference: String? {
    guard !given.isEmpty, !areNumbers else { return nil }
    let expected = pipeline.encodedNames
    let places = Dictionary(expected.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    let accepted = acceptedNames
    for place in 0..<max(given.count, expected.count) {
      guard place < given.count else {
        return "column \(place + 1) of the pipeline is '\(expected[place])', and the model has only \(given.count)"
      }
      guard place < expected.count else {
        return "column \(place + 1) of the model is '\(given[place])', and the pipeline makes only \(expected.count)"
      }
      let name = given[place]
      if name == expected[place] { continue }
      guard places[name] == nil, Self.forms(of: name).contains(where: accepted[place].contains) else {
        return "column \(place + 1) of the model is '\(name)', that of the pipeline '\(expected[place])'"
      }
    }
    return nil
  }

  /// Such as f0, f1, …: names that only count say nothing.
  private var areNumbers: Bool {
    let digits = given.map { name in name.reversed().prefix(while: \.isNumber).count }
    let stems = zip(given, digits).map { $0.dropLast($1) }
    let numbers = zip(given, digits).map { Int($0.suffix($1)) }
    guard let stem = stems.first, let first = numbers.first ?? nil, first == 0 || first == 1,
      stems.allSatisfy({ $0 == stem }), numbers.enumerated().allSatisfy({ $1 == first + $0 })
    else { return false }
    return Set(given).isDisjoint(with: pipeline.encodedNames)
  }

  /// Each column's names in other people's conventions: pandas writes `work_Private` and `work_nan`.
  private var acceptedNames: [Set<String>] {
    var names = pipeline.encodedNames.map { Set([Self.plain($0)]) }
    for (feature, slot) in zip(pipeline.schema.features, pipeline.slots) {
      guard case .categorical(_, _, let missing?) = slot else { continue }
      for text in ["nan", "NaN", "None", "missing"] { names[missing].insert(Self.plain("\(feature.name)=\(text)")) }
    }
    return names
  }

  /// As it is, and without the step that scikit-learn's ColumnTransformer puts before it (`cat__work_Private`).
  private static func forms(of name: String) -> [String] {
    let bare = name.firstRange(of: "__").map { String(name[$0.upperBound...]) }
    return [name, bare].compactMap(\.self).map(plain)
  }

  /// XGBoost takes no `[`, `]` and `<` in names, and people join a feature and its level in their own ways.
  private static func plain(_ name: String) -> String {
    String(name.map { "=[]<".contains($0) || $0.isWhitespace ? "_" : $0 })
  }
}
