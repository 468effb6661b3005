import Engine
import NIOCore
import Synchronization

/// Decides by what an answer takes at most (`AnswerCost`) whether it is made, and where: at once on the event loop, in parts on
/// Swift's threads, or in parts on those for explanations. Each listener has its own, so that clients leave the admin port alone.
final class Admission: Sendable {
  let limits: RequestLimits
  /// Bytes held for clients.
  let bytes: Budget
  /// The part of them that bodies may have which have not come to their end: whoever sends half a body leaves the other half of the
  /// room to answers.
  let arriving: Budget
  /// Steps of explanations that have begun and not ended.
  let steps: Budget
  /// The part of them that large explanations may have, so that small ones are answered beside them.
  let largeSteps: Budget

  /// Of an answer that is made on an event loop: some tenths of a millisecond, as other connections wait for it.
  private static let (inlineSteps, inlineBytes, inlineWork) = (100_000, 256 << 10, 1_000_000)
  /// Of a part, between which others have their turn.
  private static let (partSteps, partRows, partWork) = (1_000_000, 256, 4_000_000)
  /// Requests of the largest explanation that may wait at the same time.
  private static let mostExplaining = 4
  /// Steps of an explanation that is small: single rows and short batches.
  private static let smallSteps = 10_000_000

  init(limits: RequestLimits) {
    self.limits = limits
    bytes = Budget(limit: limits.held)
    arriving = Budget(limit: limits.held / 2)
    let (steps, isTooLarge) = limits.explanation.multipliedReportingOverflow(by: Self.mostExplaining)
    let all = isTooLarge ? .max / 2 : steps
    self.steps = Budget(limit: all)
    largeSteps = Budget(limit: all / 4 * 3)
  }

  /// Whether an event loop may make the answer.
  func isInline(_ cost: AnswerCost) -> Bool {
    cost.steps <= min(Self.inlineSteps, limits.explanation) && cost.bytes <= min(Self.inlineBytes, limits.answer)
      && cost.work <= Self.inlineWork
  }

  /// Whether an event loop may write so many bytes for one request.
  func isInline(bytes: Int) -> Bool { bytes <= Self.inlineBytes }

  struct Refusal: Error {
    let answer: Answer
  }

  /// What an admitted request has taken, for as long as it is kept.
  final class Grant: Sendable {
    let bytes: Budget.Hold
    private let steps: [Budget.Hold]
    /// Bytes that the scratch takes, and how often what is made lies in memory.
    private let scratch: Int
    private let copies: Int
    private let contents: Mutex<(taken: Int, made: Int)>

    fileprivate init(bytes: Budget.Hold, taken: Int, steps: [Budget.Hold], scratch: Int, copies: Int) {
      self.bytes = bytes
      self.steps = steps
      self.scratch = scratch
      self.copies = copies
      contents = Mutex((taken, 0))
    }

    /// A part was made: where the parts are larger than most, the room for them grows.
    func made(_ count: Int) throws(Refusal) {
      let hasRoom = contents.withLock { contents in
        contents.made += count
        let needed = contents.made * copies + scratch
        guard needed > contents.taken else { return true }
        guard bytes.change(to: needed) else { return false }
        contents.taken = needed
        return true
      }
      guard hasRoom else { throw Refusal(answer: Admission.crowded) }
    }
  }

  /// - Parameter beside: Bytes that the request holds already.
  /// - Returns: Why the answer is not made, or the room for it.
  func admit(_ cost: AnswerCost, beside: Int = 0) -> Result<Grant, Refusal> {
    if let refusal = refusal(of: cost) { return .failure(Refusal(answer: refusal)) }
    let scratch = cost.scratch * threads(for: cost)
    // Parts live beside the text that they are joined to.
    let copies = parts(of: cost) > 1 ? 2 : 1
    let room = copies * cost.typical + scratch
    guard room <= bytes.limit - beside else { return .failure(Refusal(answer: tooMuch(room + beside))) }
    var explaining: [Budget.Hold] = []
    if cost.steps > 0 {
      for budget in cost.steps > Self.smallSteps ? [largeSteps, steps] : [steps] {
        guard let hold = budget.take(min(cost.steps, budget.limit)) else {
          return .failure(
            Refusal(
              answer: .error(
                503, "The server explains as much as it may at the moment; send the request again in a few seconds.")))
        }
        explaining.append(hold)
      }
    }
    guard let hold = bytes.take(room) else { return .failure(Refusal(answer: Self.crowded)) }
    return .success(Grant(bytes: hold, taken: room, steps: explaining, scratch: scratch, copies: copies))
  }

  /// Room for an answer that an event loop makes, taken before its first row is predicted: what is predicted is logged too, and is
  /// not refused afterwards. Nil: it is small.
  func room(forInline cost: AnswerCost) -> Result<Budget.Hold?, Refusal> {
    guard cost.typical > Budget.free else { return .success(nil) }
    guard let hold = bytes.take(cost.bytes) ?? bytes.take(cost.typical) else {
      return .failure(Refusal(answer: Self.crowded))
    }
    return .success(hold)
  }

  /// Bytes for what a request becomes on the way to its answer; nil: so few that they are not counted.
  /// - Parameter beside: Bytes that it holds already.
  func take(_ count: Int, beside: Int) throws(Refusal) -> Budget.Hold? {
    guard count > Budget.free else { return nil }
    guard count <= bytes.limit - beside else { throw Refusal(answer: tooMuch(count + beside)) }
    guard let hold = bytes.take(count) else { throw Refusal(answer: Self.crowded) }
    return hold
  }

  /// What is told where the bytes that are held for clients leave no room.
  static var crowded: Answer {
    .error(
      503,
      "The server holds as many bytes of requests and answers as it may (--maximum-held); send the request again in a few seconds."
    )
  }

  /// What is told where there would be no room if nobody else had any.
  private func tooMuch(_ count: Int) -> Answer {
    .error(
      413,
      "The request and its answer take \(count) bytes of memory, and this server holds \(bytes.limit) (--maximum-held): send fewer rows at a time."
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
      // Fewer bytes always fit; more only where every row has many warnings and others have the rest of the room.
      guard hold.change(to: count) else { return crowded }
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

  /// Rows of a part.
  private func partSize(of cost: AnswerCost) -> Int {
    let shares = [(Self.partSteps, cost.steps), (Self.partWork, cost.work)].map { most, all in
      all <= most ? cost.rows : Int(Double(most) / Double(all) * Double(cost.rows))
    }
    return max(1, shares.reduce(Self.partRows, min))
  }

  private func parts(of cost: AnswerCost) -> Int {
    let size = partSize(of: cost)
    return cost.rows / size + (cost.rows % size > 0 ? 1 : 0)
  }

  /// Where the parts are made; nil: on Swift's own threads.
  private func pool(for cost: AnswerCost) -> WorkThreads? {
    cost.steps > Self.inlineSteps ? WorkThreads.explanations : nil
  }

  /// Parts that are made at the same time: as many as there are threads, of explanations as many as a quarter of the memory has
  /// room for.
  func threads(for cost: AnswerCost) -> Int {
    let most = cost.scratch > 0 ? max(1, limits.held / 4 / cost.scratch) : Int.max
    return min(parts(of: cost), pool(for: cost)?.count ?? System.coreCount, most)
  }

  /// Makes an answer in parts, some at the same time. Others have their turn after each part, and it ends early with the task.
  /// - Parameter make: Makes the part of these rows.
  /// - Returns: The parts, in the order of the rows.
  func inParts<Part: Sendable>(
    _ cost: AnswerCost, _ make: @escaping @Sendable (Range<Int>) throws -> Part
  ) async throws -> [Part] {
    let rows = cost.rows
    let size = partSize(of: cost)
    let starts = Array(stride(from: 0, to: rows, by: size))
    let pool = pool(for: cost)
    let places = Places()
    return try await withThrowingTaskGroup(of: [(Int, Part)].self) { group in
      for _ in 0..<threads(for: cost) {
        group.addTask(executorPreference: pool) {
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
