import ControllerRuntime
import Decisions
import Exposition
import HTTPTransport
import KubernetesClient
import KubernetesModel
import Logging
import Reconcilers
import Synchronization

/// One process of the real operator in a world, put together as the program does it. When it dies, nothing of it reaches
/// the world any more.
final class OperatorProcess: KubernetesAPI, HTTPTransport {
  let fieldManager = "apus-operator"
  private let world: World
  private let isAlive = Mutex(true)
  private let task = Mutex<Task<Void, Never>?>(nil)
  private let hasEnded = Mutex(false)

  init(in world: World, settings: OperatorSettings = .init(images: .init(worker: "apus-worker", server: "apus-server")))
  {
    self.world = world
    let time = TimeSource(
      monotonic: {
        precondition(world.executor.isCurrent, "a task of the world runs elsewhere")
        return .microseconds(((world.now - World.beginning) * 1_000_000).rounded())
      }, wall: { Timestamp(secondsSince1970: world.now) },
      sleep: { try await self.sleep($0) }, random: { 0.5 })
    let logger = Logger(label: "operator") { _ in SwiftLogNoOpLogHandler() }
    let metrics = RuntimeMetrics(MetricsRegistry())
    let events = EventRecorder(
      self, reporter: "apus.dev/operator", instance: "operator-\(Int(world.now))", time: time, metrics: metrics,
      logger: logger)
    let host = OperatorAssembly(
      api: self, settings: settings, namespace: nil, workers: 2, transport: self, outside: self,
      mail: CurlMailTransport(), outbound: .anyHost, events: events, metrics: metrics, elector: nil, time: time,
      logger: logger
    ).host
    let running = Task(executorPreference: world.executor) {
      await withTaskGroup(of: Void.self) { group in
        group.addTask { try? await events.run() }
        group.addTask { try? await host.run() }
        await group.waitForAll()
      }
      self.hasEnded.withLock { $0 = true }
    }
    task.withLock { $0 = running }
  }

  /// Ends it without a word. Returns false where something of it could not be ended.
  func kill() -> Bool {
    isAlive.withLock { $0 = false }
    let task = task.withLock { $0 }
    // Cancelling wakes sleepers and readers.
    world.executor.within { _ = task?.cancel() }
    world.disconnect()
    world.executor.drain()
    return hasEnded.withLock { $0 }
  }

  private func sleep(_ duration: Duration) async throws {
    precondition(world.executor.isCurrent, "a task of the world runs elsewhere")
    guard isAlive.withLock({ $0 }) else { throw CancellationError() }
    // The world's clock has no finer steps.
    try await world.sleep(max(duration, .microseconds(1)))
  }

  private func answer(_ request: APIRequest) throws(KubernetesError) -> StateServer.Answer {
    precondition(world.executor.isCurrent, "a task of the world runs elsewhere")
    guard isAlive.withLock({ $0 }) else { throw .cancelled }
    guard let answer = world.answer(request) else {
      isAlive.withLock { $0 = false }
      throw .cancelled
    }
    return try answer.get()
  }

  func perform(_ request: APIRequest) async throws(KubernetesError) -> JSONValue {
    await Task.yield()
    guard case .object(_, let document) = try answer(request) else {
      throw .unreadable(verb: request.verb, target: request.target, reason: "no document")
    }
    return document
  }

  func open(_ request: APIRequest) async throws(KubernetesError) -> WatchStream {
    guard case .watch(let watching) = try answer(request) else {
      throw .unreadable(verb: request.verb, target: request.target, reason: "no watch")
    }
    return WatchStream(request, body: HTTPBody(source: world.connect(watching)))
  }

  func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
    precondition(world.executor.isCurrent, "a task of the world runs elsewhere")
    guard isAlive.withLock({ $0 }) else { throw .cancelled }
    await Task.yield()
    return try world.deliver(request)
  }

  func stream(_ request: HTTPRequest) async throws(TransportError) -> HTTPStream {
    let answer = try await send(request)
    return HTTPStream(status: answer.status, headers: answer.headers, body: HTTPBody([answer.body]))
  }
}
