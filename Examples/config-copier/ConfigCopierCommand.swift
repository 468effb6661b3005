import ArgumentParser
import OperatorProgram

/// An operator in small: `kubectl apply -f crd.yaml`, then run this.
@main
struct ConfigCopierCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "config-copier", abstract: "Keeps copies of ConfigMaps in all namespaces that carry a label.",
    version: "1.0.0")

  @OptionGroup var options: OperatorOptions

  func run() async throws {
    let program = OperatorProgram(name: "config-copier", version: "1.0.0", reporter: "examples.apus.dev/config-copier")
    try await program.run(options) { context in context.host([Copier(context).controller(context)]) }
  }
}
