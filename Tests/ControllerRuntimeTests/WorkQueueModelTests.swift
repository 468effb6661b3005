import Testing

@testable import ControllerRuntime
import Values

/// The work queue as one would write it without a thought for speed: lists that are searched from end to end.
private struct NaiveQueue {
  struct Waiting {
    var key: Int
    var priority: QueuePriority
    var order: Int
    var since: Duration
  }

  var waiting: [Waiting] = []
  var processing: [Int] = []
  var dirty: [(key: Int, priority: QueuePriority)] = []
  var delayed: [(key: Int, due: Duration)] = []
  var failures: [Int: Int] = [:]
  var normalInARow = 0
  var order = 0

  mutating func add(_ key: Int, _ priority: QueuePriority, at now: Duration) {
    delayed.removeAll { $0.key == key }
    if processing.contains(key) {
      let present = dirty.first { $0.key == key }?.priority
      dirty.removeAll { $0.key == key }
      dirty.append((key, present == .normal ? .normal : priority))
      return
    }
    order += 1
    if let index = waiting.firstIndex(where: { $0.key == key }) {
      guard waiting[index].priority == .low, priority == .normal else { return }
      waiting[index].priority = .normal
      waiting[index].order = order
      return
    }
    waiting.append(Waiting(key: key, priority: priority, order: order, since: now))
  }

  mutating func add(_ key: Int, after delay: Duration, at now: Duration) {
    guard delay > .zero else { return add(key, .normal, at: now) }
    guard !waiting.contains(where: { $0.key == key }), !dirty.contains(where: { $0.key == key }) else { return }
    let due = min(now + delay, delayed.first { $0.key == key }?.due ?? now + delay)
    delayed.removeAll { $0.key == key }
    delayed.append((key, due))
  }

  mutating func promote(at now: Duration) {
    for entry in delayed.sorted(by: { $0.due < $1.due }) where entry.due <= now { add(entry.key, .normal, at: now) }
  }

  mutating func take(at now: Duration) -> (key: Int, waited: Duration)? {
    let normal = waiting.filter { $0.priority == .normal }.min { $0.order < $1.order }
    let low = waiting.filter { $0.priority == .low }.min { $0.order < $1.order }
    guard let next = normalInARow >= 8 ? low ?? normal : normal ?? low else { return nil }
    normalInARow = next.priority == .normal ? normalInARow + 1 : 0
    waiting.removeAll { $0.key == next.key }
    processing.append(next.key)
    return (next.key, now - next.since)
  }

  mutating func finish(_ key: Int, _ outcome: WorkOutcome, at now: Duration) {
    processing.removeAll { $0 == key }
    switch outcome {
    case .done, .terminal: failures[key] = nil
    case .requeue(let delay):
      failures[key] = nil
      add(key, after: delay, at: now)
    case .failed, .refused:
      let milliseconds = (0..<(failures[key] ?? 0)).reduce(5.0) { pause, _ in min(pause * 2, 1_000_000) }
      failures[key, default: 0] += 1
      add(key, after: .milliseconds(Int(outcome == .refused ? max(milliseconds, 30_000) : milliseconds)), at: now)
    }
    if let index = dirty.firstIndex(where: { $0.key == key }) {
      let priority = dirty.remove(at: index).priority
      add(key, priority, at: now)
    }
  }
}

@Suite("The work queue beside a naive model")
struct WorkQueueModelTests {
  /// Random steps over a few keys; every observable thing is compared after each.
  private func compare(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var queue = WorkQueueState<Int>()
    var model = NaiveQueue()
    var now = Duration.zero
    let keys = 1 + Int(random.next() % 12)
    for step in 0..<150 {
      // Fine steps: two keys that are due in the same instant have no order among themselves.
      now += .nanoseconds(Int(random.next() % 100_003))
      let key = Int(random.next() % UInt64(keys))
      switch random.next() % 8 {
      case 0, 1:
        let priority: QueuePriority = random.chance(0.4) ? .low : .normal
        queue.add(key, priority, at: now)
        model.add(key, priority, at: now)
      case 2:
        let delay = Duration.nanoseconds(Int(random.next() % 2_000_000_003) - 1_000_000)
        queue.add(key, after: delay, at: now)
        model.add(key, after: delay, at: now)
      case 3:
        now += .microseconds(Int(random.next() % 300_007))
        _ = queue.promote(at: now)
        model.promote(at: now)
      case 4, 5:
        let (taken, expected) = (queue.take(at: now), model.take(at: now))
        guard taken?.key == expected?.key, taken?.waited == expected?.waited else {
          Issue.record(
            "seed \(seed), step \(step): took \(String(describing: taken)), not \(String(describing: expected))")
          return
        }
      default:
        guard let busy = model.processing.isEmpty ? nil : random.pick(model.processing) else { continue }
        let outcome = random.pick([
          WorkOutcome.done, .failed, .failed, .refused, .terminal,
          .requeue(.nanoseconds(Int(random.next() % 1_000_000_003))),
        ])
        queue.finish(busy, outcome, at: now)
        model.finish(busy, outcome, at: now)
      }
      let isSame =
        queue.depthToTake == model.waiting.count && queue.depth == model.waiting.count + model.dirty.count
        && queue.processing.keys.sorted() == model.processing.sorted()
        && queue.nextDue == model.delayed.map(\.due).min() && queue.failures == model.failures
      guard isSame else {
        Issue.record("seed \(seed), step \(step): \(queue) beside \(model)")
        return
      }
    }
  }

  @Test("Two thousand random histories come out the same")
  func histories() async {
    for seed in 0..<2000 {
      compare(seed: UInt64(seed))
      // Other tests wait for their turn.
      await Task.yield()
    }
  }
}
