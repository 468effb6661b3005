import Foundation

/// Runs Python with what `scripts/python-environment` has installed.
enum PythonTool {
  /// The link itself: what it leads to would not know of the environment.
  private static let python = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: ".venv/bin/python")

  static func has(_ module: String) -> Bool { (try? run("import \(module)").isGood) ?? false }

  struct Outcome {
    var isGood: Bool
    /// Whatever was written.
    var text: String
  }

  /// Blocks until the script has ended.
  static func run(_ script: String, _ arguments: String...) throws -> Outcome {
    let process = Process()
    process.executableURL = python
    process.arguments = ["-c", script] + arguments
    let output = Pipe()
    process.standardOutput = output
    process.standardError = output
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return Outcome(isGood: process.terminationStatus == 0, text: text)
  }
}
