package import ApusAPI
package import KubernetesModel

extension Schedule {
  /// The first instant after `time`; nil where the expression never fires or is none (the spec's problems say so).
  package func next(after time: Timestamp) -> Timestamp? {
    guard let schedule = try? compiled() else { return nil }
    return schedule.next(after: time)
  }
}
