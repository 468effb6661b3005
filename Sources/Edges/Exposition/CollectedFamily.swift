/// A family that keeps nothing: its samples are asked for when they are to be written.
struct CollectedFamily: Sendable {
  let name: String
  let help: String
  let kind: MetricKind
  let labels: [String]
  let samples: @Sendable () -> [(values: [String], value: Double)]

  var sorted: [(values: [String], value: Double)] {
    samples().sorted { $0.values.lexicographicallyPrecedes($1.values) }
  }
}
