import Foundation
import Synchronization

/// What a program that ran to its end left behind.
struct Output: Sendable {
  var status: Int32
  var text: String
  var errors: String
}

/// A program ended otherwise than the test needs.
struct CommandFailed: Error, CustomStringConvertible {
  var command: [String]
  var output: Output

  var description: String {
    "\(command.joined(separator: " ")) ended with \(output.status)\n\(output.text)\n\(output.errors)"
  }
}

/// Runs a program to its end without holding a thread of the cooperative pool.
func run(
  _ command: [String], input: String? = nil, environment: [String: String] = [:], allowFailure: Bool = false
) async throws -> Output {
  let process = Process()
  process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
  process.arguments = command
  process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent("apus-command-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  // Files instead of pipes: a program that writes much can not block on a reader that is not there.
  let files = ["in", "out", "err"].map { folder.appendingPathComponent($0) }
  try Data((input ?? "").utf8).write(to: files[0])
  for file in files.dropFirst() { try Data().write(to: file) }
  process.standardInput = try FileHandle(forReadingFrom: files[0])
  process.standardOutput = try FileHandle(forWritingTo: files[1])
  process.standardError = try FileHandle(forWritingTo: files[2])
  let status: Int32 = try await withCheckedThrowingContinuation { continuation in
    process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
    do { try process.run() } catch { continuation.resume(throwing: error) }
  }
  let output = Output(
    status: status, text: String(decoding: try Data(contentsOf: files[1]), as: UTF8.self),
    errors: String(decoding: try Data(contentsOf: files[2]), as: UTF8.self))
  if status != 0, !allowFailure { throw CommandFailed(command: command, output: output) }
  return output
}
