import ArgumentParser

/// The command line. Each verb is a file `<Verb>Command.swift` and an entry in the list below.
@main
struct Apus: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "apus",
    abstract: "Keeps machine-learning models healthy: a local cluster, and tools around it.",
    subcommands: [
      UpCommand.self,
      DownCommand.self,
      InitCommand.self,
      ValidateCommand.self,
      GenerateCommand.self,
      SimulateCommand.self,
    ])
}
