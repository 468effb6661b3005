/// Something outside of the process that controllers need and that is not theirs to mend, such as the schema of a CRD. A host
/// looks at it before its controllers start and from then on as often as it asks for; readiness shows what is wrong.
///
/// What a controller does meanwhile is its own affair: a host only looks.
public protocol Precondition: Sendable {
  /// As it stands below `/readyz`.
  var name: String { get }
  /// What is wrong and how to mend it; nil: nothing.
  var problem: String? { get }
  /// What works and should be changed all the same; nil: nothing. Readiness passes, and shows it where it is verbose.
  var warning: String? { get }
  /// Looks once. Gives the time until the next look.
  func look() async -> Duration
}

extension Precondition {
  public var warning: String? { nil }
}
