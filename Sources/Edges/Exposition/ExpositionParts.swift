/// The text of an exposition, part by part. Of each family the samples are those of the moment at which it is come to.
package struct ExpositionParts: Sequence, IteratorProtocol, Sendable {
  private var families: ArraySlice<MetricsRegistry.Family>
  /// What is left of a family with many samples.
  private var collected: (family: CollectedFamily, samples: ArraySlice<(values: [String], value: Double)>)?
  private var writer: ExpositionWriter
  private var hasEnded = false

  /// Bytes of a part, give or take the family that is being written.
  private static let size = 64 << 10

  init(_ families: [MetricsRegistry.Family], _ format: ExpositionFormat) {
    self.families = families[...]
    writer = ExpositionWriter(format: format)
  }

  package mutating func next() -> String? {
    guard !hasEnded else { return nil }
    while writer.size < Self.size {
      if let family = collected?.family, let sample = collected?.samples.popFirst() {
        writer.write(sample.values, sample.value, of: family)
      } else if let family = families.popFirst() {
        writer.write(family)
        if case .collected(let family) = family { collected = (family, family.sorted[...]) }
      } else {
        writer.end()
        hasEnded = true
        break
      }
    }
    return writer.take()
  }
}
