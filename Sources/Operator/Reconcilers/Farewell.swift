import ControllerRuntime
import KubernetesClient

/// An object whose write was refused because it, or its namespace, is going away is looked at this much later; as a rule it
/// is gone by then.
let farewellPause = 60.0

extension Error {
  /// Whether a write came too late: the object has just gone, or nothing can be made any more in its namespace. No failure,
  /// and trying again at once cannot help.
  var isFarewell: Bool {
    let error: KubernetesError? =
      if case .failed(let cause)? = self as? ApplyError { cause } else { self as? KubernetesError }
    guard let error else { return false }
    return error.isNamespaceTerminating || error.isNotFound && !error.isMissingAPI
  }
}
