import ArgumentParser
import Foundation
import FuzzProcess

/// Asks a server millions of more or less wrong things and checks every answer.
@main
struct ServingFuzzer: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serving-fuzzer",
    abstract: "Fuzzes the server's request readers and endpoints; equal seeds make equal inputs.",
    discussion: """
      Every answer must have an allowed status and be JSON; 200 is only right where Foundation's JSON parser takes the body,
      too; probabilities add up to 1; equal bytes get equal answers. Before that, versions must be refused or sound, and
      connections be answered request by request. Ends with 1 where something does not hold. At a trap the number of the
      input is said.
      """)

  @Option(help: "Number of inputs.")
  var inputs: UInt64 = 10_000_000

  @Option(help: "Number of damaged files of versions and results of runs, read before the requests.")
  var files: UInt64 = 1_000_000

  @Option(help: "Number of connections on which requests are framed in odd ways, made before the requests.")
  var frames: UInt64 = 200_000

  @Option(help: "Seed of the inputs.")
  var seed: UInt64 = 1

  @Option(help: "Number of the first input; with --inputs 1 one input is asked again.")
  var first: UInt64 = 0

  @Option(help: "One input in so many goes over a socket; 0: none.")
  var wireShare: UInt64 = 1000

  @Option(help: "Inputs at the same time.")
  var workers = 2

  @Option(help: "The most memory that the process may ever have had, in MiB.")
  var memory = 256

  func validate() throws {
    guard workers > 0, workers <= 64 else { throw ValidationError("--workers is from 1 to 64.") }
    guard [inputs, files, frames].allSatisfy({ !first.addingReportingOverflow($0).overflow }) else {
      throw ValidationError("There are not so many inputs.")
    }
  }

  func run() async throws {
    InHand.nameAtTrap()
    let mark = MemoryMark(limit: memory << 20)
    let inFiles = try await FileCampaign(seed: seed, inputs: first..<first + files, workers: workers, memory: mark)
      .run { print($0) }
    print("\(files) files with seed \(seed): \(Self.verdict(inFiles))")
    let inFrames = try await FramingCampaign(seed: seed, inputs: first..<first + frames, workers: workers, memory: mark)
      .run { print($0) }
    print("\(frames) connections with seed \(seed): \(Self.verdict(inFrames))")
    let campaign = Campaign(
      seed: seed, inputs: first..<first + inputs, wireShare: wireShare, workers: workers, memory: mark)
    let outcome = try await campaign.run {
      print($0)
    } progress: {
      FileHandle.standardError.write(Data("\($0) inputs\n".utf8))
    }
    let rate = Int((Double(inputs) / outcome.seconds).rounded())
    print(
      "\(inputs) inputs with seed \(seed) in \(Int(outcome.seconds.rounded())) s (\(rate) a second): "
        + Self.verdict(outcome.findings))
    if MemoryMark.peak > memory << 20 || !(outcome.findings + inFiles + inFrames).isEmpty { throw ExitCode.failure }
  }

  /// With the most memory so far.
  private static func verdict(_ findings: [Campaign.Finding]) -> String {
    "\(findings.isEmpty ? "no finding" : "\(findings.count) findings"), at most \(MemoryMark.peak >> 20) MiB"
  }
}
