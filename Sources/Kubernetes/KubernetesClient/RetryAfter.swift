package import KubernetesModel

/// The `Retry-After` header: seconds, or a date (RFC 9110).
package enum RetryAfter {
  /// Seconds to wait; nil where the text is neither.
  package static func seconds(_ text: String, now: Timestamp) -> Double? {
    let text = text.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
    if let seconds = Double(text) { return seconds.isFinite && seconds >= 0 ? seconds : nil }
    return date(text).map { max(0, $0.seconds(since: now)) }
  }

  /// `Sun, 06 Nov 1994 08:49:37 GMT`, the one form that is still sent.
  private static func date(_ text: String) -> Timestamp? {
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    let parts = text.split(separator: " ")
    guard parts.count == 6, parts[5] == "GMT", let month = months.firstIndex(of: String(parts[2])) else { return nil }
    let day = parts[1].count == 1 ? "0\(parts[1])" : String(parts[1])
    return Timestamp("\(parts[3])-\(month < 9 ? "0" : "")\(month + 1)-\(day)T\(parts[4])Z")
  }
}
