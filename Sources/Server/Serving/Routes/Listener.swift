/// Which of the two ports a request came in by.
package enum Listener: Sendable {
  /// Open to clients.
  case `public`
  /// For the operator and for people with access to the pod.
  case admin
}
