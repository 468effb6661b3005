package import Statistics
import Tabular
import Values
package import WorkerContract

/// The bins in which a version's values are counted while it serves. They follow from its reference and its pipeline
/// alone, so that every server and every check has the same ones, and counts of any minutes and servers add up.
///
/// A numeric feature has the bins of the reference's stability index, refined by the hundredths of its sample: the
/// index over the reference's bins stays exact, and no bin holds much more than a hundredth of the reference. A
/// categorical feature has a bin for each level that the reference has and the pipeline knows, one for all others
/// (unseen). Both end with a bin of missing values.
package struct ProfileBins: Sendable, Equatable {
  package struct Feature: Sendable, Equatable {
    package enum Kind: Sendable, Equatable {
      /// Bins between the edges, closed on the right.
      case numeric(QuantileBins)
      case categorical(levels: [String])
    }

    package let name: String
    package let kind: Kind

    /// Bins, those of unseen and missing values included.
    package var count: Int {
      switch kind {
      case .numeric(let bins): bins.count + 1
      case .categorical(let levels): levels.count + 2
      }
    }
  }

  /// In the reference's order.
  package let features: [Feature]
  /// The model's classes: the bins of the predictions.
  package let classes: [String]
  /// Tells bins apart: counts of other bins do not add up.
  package let identity: String

  private static let refinement = 100

  /// - Parameter schema: The learned one of the pipeline, which says which categories a server tells apart.
  package init(reference: ReferenceProfile, schema: FeatureSchema, classes: [String]) {
    var known: [String: Set<String>] = [:]
    for feature in schema.features { known[feature.name] = Set(feature.categories) }
    features = reference.features.compactMap { feature in
      guard let categories = known[feature.name] else { return nil }
      switch feature.type {
      case .numeric:
        return Feature(name: feature.name, kind: .numeric(Self.refined(feature.numeric)))
      case .categorical:
        let levels = (feature.levels ?? []).map(\.name).filter(categories.contains)
        return Feature(name: feature.name, kind: .categorical(levels: levels))
      }
    }
    self.classes = classes
    identity = Self.identity(features, classes)
  }

  private static func refined(_ numeric: ReferenceProfile.Numeric?) -> QuantileBins {
    guard let numeric else { return QuantileBins(edges: []) }
    let fine = QuantileBins(sorted: numeric.sample, count: refinement)
    return QuantileBins(edges: Set(numeric.bins.edges + fine.edges).sorted())
  }

  /// The hash of all names and edges.
  private static func identity(_ features: [Feature], _ classes: [String]) -> String {
    var hash = StableHash()
    func add(_ text: String) {
      hash.add(text.utf8)
      hash.add(0xFF)
    }
    for feature in features {
      add(feature.name)
      switch feature.kind {
      case .numeric(let bins):
        for edge in bins.edges {
          for shift in stride(from: UInt64(0), to: 64, by: 8) {
            hash.add(UInt8(truncatingIfNeeded: edge.bitPattern >> shift))
          }
        }
      case .categorical(let levels): levels.forEach(add)
      }
      hash.add(0xFE)
    }
    classes.forEach(add)
    return String(hash.value, radix: 16)
  }
}
