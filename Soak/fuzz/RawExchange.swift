import NIOCore
import NIOPosix

/// Bytes sent to a port and all that comes back.
enum RawExchange {
  /// Sends the pieces one after the other, ends the sending side, and reads to the end.
  static func send(_ pieces: [[UInt8]], to port: Int) async throws -> [UInt8] {
    let client = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
      .channelOption(.allowRemoteHalfClosure, value: true)
      .channelOption(.tcpOption(.tcp_nodelay), value: 1)
      .connect(host: "127.0.0.1", port: port) { channel in
        channel.eventLoop.makeCompletedFuture {
          try NIOAsyncChannel<ByteBuffer, ByteBuffer>(
            wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
        }
      }
    return try await client.executeThenClose { inbound, outbound in
      for piece in pieces { try? await outbound.write(ByteBuffer(bytes: piece)) }
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
