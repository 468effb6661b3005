import Foundation
package import FuzzProcess
import Synchronization

/// A run over many inputs.
package struct Campaign: Sendable {
  package var seed: UInt64
  package var inputs: Range<UInt64>
  /// One input in so many goes over a socket instead; 0: none.
  package var wireShare: UInt64
  package var workers: Int
  /// Nil: memory is not looked at.
  package var memory: MemoryMark?

  package init(
    seed: UInt64, inputs: Range<UInt64>, wireShare: UInt64, workers: Int, memory: MemoryMark? = nil
  ) {
    self.seed = seed
    self.inputs = inputs
    self.wireShare = wireShare
    self.workers = workers
    self.memory = memory
  }

  /// An input at which something did not hold.
  package struct Finding: Sendable, CustomStringConvertible {
    package var index: UInt64
    package var problems: [String]
    /// The input as it would go over the wire.
    package var request: [UInt8]

    package var description: String {
      "input \(index): \(problems.joined(separator: "; "))\n\(String(decoding: request.prefix(2000), as: UTF8.self))"
    }
  }

  package struct Outcome: Sendable {
    package var findings: [Finding] = []
    package var seconds = 0.0
  }

  private final class Tally: Sendable {
    let next: Atomic<UInt64>
    let findings = Mutex<[Finding]>([])

    init(first: UInt64) { next = Atomic(first) }
  }

  /// Findings are told as they come; after a hundred the run ends.
  /// - Parameter progress: Told the number of inputs that are done, every hundred thousand.
  package func run(
    onFinding: @escaping @Sendable (Finding) -> Void = { _ in },
    progress: @escaping @Sendable (UInt64) -> Void = { _ in }
  ) async throws -> Outcome {
    let server = try await FuzzedServer()
    let tally = Tally(first: inputs.lowerBound)
    let clock = ContinuousClock()
    let start = clock.now
    try await withThrowingTaskGroup(of: Void.self) { group in
      for worker in 0..<workers {
        group.addTask {
          while tally.findings.withLock({ $0.count < 100 }) {
            let index = tally.next.wrappingAdd(1, ordering: .relaxed).oldValue
            guard index < inputs.upperBound else { return }
            if index > inputs.lowerBound, index.isMultiple(of: 100_000) { progress(index - inputs.lowerBound) }
            InHand.note(index, worker: worker)
            var random = SeededGenerator(seed: seed, index: index)
            let request = FuzzedRequest(&random)
            var problems =
              wireShare > 0 && index.isMultiple(of: wireShare)
              ? try await WireShare(port: server.port).problems(of: request, &random)
              : try await server.problems(of: request, isTwice: index.isMultiple(of: 4))
            if let problem = memory?.problem(onceIn: 256) { problems.append(problem) }
            guard !problems.isEmpty else { continue }
            let finding = Finding(index: index, problems: problems, request: request.wire)
            tally.findings.withLock { $0.append(finding) }
            onFinding(finding)
          }
        }
      }
      try await group.waitForAll()
    }
    let elapsed = start.duration(to: clock.now)
    try await server.stop()
    return Outcome(
      findings: tally.findings.withLock { $0 },
      seconds: Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18)
  }
}
