import Synchronization

/// An amount that requests share: bytes that are held for clients, or work that waits to be done. Each takes what it needs and
/// gives it back; what is not there is refused, and nobody waits for it.
final class Budget: Sendable {
  let limit: Int
  private let amount = Atomic(0)

  /// Bytes that a body or an answer may have without being counted, so that small requests share nothing. A connection has one
  /// of them at a time.
  static let free = 16 << 10

  init(limit: Int) { self.limit = limit }

  /// What is taken at the moment.
  var taken: Int { amount.load(ordering: .relaxed) }

  /// Nil: there is not so much left.
  func take(_ count: Int) -> Hold? {
    guard count <= limit else { return nil }
    let hold = Hold(self)
    return hold.change(to: count) ? hold : nil
  }

  private func add(_ count: Int) -> Bool {
    var before = taken
    while true {
      // What is given back always fits.
      guard count <= limit - before || count <= 0 else { return false }
      let (isDone, found) = amount.weakCompareExchange(expected: before, desired: before + count, ordering: .relaxed)
      if isDone { return true }
      before = found
    }
  }

  /// A part of the budget, given back with the object. Changed by one thread at a time.
  final class Hold: Sendable {
    private let budget: Budget
    private let count = Atomic(0)

    fileprivate init(_ budget: Budget) { self.budget = budget }

    deinit { _ = change(to: 0) }

    /// Returns false, and changes nothing, where there is not so much left.
    func change(to new: Int) -> Bool {
      guard budget.add(new - count.load(ordering: .relaxed)) else { return false }
      count.store(new, ordering: .relaxed)
      return true
    }
  }
}
