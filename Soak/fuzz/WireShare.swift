import NIOCore
import NIOPosix

/// The share of inputs that goes over a socket, heads damaged too: the server answers as HTTP or closes, and stays there.
struct WireShare {
  let port: Int

  /// What is wrong; empty where nothing is.
  func problems(of request: FuzzedRequest, _ random: inout SeededGenerator) async throws -> [String] {
    var wire = request.wire
    var isDamaged = false
    if random.once(in: 2) {
      isDamaged = true
      var mutation = Mutation(random: random)
      mutation.apply(to: &wire)
      random = mutation.random
    }
    let answer = try await send(wire)
    if answer.isEmpty { return isDamaged ? [] : ["no answer to a request that is HTTP"] }
    let line = String(decoding: answer.prefix(16), as: UTF8.self)
    guard line.hasPrefix("HTTP/1.1 "), let code = Int(line.dropFirst(9).prefix(3)) else {
      return ["the answer is not HTTP: \(line.debugDescription)"]
    }
    let allowed: Set<Int> = [100, 200, 204, 400, 404, 405, 408, 413, 415, 422, 431, 503]
    return allowed.contains(code) ? [] : ["status \(code) on the wire"]
  }

  /// Sends bytes, ends the sending side, and reads to the end.
  private func send(_ bytes: [UInt8]) async throws -> [UInt8] {
    let client = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
      .channelOption(.allowRemoteHalfClosure, value: true)
      .connect(host: "127.0.0.1", port: port) { channel in
        channel.eventLoop.makeCompletedFuture {
          try NIOAsyncChannel<ByteBuffer, ByteBuffer>(
            wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
        }
      }
    return try await client.executeThenClose { inbound, outbound in
      try? await outbound.write(ByteBuffer(bytes: bytes))
      outbound.finish()
      var answer: [UInt8] = []
      do {
        for try await part in inbound { answer += Array(buffer: part) }
      } catch is IOError {
        // The server closes while bytes are on their way to it.
      }
      return answer
    }
  }
}
