import ArgumentParser
import Authoring
import Foundation
import LocalCluster

/// `apus init data.csv --target income`: from a file of rows to a model that can be applied.
struct InitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init",
    abstract: "Write a ModelDeployment and a MonitoringPolicy for a CSV file.",
    discussion: """
      Reads the rows, infers types, categories, bounds and the target's classes, and explains each value in a comment.

        apus init data.csv --target income --output income.yaml
        kubectl apply -f income.yaml
      """)

  @Argument(help: "The CSV file, with a header.", completion: .file(extensions: ["csv"]))
  var file: String

  @Option(help: "The column to predict.")
  var target: String

  @Option(help: "The class that counts as positive. (default: chosen from the data)")
  var positive: String?

  @Option(help: "The name of the resources. (default: made from the file's name)")
  var name: String?

  @Option(
    help: ArgumentHelp(
      "Where workers read the rows, if not in this file: file:///…, https://… or a path inside the pods.",
      valueName: "uri"))
  var source: String?

  @Option(help: "The character between fields: , ; tab or |. (default: found in the first lines)")
  var delimiter: String?

  @Option(name: .shortAndLong, help: "Write to this file. (default: print)")
  var output: String?

  @Flag(help: "Overwrite the output.")
  var force = false

  func run() throws {
    guard !file.contains("://") else {
      throw CleanExit.failure(
        "\(file) is an address, not a file: download it, name the copy, and add --source \(file)")
    }
    let url = URL(fileURLWithPath: file).standardizedFileURL
    let bytes: Data
    do {
      bytes = try Data(contentsOf: url, options: .mappedIfSafe)
    } catch {
      throw CleanExit.failure("\(file) can not be read (\(FileFailure.reason(error))); name a CSV file with a header")
    }
    let separator = try delimiterByte()
    let draft: ModelDraft
    do {
      draft = try ModelDraft(
        csv: [UInt8](bytes), uri: source ?? url.absoluteString, target: target, positive: positive, name: name,
        file: url.deletingPathExtension().lastPathComponent, delimiter: separator)
    } catch {
      throw CleanExit.failure("\(file): \(error)")
    }
    for note in draft.notes { try? FileHandle.standardError.write(contentsOf: Data((note + "\n").utf8)) }
    guard let output else { return print(draft.text, terminator: "") }
    try write(draft.text, to: output)
    let hint = "Wrote \(output). Read it, then: apus validate \(output) && kubectl apply -f \(output)\n"
    try? FileHandle.standardError.write(contentsOf: Data(hint.utf8))
  }

  private func delimiterByte() throws -> UInt8? {
    guard let delimiter else { return nil }
    if delimiter.lowercased() == "tab" || delimiter == "\\t" { return UInt8(ascii: "\t") }
    guard let byte = delimiter.utf8.first, delimiter.utf8.count == 1, [0x2c, 0x3b, 0x09, 0x7c].contains(byte) else {
      throw CleanExit.failure(
        "--delimiter \(delimiter) is not one of , ; tab and |, which workers find in a file by themselves")
    }
    return byte
  }

  private func write(_ text: String, to path: String) throws {
    guard force || !FileManager.default.fileExists(atPath: path) else {
      throw CleanExit.failure("\(path) exists; choose another name or say --force")
    }
    do {
      try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
      throw CleanExit.failure("\(path) can not be written: \(FileFailure.reason(error)); choose another with --output")
    }
  }
}
