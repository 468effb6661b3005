import Foundation
import Synchronization

/// Runs `work` for each element on threads of their own, two at a time: worlds keep their thread busy, and the tests beside
/// them need theirs.
func onThreads<Element: Sendable, Result: Sendable>(
  _ elements: [Element], _ work: @escaping @Sendable (Element) -> Result
) async -> [Result] {
  let gathering = Gathering<Result>()
  await withTaskGroup(of: Void.self) { group in
    for _ in 0..<2 {
      group.addTask {
        await withCheckedContinuation { (done: CheckedContinuation<Void, Never>) in
          let loop: @Sendable () -> Void = {
            while let index = gathering.next(of: elements.count) { gathering.put(work(elements[index]), at: index) }
            done.resume()
          }
          let thread = Thread(block: loop)
          thread.stackSize = 8 << 20
          thread.start()
        }
      }
    }
  }
  return gathering.results
}

private final class Gathering<Result: Sendable>: Sendable {
  private let state = Mutex<(next: Int, results: [Int: Result])>((0, [:]))

  func next(of count: Int) -> Int? {
    state.withLock { state in
      guard state.next < count else { return nil }
      defer { state.next += 1 }
      return state.next
    }
  }

  func put(_ result: Result, at index: Int) { state.withLock { $0.results[index] = result } }

  var results: [Result] { state.withLock { state in state.results.sorted { $0.key < $1.key }.map(\.value) } }
}
