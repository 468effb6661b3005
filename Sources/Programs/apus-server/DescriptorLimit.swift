import Foundation

/// How many files the process may have open, each connection being one.
enum DescriptorLimit {
  /// Kept for the admin port, the store, the artifacts, and connections that are about to end.
  private static let reserve = 512

  /// As many connections as are asked for, or as the limit leaves room for.
  static func connections(atMost wanted: Int) -> Int {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return wanted }
    // Without a limit the number is the largest there is.
    let descriptors = min(Int(clamping: limit.rlim_cur), 1 << 30)
    // The register lets an eighth more be open for a moment.
    return max(1, min(wanted, (descriptors - min(reserve, descriptors / 2)) * 8 / 9))
  }
}
