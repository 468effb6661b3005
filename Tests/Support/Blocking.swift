package import Foundation

/// Runs what blocks, such as waiting for a program's end, in a thread of its own: tests share as many threads as the machine
/// has cores, and two blocked ones would hold up all others.
package func blocking<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
  try await withCheckedThrowingContinuation { continuation in
    Thread { continuation.resume(with: Result(catching: body)) }.start()
  }
}

/// The repository's virtual environment, which `scripts/python-environment` makes where it can be had.
package enum PythonEnvironment {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: ".venv")

  /// The link itself: what it leads to would not know of the environment.
  package static let python = folder.appending(path: "bin/python")

  /// Whether a module is installed there.
  package static func has(_ module: String) -> Bool {
    let versions = try? FileManager.default.contentsOfDirectory(
      at: folder.appending(path: "lib"), includingPropertiesForKeys: nil)
    return versions?.contains { version in
      ["", ".py"].contains {
        FileManager.default.fileExists(atPath: version.appending(path: "site-packages/\(module)\($0)").path)
      }
    } ?? false
  }
}
