import Foundation
import FuzzProcess
import Synchronization

/// A run over many documents.
struct DocumentCampaign: Sendable {
  var seed: UInt64
  var inputs: Range<UInt64>
  var workers: Int

  /// An input at which something did not hold.
  struct Finding: Sendable, CustomStringConvertible {
    var index: UInt64
    var problems: [String]

    var description: String { "input \(index): " + problems.joined(separator: "; ") }
  }

  struct Outcome: Sendable {
    var findings: [Finding] = []
    /// How many inputs were good enough for a decision that is more than a refusal.
    var accepted = 0
    var seconds = 0.0
  }

  /// Processor time that one input may need. It is the thread's own, so a busy machine does not matter.
  private static let patience = 2.0

  private final class Tally: Sendable {
    let next: Atomic<UInt64>
    let accepted = Atomic<Int>(0)
    let findings = Mutex<[Finding]>([])

    init(first: UInt64) { next = Atomic(first) }
  }

  /// Findings are told as they come; after a hundred the run ends.
  ///
  /// - Parameter progress: Told the number of inputs that are done, every ten thousand.
  func run(
    onFinding: @escaping @Sendable (Finding) -> Void = { _ in },
    progress: @escaping @Sendable (UInt64) -> Void = { _ in }
  ) -> Outcome {
    let tally = Tally(first: inputs.lowerBound)
    let start = ContinuousClock.now
    DispatchQueue.concurrentPerform(iterations: workers) { worker in
      while tally.findings.withLock({ $0.count < 100 }) {
        let index = tally.next.wrappingAdd(1, ordering: .relaxed).oldValue
        guard index < inputs.upperBound else { break }
        if index > inputs.lowerBound, index.isMultiple(of: 10_000) { progress(index - inputs.lowerBound) }
        InHand.note(index, worker: worker)
        let began = Self.processorTime
        var check = FuzzedDocument(seed: seed, index: index).checked()
        let needed = Self.processorTime - began
        if needed > Self.patience { check.problems.append("needed \(needed) s of processor time") }
        if check.isAccepted { tally.accepted.wrappingAdd(1, ordering: .relaxed) }
        guard !check.problems.isEmpty else { continue }
        let finding = Finding(index: index, problems: Array(check.problems.prefix(5)))
        tally.findings.withLock { $0.append(finding) }
        onFinding(finding)
      }
    }
    let elapsed = start.duration(to: .now)
    return Outcome(
      findings: tally.findings.withLock { $0 }, accepted: tally.accepted.load(ordering: .relaxed),
      seconds: Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18)
  }

  private static var processorTime: Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
