import ArgumentParser
import Authoring
import Foundation

extension GeneratedFile.Part: ExpressibleByArgument {}

/// `apus generate`: the committed files that are made from the Swift types. For the project's own use.
struct GenerateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate",
    abstract: "Write the CRDs, the chart's copy of them and the reference pages.",
    shouldDisplay: false)

  @Argument(help: "Which parts: crds, chart, docs. (default: all)")
  var parts: [GeneratedFile.Part] = []

  @Option(name: .shortAndLong, help: "The folder to write into.")
  var output = "."

  func run() throws {
    let root = URL(fileURLWithPath: output, isDirectory: true)
    for file in GeneratedFile.all() where parts.isEmpty || parts.contains(file.part) {
      let url = root.appendingPathComponent(file.path)
      try FileManager.default.createDirectory(
        at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(file.text.utf8).write(to: url, options: .atomic)
      print(file.path)
    }
  }
}
