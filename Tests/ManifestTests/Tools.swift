import Foundation
import KubernetesModel
import TestSupport
import YAMLCoding

/// A tool of a consumer: the virtual environment's Python with one of scripts/checks, or promtool.
enum Tool {
  static let promtool = ["/usr/bin/promtool", "/usr/local/bin/promtool"].first {
    FileManager.default.isExecutableFile(atPath: $0)
  }

  struct Output {
    var status: Int32
    var output: String
    var errors: String
  }

  /// Runs a program to its end. Input and both outputs go through files: pipes would block on more than 64 KiB.
  static func run(_ program: String, _ arguments: [String], input: String = "") async throws -> Output {
    try await blocking { try runToEnd(program, arguments, input) }
  }

  private static func runToEnd(_ program: String, _ arguments: [String], _ input: String) throws -> Output {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("apus-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let files = ["in", "out", "err"].map(folder.appendingPathComponent)
    try Data(input.utf8).write(to: files[0])
    for file in files.dropFirst() { try Data().write(to: file) }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.standardInput = try FileHandle(forReadingFrom: files[0])
    process.standardOutput = try FileHandle(forWritingTo: files[1])
    process.standardError = try FileHandle(forWritingTo: files[2])
    try process.run()
    process.waitUntilExit()
    return Output(
      status: process.terminationStatus, output: String(decoding: try Data(contentsOf: files[1]), as: UTF8.self),
      errors: String(decoding: try Data(contentsOf: files[2]), as: UTF8.self))
  }

  /// What one of scripts/checks answers.
  static func check(_ name: String, _ arguments: [String] = [], input: JSONValue) async throws -> JSONValue {
    let result = try await run(PythonEnvironment.python.path, ["scripts/checks/\(name)"] + arguments, input: input.text)
    guard result.status == 0 else { throw ToolFailure(tool: name, errors: result.errors) }
    return try JSONValue(parsing: result.output)
  }
}

struct ToolFailure: Error, CustomStringConvertible {
  var tool: String
  var errors: String
  var description: String { "\(tool): \(errors.suffix(2000))" }
}

/// Files of the repository. Tests run in its root.
enum Repository {
  static func text(_ path: String) throws -> String {
    try String(contentsOf: URL(fileURLWithPath: path), encoding: .utf8)
  }

  static func documents(_ path: String) throws -> [JSONValue] { try objects(inYAML: text(path)) }

  static func objects(inYAML text: String) throws -> [JSONValue] { try YAML.documents(text).map(\.value) }

  /// The names of the files of a folder, sorted.
  static func files(_ folder: String, ending: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(ending) }.sorted()
      .map { "\(folder)/\($0)" }
  }

  /// The objects that `kubectl apply -k manifests/install` applies.
  static func installObjects() throws -> [JSONValue] {
    let list = try documents("manifests/install/kustomization.yaml").first?["resources"]?.array ?? []
    return try list.compactMap(\.string).flatMap { try documents("manifests/install/\($0)") }
  }
}
