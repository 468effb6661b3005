public import KubernetesClient

extension KubernetesError {
  /// The server refuses a change of a field that stays as it was made. The API has no reason of its own for that: all
  /// validations say `Invalid` and these words.
  public var isImmutableField: Bool {
    guard isInvalid, let refusal else { return false }
    let words = [refusal.message] + refusal.causes.map(\.message)
    return words.contains { $0.contains("field is immutable") }
  }
}
