import Foundation
import TestSupport

/// Runs Python with what `scripts/python-environment` has installed.
enum PythonTool {
  struct Outcome {
    var isGood: Bool
    /// Whatever was written.
    var text: String
  }

  static func run(_ script: String, _ arguments: String...) async throws -> Outcome {
    try await blocking { try runToEnd(script, arguments) }
  }

  private static func runToEnd(_ script: String, _ arguments: [String]) throws -> Outcome {
    let process = Process()
    process.executableURL = PythonEnvironment.python
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
