import Foundation

/// Why a file could not be read or written, in the system's few words.
package enum FileFailure {
  /// `Permission denied` rather than "The operation could not be completed": Foundation keeps the cause below its own
  /// error.
  package static func reason(_ error: any Error) -> String {
    let error = error as NSError
    if let cause = error.userInfo[NSUnderlyingErrorKey] as? any Error { return reason(cause) }
    guard error.domain == NSPOSIXErrorDomain, let words = strerror(Int32(error.code)) else {
      return error.localizedDescription.trimmingCharacters(in: .init(charactersIn: "."))
    }
    return String(cString: words)
  }
}
