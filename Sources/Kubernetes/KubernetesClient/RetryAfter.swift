package import KubernetesModel

/// The `Retry-After` header: seconds, or a date (RFC 9110).
package enum RetryAfter {
  /// Seconds to wait; nil where the text is neither.
  package static func seconds(_ text: String, now: Timestamp) -> Double? {
    let text = text.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
    if let seconds = Double(text) { return seconds.isFinite && seconds >= 0 ? seconds : nil }
    return InternetDate.time(text).map { max(0, $0.seconds(since: now)) }
  }
}
