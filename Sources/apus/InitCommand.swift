import ArgumentParser
import Authoring
import Foundation

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

  @Option(help: "The name of the resources. (default: made from the target)")
  var name: String?

  @Option(
    help: ArgumentHelp(
      "Where workers read the rows, if not in this file: file:///…, https://… or a path inside the pods.",
      valueName: "uri"))
  var source: String?

  @Option(name: .shortAndLong, help: "Write to this file. (default: print)")
  var output: String?

  @Flag(help: "Overwrite the output.")
  var force = false

  func run() throws {
    let url = URL(fileURLWithPath: file).standardizedFileURL
    let bytes: Data
    do {
      bytes = try Data(contentsOf: url, options: .mappedIfSafe)
    } catch {
      throw ValidationError("\(file) can not be read; name a CSV file with a header")
    }
    let draft: ModelDraft
    do {
      draft = try ModelDraft(
        csv: [UInt8](bytes), uri: source ?? url.absoluteString, target: target, positive: positive, name: name)
    } catch {
      throw ValidationError("\(file): \(error)")
    }
    for note in draft.notes { FileHandle.standardError.write(Data((note + "\n").utf8)) }
    guard let output else { return print(draft.text, terminator: "") }
    try write(draft.text, to: output)
    let hint = "Wrote \(output). Read it, then: apus validate \(output) && kubectl apply -f \(output)\n"
    FileHandle.standardError.write(Data(hint.utf8))
  }

  private func write(_ text: String, to path: String) throws {
    guard force || !FileManager.default.fileExists(atPath: path) else {
      throw ValidationError("\(path) exists; choose another name or say --force")
    }
    do {
      try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
      throw ValidationError("\(path) can not be written: \(error.localizedDescription)")
    }
  }
}
