import Foundation
import Synchronization

/// Runs all tasks of one world one after the other on the thread that calls `drain`, in the order in which they became
/// ready. When `drain` returns, every task waits for something that only the world can give: an answer, a change, time.
/// So a life runs the same way each time, and no test waits for the machine's clock.
///
/// Structured tasks come here by their executor preference. Unstructured ones (`Task { … }`) do not inherit it: the
/// runtime's hook for jobs of the global executor brings those that are made by, or woken from, a world's thread.
final class WorldExecutor: TaskExecutor {
  private struct Jobs {
    var waiting: [UnownedJob] = []
    var next = 0
  }

  private let jobs = Mutex(Jobs())

  init() { _ = Self.hook }

  func enqueue(_ job: consuming ExecutorJob) { put(UnownedJob(job)) }

  private func put(_ job: UnownedJob) { jobs.withLock { $0.waiting.append(job) } }

  /// Runs until no task is ready.
  func drain() {
    within {
      while let job = take() { job.runSynchronously(on: asUnownedTaskExecutor()) }
    }
  }

  /// Whatever `body` wakes or starts runs in this world. Whoever wakes a task has to do it in here.
  func within<Result>(_ body: () -> Result) -> Result {
    let before = pthread_getspecific(Self.slot)
    pthread_setspecific(Self.slot, Unmanaged.passUnretained(self).toOpaque())
    defer { pthread_setspecific(Self.slot, before) }
    return body()
  }

  private func take() -> UnownedJob? {
    jobs.withLock { jobs in
      guard jobs.next < jobs.waiting.count else {
        jobs = Jobs()
        return nil
      }
      defer { jobs.next += 1 }
      return jobs.waiting[jobs.next]
    }
  }

  /// Whether the current thread works for this world.
  var isCurrent: Bool { Self.current === self }

  /// The world that the current thread works for.
  private static var current: WorldExecutor? {
    pthread_getspecific(slot).map { Unmanaged<WorldExecutor>.fromOpaque($0).takeUnretainedValue() }
  }

  private static let slot: pthread_key_t = {
    var key = pthread_key_t()
    pthread_key_create(&key, nil)
    return key
  }()

  private typealias Original = @convention(thin) (UnownedJob) -> Void
  private typealias Hook = @convention(thin) (UnownedJob, Original) -> Void

  /// Set once for the whole process; threads that work for no world are not concerned.
  private static let hook: Bool = {
    guard let symbol = dlsym(dlopen(nil, RTLD_NOW), "swift_task_enqueueGlobal_hook") else { return false }
    symbol.assumingMemoryBound(to: Hook?.self).pointee = { job, original in
      if let world = WorldExecutor.current { world.put(job) } else { original(job) }
    }
    return true
  }()
}
