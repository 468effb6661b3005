import Testing

@testable import ControllerRuntime

@Suite("The work queue")
struct WorkQueueTests {
  func keys(_ queue: inout WorkQueueState<String>, at now: Duration = .zero) -> [String] {
    var keys: [String] = []
    while let item = queue.take(at: now) { keys.append(item.key) }
    return keys
  }

  @Test("First in, first out; a waiting key is not added twice")
  func order() {
    var queue = WorkQueueState<String>()
    let isNew = [queue.add("a", at: .zero), queue.add("b", at: .zero), queue.add("a", at: .zero)]
    #expect(isNew == [true, true, false])
    #expect(queue.depth == 2)
    #expect(keys(&queue) == ["a", "b"])
  }

  @Test("A key that is being worked on is never handed out, and once more afterwards if it was added")
  func processing() {
    var queue = WorkQueueState<String>()
    queue.add("a", at: .zero)
    #expect(queue.take(at: .zero)?.key == "a")
    queue.add("a", at: .seconds(1))
    queue.add("a", at: .seconds(1))
    #expect(queue.take(at: .seconds(1)) == nil)
    queue.finish("a", .done, at: .seconds(2))
    #expect(keys(&queue) == ["a"])
    queue.finish("a", .done, at: .seconds(3))
    #expect(keys(&queue).isEmpty)
  }

  @Test("Of several delays the earliest counts, and a plain add beats them")
  func delays() {
    var queue = WorkQueueState<String>()
    queue.add("a", after: .seconds(10), at: .zero)
    queue.add("a", after: .seconds(5), at: .zero)
    queue.add("a", after: .seconds(20), at: .zero)
    #expect(queue.nextDue == .seconds(5))
    #expect(queue.promote(at: .seconds(4)) == 0)
    #expect(queue.promote(at: .seconds(5)) == 1)
    #expect(keys(&queue) == ["a"])
    queue.add("b", after: .seconds(10), at: .zero)
    queue.add("b", at: .zero)
    #expect(queue.nextDue == nil)
    #expect(keys(&queue) == ["b"])
  }

  @Test("Keys that are due in a year and worked on each minute leave nothing behind")
  func scheduleSize() {
    var queue = WorkQueueState<Int>()
    for minute in 0..<1000 {
      for key in 0..<10 {
        queue.add(key, at: .seconds(60 * minute))
        #expect(queue.take(at: .seconds(60 * minute))?.key == key)
        queue.finish(key, .requeue(.seconds(31_536_000 + key)), at: .seconds(60 * minute))
      }
      #expect(queue.scheduleSize <= 100)
    }
    #expect(queue.nextDue == .seconds(60 * 999 + 31_536_000))
    #expect(queue.promote(at: .seconds(60 * 999 + 31_536_004)) == 5)
    #expect(queue.depth == 5)
  }

  @Test("Many delayed keys come in the order of their times, whatever the order they were added in")
  func schedule() {
    var queue = WorkQueueState<Int>()
    for number in 0..<500 { queue.add(number, after: .seconds(number * 7919 % 500 + 1), at: .zero) }
    for number in 0..<500 where number % 3 == 0 { queue.add(number, after: .seconds(1), at: .zero) }
    var seen: [Int] = []
    var now = Duration.zero
    while let due = queue.nextDue {
      #expect(due >= now)
      now = due
      _ = queue.promote(at: now)
      while let item = queue.take(at: now) {
        seen.append(item.key)
        queue.finish(item.key, .done, at: now)
      }
    }
    #expect(seen.count == 500 && Set(seen).count == 500)
  }

  @Test("Failures pause longer and longer; success, requeue and terminal errors forget them")
  func backoff() {
    var queue = WorkQueueState<String>()
    var now = Duration.zero
    for expected in [5, 10, 20, 40] {
      queue.add("a", at: now)
      _ = queue.take(at: now)
      queue.finish("a", .failed, at: now)
      #expect(queue.nextDue == now + .milliseconds(expected))
      now += .seconds(1)
    }
    for outcome in [WorkOutcome.done, .requeue(.seconds(60)), .terminal] {
      queue.add("a", at: now)
      _ = queue.take(at: now)
      queue.finish("a", outcome, at: now)
      #expect(queue.failures["a"] == nil)
      #expect(queue.nextDue == (outcome == .requeue(.seconds(60)) ? now + .seconds(60) : nil))
    }
    #expect(Backoff.delay(afterFailures: 17) == .milliseconds(655_360))
    #expect(Backoff.delay(afterFailures: 1000) == .seconds(1000))
  }

  @Test("What has just changed goes before the first list, which does not starve")
  func priorities() {
    var queue = WorkQueueState<String>()
    for number in 0..<3 { queue.add("low\(number)", .low, at: .zero) }
    for number in 0..<20 { queue.add("n\(number)", at: .zero) }
    queue.add("low2", at: .zero)
    let order = keys(&queue)
    #expect(order.count == 23)
    #expect(order.firstIndex(of: "low0") == 8)
    #expect(order.firstIndex(of: "low1") == 17)
    #expect(order.last == "low2")
  }

  @Test("A closed queue takes nothing in and gives nothing out")
  func closed() {
    var queue = WorkQueueState<String>()
    queue.add("a", at: .zero)
    queue.close()
    queue.add("b", at: .zero)
    queue.add("c", after: .seconds(1), at: .zero)
    #expect(queue.take(at: .zero) == nil)
    #expect(queue.nextDue == nil)
  }
}
