import ArgumentParser
import Authoring
import Foundation

/// `apus validate FILE…`: what the API server and the operator would say, with line numbers, without either.
struct ValidateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "validate",
    abstract: "Check files of ModelDeployments and MonitoringPolicies.",
    discussion: "Exits with 1 if there are errors; warnings do not count.")

  @Argument(help: "YAML files; - is standard input.", completion: .file(extensions: ["yaml", "yml", "json"]))
  var files: [String]

  func run() throws {
    var failed = false
    for file in files {
      let check = ManifestCheck(try text(of: file))
      for finding in check.findings {
        print(finding.line(in: file))
      }
      for skipped in check.skipped { print("\(file): \(skipped) is not looked at") }
      if !check.hasErrors, !check.objects.isEmpty {
        print("\(file): \(check.objects.joined(separator: ", ")): fine")
      }
      failed = failed || check.hasErrors
    }
    if failed { throw ExitCode.failure }
  }

  private func text(of file: String) throws -> String {
    let bytes: Data?
    if file == "-" {
      bytes = try FileHandle.standardInput.readToEnd() ?? Data()
    } else {
      bytes = FileManager.default.contents(atPath: file)
    }
    guard let bytes else { throw CleanExit.failure("\(file) cannot be read; name a YAML file") }
    return String(decoding: bytes, as: UTF8.self)
  }
}
