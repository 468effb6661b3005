import ArgumentParser
import Foundation
import JSONLogging
import Workers

/// Runs one training, check, removal or load in a Job's pod and exits; see docs/worker-contract.md.
@main
struct ApusWorker: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "apus-worker",
    abstract: "Trains a model, checks it, removes its data or loads a version, as a run specification says.",
    subcommands: [Train.self, Check.self, Remove.self, Load.self])

  static func main() async {
    PatientThreads.ensure()
    await main(nil)
  }

  struct Files: ParsableArguments {
    @Option(help: "The run specification, JSON.")
    var run = "/etc/apus/run/run.json"

    @Option(help: "The file for the result, which is the pod's termination message.")
    var result = "/dev/termination-log"

    @Option(help: "Threads for training; 0 is as many as the container's CPU limit allows.")
    var threads = 0

    func execute(_ kind: Worker.Kind) async throws {
      let log = RunLog(sink: JSONLogHandler.standardError)
      let environment = WorkerEnvironment(
        variables: ProcessInfo.processInfo.environment, threads: threads > 0 ? threads : CPUQuota.threads(), log: log)
      let code = await Worker(environment: environment).execute(kind, specification: run, result: result)
      throw ExitCode(code.rawValue)
    }
  }

  struct Train: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Trains and registers a version.")
    @OptionGroup var files: Files

    func run() async throws { try await files.execute(.train) }
  }

  struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Checks the predictions of the version in production.")
    @OptionGroup var files: Files

    func run() async throws { try await files.execute(.check) }
  }
  struct Remove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Removes the rows, reports and files of a deleted model.")
    @OptionGroup var files: Files

    func run() async throws { try await files.execute(.remove) }
  }
  struct Load: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Loads a stored version as a server does, and predicts with it.")
    @OptionGroup var files: Files

    func run() async throws { try await files.execute(.load) }
  }
}
