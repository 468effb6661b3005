import Foundation
internal import KubernetesModel

/// A program that a kubeconfig names to get credentials (`exec`), versions v1 and v1beta1.
public struct CredentialPlugin: Sendable, Equatable, Codable {
  public struct Variable: Sendable, Equatable, Codable {
    public var name: String
    public var value: String
  }

  public var apiVersion: String
  public var command: String
  public var args: [String]?
  public var env: [Variable]?
  public var installHint: String?
  public var interactiveMode: String?

  struct Answer: Sendable {
    var token: String
    var expires: Timestamp?
  }

  /// Runs the program and reads the ExecCredential from its output.
  ///
  /// Errors: `.configuration` that names the program and how to mend it, never its output.
  func run(now: Timestamp) async throws(KubernetesError) -> Answer {
    let supported = ["client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"]
    guard supported.contains(apiVersion) else {
      throw failure("it speaks \(apiVersion), supported are \(supported.joined(separator: " and "))")
    }
    let output: [UInt8]
    do {
      output = try await standardOutput()
    } catch {
      throw failure("it could not be run: \(error)")
    }
    guard let credential = try? JSONValue(parsing: output), credential["kind"] == "ExecCredential" else {
      throw failure("its output is not an ExecCredential")
    }
    guard let token = credential["status"]?["token"]?.string, !token.isEmpty else {
      throw failure("it gave no token; client certificates from plugins are not supported")
    }
    return Answer(
      token: token, expires: credential["status"]?["expirationTimestamp"]?.string.flatMap { Timestamp($0) })
  }

  private func failure(_ reason: String) -> KubernetesError {
    let hint = installHint.map { " (\($0))" } ?? ""
    return .configuration("no credentials from the program '\(command)': \(reason)\(hint)")
  }

  private struct ExitFailure: Error, CustomStringConvertible {
    var description: String
  }

  private func standardOutput() async throws -> [UInt8] {
    let process = Process()
    // The PATH is searched by env, which is on every system that runs Swift.
    process.executableURL = URL(fileURLWithPath: command.contains("/") ? command : "/usr/bin/env")
    process.arguments = (command.contains("/") ? [] : [command]) + (args ?? [])
    var environment = ProcessInfo.processInfo.environment
    environment["KUBERNETES_EXEC_INFO"] =
      JSONValue.object([
        "apiVersion": .string(apiVersion), "kind": "ExecCredential", "spec": ["interactive": false],
      ]).text
    for variable in env ?? [] { environment[variable.name] = variable.value }
    process.environment = environment
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardInput = FileHandle.nullDevice
    // Read to the end on a thread that may wait, so that the program can write as much as it wants.
    let (output, status) = try await withCheckedThrowingContinuation { continuation in
      DispatchQueue.global().async {
        do {
          try process.run()
          let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
          process.waitUntilExit()
          continuation.resume(returning: (output, process.terminationStatus))
        } catch {
          continuation.resume(throwing: error)
        }
      }
    }
    guard status == 0 else { throw ExitFailure(description: "it ended with status \(status)") }
    return Array(output)
  }
}
