import ArgumentParser

/// The parts of the serving benchmark that `run` does not leave to others: the model with its rows, and a load of constant
/// rate.
@main
struct ServingBenchmark: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serving-benchmark", abstract: "Makes a model to serve, and loads a server at a constant rate.",
    subcommands: [Prepare.self, Load.self])
}
