import ArgumentParser
import Authoring
import Foundation
import LocalCluster
import Tabular
import WorkerContract

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
      "Where workers read the rows, if not from this file: file:///…, https://… or a path inside the pods.",
      valueName: "uri"))
  var source: String?

  @Option(help: "The character between fields: , ; tab or |. (default: found in the first lines)")
  var delimiter: String?

  @Option(help: "The decimal mark of numbers: \".\" or \",\". (default: found in the numbers)")
  var decimal: String?

  @Option(help: "The character encoding: utf-8, latin-1, windows-1252 or utf-16. (default: utf-8)")
  var encoding: String?

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "A text such as -999 that means a missing value, besides NA, NaN, null and the like; may be repeated.",
      valueName: "text"))
  var missing: [String] = []

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp("A column to leave out of the features; may be repeated.", valueName: "column"))
  var drop: [String] = []

  @Option(help: "The column of the event's time. (default: the first column of times)")
  var timestamp: String?

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
      throw CleanExit.failure("\(file) cannot be read (\(FileFailure.reason(error))); name a CSV file with a header")
    }
    let options = ModelDraft.Options(
      delimiter: try delimiterOption(), decimal: try decimalOption(), encoding: try encodingOption(),
      inference: InferenceOptions(missing: missing, drop: drop, timestamp: timestamp))
    // people.csv.gz is people.
    let packed = url.pathExtension.lowercased() == "gz" ? url.deletingPathExtension() : url
    let draft: ModelDraft
    do {
      draft = try ModelDraft(
        csv: [UInt8](bytes), uri: source ?? url.absoluteString, target: target, positive: positive, name: name,
        file: packed.deletingPathExtension().lastPathComponent, options: options)
    } catch {
      throw CleanExit.failure("\(file): \(error)")
    }
    for note in draft.notes { try? FileHandle.standardError.write(contentsOf: Data((note + "\n").utf8)) }
    guard let output else { return print(draft.text, terminator: "") }
    try write(draft.text, to: output)
    let hint = "Wrote \(output). Read it, then: apus validate \(output) && kubectl apply -f \(output)\n"
    try? FileHandle.standardError.write(contentsOf: Data(hint.utf8))
  }

  private func delimiterOption() throws -> DataSource.Delimiter? {
    guard let delimiter else { return nil }
    if delimiter.lowercased() == "tab" || delimiter == "\\t" || delimiter == "\t" { return .tab }
    guard let known = DataSource.Delimiter(rawValue: delimiter) else {
      throw CleanExit.failure("--delimiter \(delimiter) is not one of , ; tab and |")
    }
    return known
  }

  private func decimalOption() throws -> DataSource.DecimalMark? {
    switch decimal?.lowercased() {
    case nil: return nil
    case ".", "point": return .point
    case ",", "comma": return .comma
    case let other?: throw CleanExit.failure("--decimal \(other) is not one of \".\" and \",\"")
    }
  }

  private func encodingOption() throws -> FeatureSchema.Encoding? {
    guard let encoding else { return nil }
    let name = encoding.lowercased().filter { $0 != "-" && $0 != "_" }
    switch name {
    case "utf8": return .utf8
    case "latin1", "iso88591", "l1": return .latin1
    case "windows1252", "cp1252", "ansi": return .windows1252
    case "utf16", "utf16le", "utf16be": return .utf16
    default: throw CleanExit.failure("--encoding \(encoding) is not one of utf-8, latin-1, windows-1252 and utf-16")
    }
  }

  private func write(_ text: String, to path: String) throws {
    guard force || !FileManager.default.fileExists(atPath: path) else {
      throw CleanExit.failure("\(path) exists; choose another name or say --force")
    }
    do {
      try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
      throw CleanExit.failure("\(path) cannot be written: \(FileFailure.reason(error)); choose another with --output")
    }
  }
}
