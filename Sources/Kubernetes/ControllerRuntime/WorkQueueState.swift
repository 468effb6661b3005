import Values

/// How urgent a key is. The first list and resyncs are low: what has just changed goes first.
public enum QueuePriority: Sendable {
  case normal, low
}

/// A work queue as a pure value: time comes in, what to do comes out.
///
/// Guarantees: a key is with at most one worker; a key added while it is being worked on is handed out once more afterwards;
/// adding a waiting key changes nothing but its urgency; a delayed add keeps the earliest time; of nine keys handed out
/// while low ones wait, one is low.
struct WorkQueueState<Key: Hashable & Sendable>: Sendable {
  private struct Waiting {
    var priority: QueuePriority
    var since: Duration
    /// Of its place in a FIFO: a key that became more urgent has left another place behind.
    var ticket: Int
  }

  private struct Place: Sendable {
    var key: Key
    var ticket: Int
  }

  private var normal = FIFO<Place>()
  private var low = FIFO<Place>()
  private var lastTicket = 0
  /// Keys that wait to be handed out. The FIFOs may hold places that are given up.
  private var waiting: [Key: Waiting] = [:]
  private(set) var processing: [Key: Duration] = [:]
  /// Keys that were added while being worked on.
  private var dirty: [Key: QueuePriority] = [:]
  private var delayed: [Key: Duration] = [:]
  /// The same, earliest first; entries that `delayed` does not confirm are over.
  private var schedule = Schedule<Key>()
  private(set) var failures: [Key: Int] = [:]
  private var normalInARow = 0
  private(set) var isClosed = false

  private static var starvationBound: Int { 8 }
  private static var spareEntries: Int { 64 }

  /// Entries of the schedule, with those that are over.
  var scheduleSize: Int { schedule.count }

  /// Keys that wait now, without the delayed ones.
  var depth: Int { waiting.count + dirty.count }

  /// Keys that a worker could take at once.
  var depthToTake: Int { waiting.count }

  /// true where the key is new in the queue.
  @discardableResult
  mutating func add(_ key: Key, _ priority: QueuePriority = .normal, at now: Duration) -> Bool {
    guard !isClosed else { return false }
    delayed[key] = nil
    if processing[key] != nil {
      let isNew = dirty[key] == nil
      if isNew || priority == .normal { dirty[key] = priority }
      return isNew
    }
    let present = waiting[key]
    if let present, present.priority == priority || priority == .low { return false }
    lastTicket += 1
    waiting[key] = Waiting(priority: priority, since: present?.since ?? now, ticket: lastTicket)
    let place = Place(key: key, ticket: lastTicket)
    if priority == .normal { normal.append(place) } else { low.append(place) }
    return present == nil
  }

  /// Adds the key when `delay` has passed, if it has not been added before.
  mutating func add(_ key: Key, after delay: Duration, at now: Duration) {
    guard !isClosed else { return }
    guard delay > .zero else {
      add(key, at: now)
      return
    }
    // It is handed out earlier anyway.
    guard waiting[key] == nil, dirty[key] == nil else { return }
    let due = now + delay
    if let present = delayed[key], present <= due { return }
    delayed[key] = due
    schedule.insert(key, at: due)
    // A key that is worked on before it is due leaves its entry behind, which may be due in a year.
    if schedule.count > 2 * delayed.count + Self.spareEntries { schedule = Schedule(delayed) }
  }

  /// Moves what is due into the queue; how many keys are new there.
  mutating func promote(at now: Duration) -> Int {
    var count = 0
    while let due = nextDue, due <= now, let key = schedule.removeFirst() {
      if add(key, at: now) { count += 1 }
    }
    return count
  }

  /// When `promote` has something to do again.
  var nextDue: Duration? {
    mutating get {
      while let first = schedule.first {
        if delayed[first.key] == first.due { return first.due }
        _ = schedule.removeFirst()
      }
      return nil
    }
  }

  /// A key to work on, and how long it has waited; nil where none waits.
  mutating func take(at now: Duration) -> (key: Key, waited: Duration)? {
    let prefersLow = normalInARow >= Self.starvationBound
    guard let key = prefersLow ? pop(.low) ?? pop(.normal) : pop(.normal) ?? pop(.low),
      let entry = waiting.removeValue(forKey: key)
    else { return nil }
    normalInARow = entry.priority == .normal ? normalInARow + 1 : 0
    processing[key] = now
    return (key, now - entry.since)
  }

  private mutating func pop(_ priority: QueuePriority) -> Key? {
    while let place = priority == .normal ? normal.popFirst() : low.popFirst() {
      if waiting[place.key]?.ticket == place.ticket { return place.key }
    }
    return nil
  }

  /// The worker is through with a key.
  mutating func finish(_ key: Key, _ outcome: WorkOutcome, at now: Duration) {
    processing[key] = nil
    switch outcome {
    case .done, .terminal:
      failures[key] = nil
    case .requeue(let delay):
      failures[key] = nil
      add(key, after: delay, at: now)
    case .failed, .refused:
      let count = failures[key, default: 0]
      failures[key] = count + 1
      let delay = Backoff.delay(afterFailures: count)
      add(key, after: outcome == .refused ? max(delay, Backoff.afterRefusal) : delay, at: now)
    }
    if let priority = dirty.removeValue(forKey: key) { add(key, priority, at: now) }
  }

  mutating func close() {
    isClosed = true
    normal = FIFO()
    low = FIFO()
    waiting = [:]
    delayed = [:]
    schedule = Schedule()
    dirty = [:]
  }
}

/// How work on a key ended.
enum WorkOutcome: Sendable, Equatable {
  case done
  /// Not a failure; failures before it are forgotten.
  case requeue(Duration)
  case failed
  /// Failed for a want of permission or of an API: only a person can mend that, so there is no hurry.
  case refused
  /// Failed, and asking again is useless until the object changes.
  case terminal
}

/// The pause after the n-th failure in a row of one key: 5 ms·2ⁿ, at most 1000 s (client-go's
/// `ItemExponentialFailureRateLimiter`).
///
/// | n | 0 | 1 | 5 | 10 | 15 | 17 | 18 and more |
/// |---|---|---|---|---|---|---|---|
/// | pause | 5 ms | 10 ms | 160 ms | 5.1 s | 164 s | 655 s | 1000 s |
enum Backoff {
  /// At least, where a person has to do something first.
  static let afterRefusal = Duration.seconds(30)

  private static let pause = DoublingPause(first: .milliseconds(5), longest: .seconds(1000))

  static func delay(afterFailures count: Int) -> Duration { pause.after(failures: count) }
}

/// First in, first out; what has been taken is let go of in blocks.
private struct FIFO<Element: Sendable>: Sendable {
  private var elements: [Element] = []
  private var head = 0

  mutating func append(_ element: Element) { elements.append(element) }

  mutating func popFirst() -> Element? {
    guard head < elements.count else { return nil }
    defer {
      head += 1
      if head > 64, head * 2 > elements.count {
        elements.removeFirst(head)
        head = 0
      }
    }
    return elements[head]
  }
}

/// Keys by their time: a binary heap.
private struct Schedule<Key: Hashable & Sendable>: Sendable {
  struct Entry: Sendable {
    var key: Key
    var due: Duration
  }

  private var entries: [Entry] = []

  init() {}

  /// In ascending order a list is a heap.
  init(_ dues: [Key: Duration]) {
    entries = dues.map { Entry(key: $0.key, due: $0.value) }.sorted { $0.due < $1.due }
  }

  var first: Entry? { entries.first }
  var count: Int { entries.count }

  mutating func insert(_ key: Key, at due: Duration) {
    entries.append(Entry(key: key, due: due))
    var child = entries.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard entries[child].due < entries[parent].due else { return }
      entries.swapAt(child, parent)
      child = parent
    }
  }

  mutating func removeFirst() -> Key? {
    guard let first = entries.first else { return nil }
    let last = entries.removeLast()
    guard !entries.isEmpty else { return first.key }
    entries[0] = last
    var parent = 0
    while true {
      let left = 2 * parent + 1
      guard left < entries.count else { return first.key }
      let right = left + 1
      let child = right < entries.count && entries[right].due < entries[left].due ? right : left
      guard entries[child].due < entries[parent].due else { return first.key }
      entries.swapAt(child, parent)
      parent = child
    }
  }
}
