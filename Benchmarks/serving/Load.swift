import ArgumentParser
import Foundation
import NIOCore
import NIOPosix

/// Asks for predictions at a constant rate and prints how long they took.
///
/// A request's time begins when it was due, not when it could be sent: a server that stops for a moment is charged with all
/// requests that had to wait meanwhile (no coordinated omission; G. Tene, 2013).
struct Load: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Posts rows, or asks for a path, at a constant rate and prints the latencies as JSON.")

  @Option(help: "The port on the loopback address.")
  var port: Int

  @Option(help: "A file of request bodies, one per line.")
  var rows: String?

  @Option(help: "The path to request if there are no bodies.")
  var path = "/health"

  @Option(help: "Requests per second, over all connections.")
  var rate: Double

  @Option(help: "Connections.")
  var connections = 16

  @Option(help: "Seconds.")
  var seconds = 10.0

  func run() async throws {
    let requests = try requests()
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let beat = try await group.next().submit { NIOLoopBound(Beat(), eventLoop: group.next()) }.get()
    let start = NIODeadline.now() + .milliseconds(200)
    let interval = Double(connections) / rate
    let each = Int(seconds / interval)
    var results: [EventLoopFuture<ConstantRateClient.Result>] = []
    for connection in 0..<connections {
      let plan = ConstantRateClient.Plan(
        start: start + .nanoseconds(Int64(interval * 1e9 * Double(connection) / Double(connections))),
        interval: .nanoseconds(Int64(interval * 1e9)), count: each,
        // Each connection begins elsewhere, so that they do not ask for the same row at the same time.
        requests: requests, first: connection * requests.count / connections)
      let promise = group.next().makePromise(of: ConstantRateClient.Result.self)
      _ = try await ClientBootstrap(group: group)
        .channelOption(ChannelOptions.socketOption(.init(rawValue: SO_KEEPALIVE)), value: 1)
        .channelInitializer { channel in
          channel.eventLoop.makeCompletedFuture {
            let client = ConstantRateClient(plan, promise)
            try channel.pipeline.syncOperations.addHandler(client)
            beat.value.add(client, on: channel.eventLoop)
          }
        }
        .connect(host: "127.0.0.1", port: port).get()
      results.append(promise.futureResult)
    }
    var latencies: [Int64] = []
    var failed = 0
    for result in results {
      let result = try await result.get()
      latencies += result.latencies
      failed += result.failed
    }
    try await group.shutdownGracefully()
    latencies.sort()
    func milliseconds(_ share: Double) -> Double {
      latencies.isEmpty ? 0 : Double(latencies[min(latencies.count - 1, Int(share * Double(latencies.count)))]) / 1e6
    }
    print(
      """
      {"requests":\(latencies.count),"seconds":\(seconds),"p50":\(milliseconds(0.5)),"p99":\(milliseconds(0.99)),\
      "p999":\(milliseconds(0.999)),"most":\(milliseconds(1)),"failed":\(failed)}
      """)
  }
}

extension Load {
  private func requests() throws -> [ByteBuffer] {
    guard let rows else { return [ByteBuffer(string: "GET \(path) HTTP/1.1\r\nHost: localhost\r\n\r\n")] }
    return try String(contentsOfFile: rows, encoding: .utf8).split(separator: "\n").map { body in
      ByteBuffer(
        string: """
          POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
          Content-Length: \(body.utf8.count)\r\n\r\n\(body)
          """)
    }
  }
}

/// Lets the connections of its loop send what is due, every tenth of a millisecond: a timer for each request would cost more
/// than the request. What is sent late by that counts as the server's time.
private final class Beat {
  private var clients: [ConstantRateClient] = []

  func add(_ client: ConstantRateClient, on loop: any EventLoop) {
    clients.append(client)
    if clients.count == 1 { waitForNext(on: loop) }
  }

  private func waitForNext(on loop: any EventLoop) {
    _ = loop.assumeIsolated().scheduleTask(in: .microseconds(100)) {
      let now = NIODeadline.now()
      for client in self.clients { client.sendIfDue(at: now) }
      self.waitForNext(on: loop)
    }
  }
}

/// One connection: sends each request when it is due and the one before is answered.
private final class ConstantRateClient: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  struct Plan: Sendable {
    var start: NIODeadline
    var interval: TimeAmount
    var count: Int
    var requests: [ByteBuffer]
    var first: Int

    func due(_ index: Int) -> NIODeadline { start + .nanoseconds(interval.nanoseconds * Int64(index)) }
  }

  struct Result: Sendable {
    /// Nanoseconds from when each request was due.
    var latencies: [Int64] = []
    var failed = 0
  }

  private let plan: Plan
  private let promise: EventLoopPromise<Result>
  private var result = Result()
  private var next = 0
  private var received = ByteBuffer()
  /// While it is connected.
  private var context: ChannelHandlerContext?
  /// For an answer.
  private var isWaiting = false

  init(_ plan: Plan, _ promise: EventLoopPromise<Result>) {
    self.plan = plan
    self.promise = promise
    result.latencies.reserveCapacity(plan.count)
  }

  func channelActive(context: ChannelHandlerContext) {
    self.context = context
    sendIfDue(at: .now())
  }

  /// Sends the next request if it is due and the one before is answered.
  func sendIfDue(at now: NIODeadline) {
    guard let context, !isWaiting else { return }
    guard next < plan.count else { return context.close(promise: nil) }
    guard plan.due(next) <= now else { return }
    isWaiting = true
    let request = plan.requests[(plan.first + next) % plan.requests.count]
    context.writeAndFlush(wrapOutboundOut(request), promise: nil)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    received.writeImmutableBuffer(unwrapInboundIn(data))
    guard let isOK = takeAnswer() else { return }
    if isOK {
      result.latencies.append((NIODeadline.now() - plan.due(next)).nanoseconds)
    } else {
      result.failed += 1
    }
    next += 1
    isWaiting = false
    sendIfDue(at: .now())
  }

  /// Whether the answer is 200; nil while it is not complete. Read byte by byte, as the load must cost little beside the
  /// server that it measures.
  private func takeAnswer() -> Bool? {
    let answer = received.withUnsafeReadableBytes { bytes -> (size: Int, isOK: Bool)? in
      var length = 0
      var line = 0
      for place in bytes.indices where bytes[place] == UInt8(ascii: "\n") {
        // The line that ends here, without its carriage return.
        let end = max(line, place - 1)
        if end == line { return (place + 1 + length, bytes.starts(with: Self.status)) }
        if Self.matches(bytes[line..<end], Self.contentLength) {
          for byte in bytes[line + Self.contentLength.count..<end] where byte >= 0x30 && byte <= 0x39 {
            length = length * 10 + Int(byte - 0x30)
          }
        }
        line = place + 1
      }
      return nil
    }
    guard let answer, received.readableBytes >= answer.size else { return nil }
    received.moveReaderIndex(forwardBy: answer.size)
    if received.readableBytes == 0 { received.clear() }
    return answer.isOK
  }

  private static let status = Array("HTTP/1.1 200 ".utf8)
  private static let contentLength = Array("content-length:".utf8)

  /// - Parameter lowercase: Letters, a dash and a colon, which setting a bit does not change.
  private static func matches(_ line: Slice<UnsafeRawBufferPointer>, _ lowercase: [UInt8]) -> Bool {
    guard line.count > lowercase.count else { return false }
    for (byte, expected) in zip(line, lowercase) where byte | 0x20 != expected { return false }
    return true
  }

  func channelInactive(context: ChannelHandlerContext) {
    self.context = nil
    result.failed += plan.count - next
    promise.succeed(result)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
