import Exposition
public import KubernetesClient
public import KubernetesModel
public import Logging
public import ServiceLifecycle
import Synchronization

/// Writes Events in the background. Recording never waits and never fails; what cannot be written is logged and counted.
public final class EventRecorder: ServiceLifecycle.Service {
  private let api: any KubernetesAPI
  private let time: TimeSource
  private let logger: Logger
  private let series: Mutex<EventSeries>
  private let announcements: AsyncStream<Announcement>
  private let continuation: AsyncStream<Announcement>.Continuation
  private let sent: Counter
  private let dropped: Counter
  private let failed: Counter
  /// Announcements that are recorded and not written yet.
  private let pending = Mutex(0)

  /// - Parameters:
  ///   - reporter: the controller's name, such as `apus.dev/operator`.
  ///   - instance: this process, such as the pod's name.
  public init(
    _ api: any KubernetesAPI, reporter: String, instance: String, time: TimeSource = .system, metrics: RuntimeMetrics,
    logger: Logger
  ) {
    self.api = api
    self.time = time
    self.logger = logger
    series = Mutex(EventSeries(reporter: reporter, instance: instance))
    // Where the API server is away, the newest are worth more than the oldest, and memory is bounded.
    (announcements, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1000))
    sent = metrics.events.with("sent")
    dropped = metrics.events.with("dropped")
    failed = metrics.events.with("failed")
  }

  public func record(_ announcement: Announcement) {
    switch continuation.yield(announcement) {
    case .enqueued: pending.withLock { $0 += 1 }
    default: dropped.increment()
    }
  }

  /// Waits until what was recorded is written, at most for `limit`. For an orderly end: while this process still leads, as
  /// afterwards its writes are held back.
  public func drain(within limit: Duration) async {
    let end = time.monotonic() + limit
    while pending.withLock({ $0 > 0 }), time.monotonic() < end {
      guard (try? await time.sleep(.milliseconds(5))) != nil else { return }
    }
  }

  public func run() async throws {
    await cancelWhenGracefulShutdown {
      for await announcement in self.announcements {
        await self.write(announcement)
        self.pending.withLock { $0 -= 1 }
      }
    }
  }

  /// How often an Event is offered to a server that is away for a moment.
  private static let tries = 5
  private static let pause = DoublingPause(first: .milliseconds(500), longest: .seconds(4))

  private func write(_ announcement: Announcement) async {
    let step = series.withLock { $0.step(announcement, at: time.wall()) }
    for attempt in 1...Self.tries {
      guard let error = await carryOut(step) else { return }
      let isWorthIt = error.isTransient && attempt < Self.tries && !error.isNotLeading
      guard isWorthIt, (try? await time.sleep(Self.pause.after(failures: attempt - 1))) != nil
      else {
        return giveUp(announcement, error)
      }
    }
  }

  /// Writes at once and says whether that worked. For announcements that are kept until they are told: the name of the
  /// Event follows from object, content and `time`, so who does not know whether an earlier try took effect tries again,
  /// and the Event stays one, also when another process tries.
  ///
  /// Caveat: a repetition within a series is counted twice where the process ends between the count and its answer.
  public func write(_ announcement: Announcement, at time: Timestamp) async throws(KubernetesError) {
    let step = series.withLock { $0.step(announcement, at: time) }
    guard let error = await carryOut(step) else { return }
    // A count that may have been written is kept: `time` tells that it is the same one.
    var isUncertain = !error.isNotFound
    if case .create = step { isUncertain = false }
    if !isUncertain { series.withLock { $0.abandon(announcement) } }
    throw error
  }

  private func carryOut(_ step: EventSeries.Step) async -> KubernetesError? {
    do throws(KubernetesError) {
      switch step {
      case .drop:
        dropped.increment()
        return nil
      case .create(let event):
        do throws(KubernetesError) {
          _ = try await api.create(event)
        } catch {
          // Its name is made of its content: an answer was lost, the Event was not.
          guard error.isAlreadyExists else { throw error }
        }
      case .continue(let key, let series):
        let patch: JSONValue = [
          "series": [
            "count": .integer(Int64(series.count)), "lastObservedTime": .string(series.lastObservedTime.description),
          ]
        ]
        _ = try await api.patch(Event.self, namespace: key.namespace, name: key.name, .merge, patch)
      }
      sent.increment()
      return nil
    } catch {
      return error
    }
  }

  private func giveUp(_ announcement: Announcement, _ error: KubernetesError) {
    series.withLock { $0.abandon(announcement) }
    // A namespace that is going away takes no Events, and nobody misses them.
    guard !error.isNamespaceTerminating else { return }
    failed.increment()
    logger.warning(
      "an event could not be written", metadata: ["reason": "\(announcement.reason)", "error": "\(error)"])
  }
}

extension KubernetesError {
  fileprivate var isNotLeading: Bool { if case .notLeading = self { true } else { self == .cancelled } }
}
