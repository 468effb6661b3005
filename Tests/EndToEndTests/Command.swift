import Foundation
import Glibc

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
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent("apus-command-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  // Files instead of pipes: a program that writes much cannot block on a reader that is not there.
  let files = ["in", "out", "err"].map { folder.appendingPathComponent($0) }
  try Data((input ?? "").utf8).write(to: files[0])
  for file in files.dropFirst() { try Data().write(to: file) }
  let variables = ProcessInfo.processInfo.environment.merging(environment) { $1 }.map { "\($0.key)=\($0.value)" }
  let paths = files.map(\.path)
  // posix_spawn instead of Foundation's Process, whose run() has been seen to crash after some hundred programs.
  let status: Int32 = try await withCheckedThrowingContinuation { continuation in
    DispatchQueue.global().async {
      continuation.resume(with: Result { try spawnAndWait(command, variables: variables, files: paths) })
    }
  }
  let output = Output(
    status: status, text: String(decoding: try Data(contentsOf: files[1]), as: UTF8.self),
    errors: String(decoding: try Data(contentsOf: files[2]), as: UTF8.self))
  if status != 0, !allowFailure { throw CommandFailed(command: command, output: output) }
  return output
}

private func spawnAndWait(_ command: [String], variables: [String], files: [String]) throws -> Int32 {
  waitForEnd(of: try spawn(command, variables: variables, files: files))
}

/// Starts `command` by way of `env` with its three streams on files; what is there in the latter two stays.
func spawn(_ command: [String], variables: [String], files: [String]) throws -> pid_t {
  var actions = posix_spawn_file_actions_t()
  posix_spawn_file_actions_init(&actions)
  defer { posix_spawn_file_actions_destroy(&actions) }
  for (descriptor, file) in files.enumerated() {
    let flags = descriptor == 0 ? O_RDONLY : O_WRONLY | O_CREAT | O_APPEND
    posix_spawn_file_actions_addopen(&actions, Int32(descriptor), file, flags, 0o600)
  }
  var arguments: [UnsafeMutablePointer<CChar>?] = (["env"] + command).map { strdup($0) } + [nil]
  var environment: [UnsafeMutablePointer<CChar>?] = variables.map { strdup($0) } + [nil]
  defer { for text in arguments + environment { free(text) } }
  var process = pid_t()
  let failure = posix_spawn(&process, "/usr/bin/env", &actions, nil, &arguments, &environment)
  guard failure == 0 else {
    throw CommandFailed(command: command, output: Output(status: failure, text: "", errors: ""))
  }
  return process
}

/// The exit status, or the signal plus 128. Holds its thread.
func waitForEnd(of process: pid_t) -> Int32 {
  var status: Int32 = 0
  while waitpid(process, &status, 0) == -1, errno == EINTR {}
  return status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f)
}
