import ArgumentParser
import Foundation
import FuzzProcess

/// Gives the operator's decisions documents and results of workers that are more or less wrong, and checks what comes out.
@main
struct DocumentFuzzer: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "document-fuzzer",
    abstract: "Fuzzes specs and results of workers, from reading to deciding; equal seeds make equal inputs.",
    discussion: """
      Nothing traps; equal observations get equal decisions; the CRDs accept each status that is written; sentences are \
      short and free of control characters; names are such as Kubernetes takes; an input needs little time and memory. \
      Ends with 1 where something does not hold. At a trap the number of the input is said.
      """)

  @Option(help: "Number of inputs.")
  var inputs: UInt64 = 200_000

  @Option(help: "Seed of the inputs.")
  var seed: UInt64 = 1

  @Option(help: "Number of the first input; with --inputs 1 one input is asked again.")
  var first: UInt64 = 0

  @Option(help: "Inputs at the same time.")
  var workers = 2

  @Option(help: "The most memory that the process may ever have had, in MiB.")
  var memory = 256

  @Flag(help: "Print the inputs too.")
  var show = false

  func validate() throws {
    guard workers > 0, workers <= 64 else { throw ValidationError("--workers is from 1 to 64.") }
    guard first.addingReportingOverflow(inputs).overflow == false else {
      throw ValidationError("There are not so many inputs.")
    }
  }

  func run() throws {
    InHand.nameAtTrap()
    if show { for index in first..<first + min(inputs, 10) { print(FuzzedDocument(seed: seed, index: index)) } }
    let campaign = DocumentCampaign(seed: seed, inputs: first..<first + inputs, workers: workers)
    let outcome = campaign.run {
      print($0)
    } progress: {
      FileHandle.standardError.write(Data("\($0) inputs\n".utf8))
    }
    let peak = MemoryMark.peak
    let rate = Int((Double(inputs) / outcome.seconds).rounded())
    print(
      "\(inputs) documents with seed \(seed) in \(Int(outcome.seconds.rounded())) s (\(rate) a second, \(outcome.accepted) of them "
        + "decided upon, at most \(peak >> 20) MiB): "
        + (outcome.findings.isEmpty ? "no finding" : "\(outcome.findings.count) findings"))
    if peak > memory << 20 {
      print("more memory than \(memory) MiB")
      throw ExitCode.failure
    }
    if !outcome.findings.isEmpty { throw ExitCode.failure }
  }
}
