import NIOCore
import NIOPosix

/// Threads of their own for tasks that must not wait for others, or that others must not wait for: Swift's own pool has one
/// thread for each core, and a task that computes for seconds keeps it.
final class WorkThreads: TaskExecutor {
  let count: Int
  private let pool: NIOThreadPool

  /// The threads stay for as long as the process.
  private init(count: Int) {
    self.count = count
    pool = NIOThreadPool(numberOfThreads: count)
    pool.start()
  }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    let executor = asUnownedTaskExecutor()
    pool.submit { _ in job.runSynchronously(on: executor) }
  }

  /// What the admin port has to do: reloads and probes go on whatever clients ask for.
  static let admin = WorkThreads(count: 2)

  /// Explanations: half of the cores, so that the other half is left for predictions.
  static let explanations = WorkThreads(count: max(1, System.coreCount / 2))

  /// The event loop of the admin port.
  static let adminLoop = MultiThreadedEventLoopGroup(numberOfThreads: 1)
}
