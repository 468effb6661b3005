import Engine
import NIOCore
import Synchronization

/// Decides by what an answer takes at most (`AnswerCost`) whether it is made, and where: at once on the event loop, in parts on
/// Swift's threads, or in parts on those for explanations.
final class Admission: Sendable {
  let limits: RequestLimits
  /// Bytes held for clients.
  let bytes: Budget
  /// Steps of explanations that have begun and not ended.
  let steps: Budget

  /// Of an answer that is made on an event loop: some tenths of a millisecond, as other connections wait for it.
  private static let (inlineSteps, inlineBytes, inlineWork) = (100_000, 256 << 10, 1_000_000)
  /// Of a part, between which others have their turn.
  private static let (partSteps, partRows, partWork) = (1_000_000, 256, 4_000_000)
  /// Requests of the largest explanation that may wait at the same time.
  private static let mostExplaining = 4

  init(limits: RequestLimits) {
    self.limits = limits
    bytes = Budget(limit: limits.held)
    let (steps, isTooLarge) = limits.explanation.multipliedReportingOverflow(by: Self.mostExplaining)
    self.steps = Budget(limit: isTooLarge ? .max / 2 : steps)
  }

  /// Whether an event loop may make the answer.
  func isInline(_ cost: AnswerCost) -> Bool {
    cost.steps <= min(Self.inlineSteps, limits.explanation) && cost.bytes <= min(Self.inlineBytes, limits.answer)
      && cost.work <= Self.inlineWork
  }

  /// What an admitted request has taken, for as long as it is kept.
  struct Grant: Sendable {
    let bytes: Budget.Hold
    fileprivate let steps: Budget.Hold?
  }

  struct Refusal: Error {
    let answer: Answer
  }

  /// - Returns: Why the answer is not made, or the room for it.
  func admit(_ cost: AnswerCost) -> Result<Grant, Refusal> {
    if let refusal = refusal(of: cost) { return .failure(Refusal(answer: refusal)) }
    var explaining: Budget.Hold?
    if cost.steps > 0 {
      explaining = steps.take(cost.steps)
      guard explaining != nil else {
        return .failure(
          Refusal(
            answer: .error(
              503, "The server explains as much as it may at the moment; send the request again in a few seconds.")))
      }
    }
    guard let room = bytes.take(cost.bytes + cost.scratch) else { return .failure(Refusal(answer: Self.crowded)) }
    return .success(Grant(bytes: room, steps: explaining))
  }

  /// What is told where the bytes that are held for clients leave no room.
  static var crowded: Answer {
    .error(
      503,
      "The server holds as many bytes of requests and answers as it may (--maximum-held); send the request again in a few seconds."
    )
  }

  private func refusal(of cost: AnswerCost) -> Answer? {
    guard cost.scratch <= limits.held / 4 else {
      return .error(
        422,
        "Explaining a row takes \(cost.scratch) bytes of memory, more than a quarter of what this server holds (--maximum-held): ask without an explanation."
      )
    }
    if cost.steps > limits.explanation, cost.explained > 0 {
      let row = cost.steps / cost.explained
      let steps = "\(row) steps (leaves × depth² of the trees)"
      guard row <= limits.explanation else {
        return .error(
          422,
          "Explaining a row takes \(steps), and this server's limit is \(limits.explanation) (--maximum-explanation): ask without an explanation."
        )
      }
      return .error(
        413,
        "Explaining a row takes \(steps), and this server's limit for a request is \(limits.explanation) (--maximum-explanation): have at most \(limits.explanation / row) rows explained at a time."
      )
    }
    let room = min(limits.answer, limits.held - cost.scratch)
    guard cost.bytes <= room else {
      let most = room / max(1, cost.bytes / max(1, cost.rows))
      return .error(
        413,
        "The answer could have \(cost.bytes) bytes, and this server's limit is \(room) (--maximum-answer): "
          + (most > 0 ? "ask for at most \(most) rows at a time." : "ask for fewer outputs and without an explanation.")
      )
    }
    return nil
  }

  /// Hands an answer on with its share of the bytes that are held for clients, or a small one in its place.
  /// - Parameter budget: That of the port.
  static func keep(_ answer: Answer, in budget: Budget) -> Answer {
    var kept = answer
    let count = answer.body.readableBytes
    if let hold = answer.hold {
      _ = hold.change(to: count)
    } else if count > Budget.free {
      kept.hold = budget.take(count)
      if kept.hold == nil { return crowded }
    }
    return kept
  }

  // MARK: Parts

  private final class Places: Sendable {
    private let next = Atomic(0)

    func take() -> Int { next.add(1, ordering: .relaxed).oldValue }
  }

  /// Makes an answer in parts, some at the same time. Others have their turn after each part, and it ends early with the task.
  /// - Parameter make: Makes the part of these rows.
  /// - Returns: The parts, in the order of the rows.
  func inParts<Part: Sendable>(
    _ cost: AnswerCost, _ make: @escaping @Sendable (Range<Int>) throws -> Part
  ) async throws -> [Part] {
    let rows = cost.rows
    let shares = [(Self.partSteps, cost.steps), (Self.partWork, cost.work)].map { most, all in
      all <= most ? rows : Int(Double(most) / Double(all) * Double(rows))
    }
    let size = max(1, shares.reduce(Self.partRows, min))
    let starts = Array(stride(from: 0, to: rows, by: size))
    let threads = cost.steps > Self.inlineSteps ? WorkThreads.explanations : nil
    let places = Places()
    return try await withThrowingTaskGroup(of: [(Int, Part)].self) { group in
      for _ in 0..<min(starts.count, threads?.count ?? System.coreCount) {
        group.addTask(executorPreference: threads) {
          var made: [(Int, Part)] = []
          while true {
            try Task.checkCancellation()
            let place = places.take()
            guard place < starts.count else { return made }
            made.append((place, try make(starts[place]..<min(starts[place] + size, rows))))
            await Task.yield()
          }
        }
      }
      var parts = [Part?](repeating: nil, count: starts.count)
      for try await some in group { for (place, part) in some { parts[place] = part } }
      return parts.compactMap(\.self)
    }
  }
}

/// What came of answering on an event loop.
enum Attempt {
  case answered(Answer)
  /// Nothing was done: it may take too long.
  case takesLong(AnswerCost)

  var answer: Answer? {
    if case .answered(let answer) = self { answer } else { nil }
  }
}
