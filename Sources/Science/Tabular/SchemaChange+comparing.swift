package import WorkerContract

extension SchemaChange {
  /// What of `schema` differs from the champion's, where it matters: both with categories and classes filled in.
  ///
  /// Two models can be compared where they tell apart the same classes of the same target; more or fewer features do not
  /// matter as long as the rows hold the champion's. Clients of the champion are refused where a server answers 422 to what
  /// they send: a feature that it does not know, one that it misses, a value of another type or one it rejects.
  package init(
    champion: ArtifactReference, from old: FeatureSchema, to schema: FeatureSchema, unreadable: [String] = []
  ) {
    var incomparable: [String] = []
    if old.target.name != schema.target.name {
      incomparable.append("the target is \(shown(schema.target.name)), it was \(shown(old.target.name))")
    }
    let (before, now) = (old.target.classes, schema.target.classes)
    if Set(before.map(ValueReading.identity)) != Set(now.map(ValueReading.identity)) {
      incomparable.append("the classes are \(shown(now)), they were \(shown(before))")
    }
    self.init(
      champion: champion, incomparable: Self.first(incomparable + unreadable),
      refused: Self.first(Self.refused(old, schema)))
  }

  private static func refused(_ old: FeatureSchema, _ schema: FeatureSchema) -> [String] {
    let known = Dictionary(old.features.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    let names = Set(schema.features.map(\.name))
    let removed = old.features.filter { !names.contains($0.name) }.map {
      "feature \(shown($0.name)) is gone; requests that have it are refused"
    }
    return removed
      + schema.features.flatMap { feature -> [String] in
        guard let before = known[feature.name] else {
          return feature.nullable ? [] : ["feature \(shown(feature.name)) is new and not nullable"]
        }
        return refused(before, feature)
      }
  }

  private static func refused(_ old: FeatureSchema.Feature, _ new: FeatureSchema.Feature) -> [String] {
    let name = "feature \(shown(new.name))"
    guard old.type == new.type else { return ["\(name) is \(new.type.rawValue), it was \(old.type.rawValue)"] }
    var changes: [String] = []
    if old.nullable, !new.nullable { changes.append("\(name) is no longer nullable") }
    guard new.onUnknown == .reject else { return changes }
    let rejected = old.onUnknown == .reject
    switch new.type {
    case .categorical:
      let left = Set(new.categories.map(ValueReading.identity))
      let gone = old.categories.filter { !left.contains(ValueReading.identity($0)) }
      if !gone.isEmpty {
        changes.append("\(name) rejects \(shown(gone))")
      } else if !rejected {
        changes.append("\(name) rejects values that training did not see, which it accepted")
      }
    case .numeric:
      let (least, most) = (new.minimum ?? -.infinity, new.maximum ?? .infinity)
      let before = rejected ? (old.minimum ?? -.infinity, old.maximum ?? .infinity) : (-.infinity, .infinity)
      if least > before.0 { changes.append("\(name) rejects values below \(numberText(least))") }
      if most < before.1 { changes.append("\(name) rejects values above \(numberText(most))") }
    }
    return changes
  }

  /// A result has little room.
  private static func first(_ sentences: [String]) -> [String] {
    sentences.count <= 5 ? sentences : sentences.prefix(4) + ["and \(sentences.count - 4) more"]
  }
}

private func shown(_ name: String) -> String {
  let short: String = name.count <= 48 ? name : name.prefix(47) + "…"
  return excerpt(short)
}

private func shown(_ names: [String]) -> String {
  names.count <= 4
    ? names.map(shown).joined(separator: ", ")
    : names.prefix(3).map(shown).joined(separator: ", ") + " and \(names.count - 3) more"
}
