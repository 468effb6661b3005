import Foundation
import KubernetesModel
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// One connection of the operator and its continuation to the API server. An operator asks for one thing at a time on it.
final class DeadlyConnection {
  struct Write {
    var request: String
    var object: String
  }

  let client: any Channel
  /// The operator's side.
  let near = DeadlyEnd<HTTPServerRequestPart>()
  /// The write that is under way.
  private(set) var write: Write?
  private unowned let hub: DeadlyPathHub
  private let far = DeadlyEnd<HTTPClientResponsePart>()
  private var server: (any Channel)?
  /// What the API server is to get, once it is connected.
  private var outgoing: [HTTPClientRequestPart] = []
  /// A write, until all of it is there.
  private var collected: [HTTPClientRequestPart] = []
  private var isCollecting = false
  /// The answer to a write, until all of it is there.
  private var answer: [HTTPServerResponsePart] = []
  private var isClosed = false

  init(_ client: any Channel, hub: DeadlyPathHub) {
    self.client = client
    self.hub = hub
    near.onPart = { [weak self] in self?.read($0) }
    near.onEnd = { [weak self] in self?.close() }
    far.onPart = { [weak self] in self?.read($0) }
    far.onEnd = { [weak self] in self?.close() }
  }

  func connect() {
    let bound = NIOLoopBound(self, eventLoop: client.eventLoop)
    let security = hub.server.security
    ClientBootstrap(group: client.eventLoop)
      .channelOption(.socketOption(.tcp_nodelay), value: 1)
      .channelInitializer { server in
        server.eventLoop.makeCompletedFuture {
          let pipeline = server.pipeline.syncOperations
          if let security {
            // The certificate is compared with the address, as it has no name.
            try pipeline.addHandler(NIOSSLClientHandler(context: security, serverHostname: nil))
          }
          try pipeline.addHTTPClientHandlers()
          try pipeline.addHandler(bound.value.far)
        }
      }
      .connect(host: hub.server.host, port: hub.server.port)
      .whenComplete { result in
        switch result {
        case .success(let server): bound.value.connected(server)
        case .failure: bound.value.close()
        }
      }
  }

  private func connected(_ channel: any Channel) {
    server = channel
    if isClosed { channel.close(promise: nil) } else { flush() }
  }

  private func flush() {
    guard let server, !outgoing.isEmpty else { return }
    for part in outgoing { server.write(part, promise: nil) }
    outgoing = []
    server.flush()
  }

  /// From the operator.
  private func read(_ part: HTTPServerRequestPart) {
    let onward: HTTPClientRequestPart
    switch part {
    case .head(let head):
      var next = head
      if let token = hub.server.token { next.headers.replaceOrAdd(name: "Authorization", value: "Bearer \(token)") }
      onward = .head(next)
      isCollecting = Self.isWrite(head)
      hub.noteRequest(isWatch: head.uri.contains("watch=1") || head.uri.contains("watch=true"))
    case .body(let bytes): onward = .body(.byteBuffer(bytes))
    case .end(let trailers): onward = .end(trailers)
    }
    guard isCollecting else {
      outgoing.append(onward)
      return flush()
    }
    collected.append(onward)
    if case .end = part {
      write = describe()
      hub.offer(self)
    }
  }

  func forwardWrite() {
    outgoing += collected
    collected = []
    flush()
  }

  /// From the API server.
  private func read(_ part: HTTPClientResponsePart) {
    let onward: HTTPServerResponsePart
    switch part {
    case .head(let head): onward = .head(head)
    case .body(let bytes): onward = .body(.byteBuffer(bytes))
    case .end(let trailers): onward = .end(trailers)
    }
    guard isCollecting else {
      client.writeAndFlush(onward, promise: nil)
      return
    }
    answer.append(onward)
    guard case .end = part, case .head(let head)? = answer.first else { return }
    hub.answered(self, code: Int(head.status.code))
  }

  func giveAnswer() -> EventLoopFuture<Void> {
    let last = answer.popLast()
    for part in answer { client.write(part, promise: nil) }
    (answer, write, isCollecting) = ([], nil, false)
    guard let last else { return client.eventLoop.makeSucceededVoidFuture() }
    return client.writeAndFlush(last)
  }

  func close() {
    guard !isClosed else { return }
    isClosed = true
    client.close(promise: nil)
    server?.close(promise: nil)
    hub.forget(self)
  }

  /// Reviews only ask.
  private static func isWrite(_ head: HTTPRequestHead) -> Bool {
    let path = head.uri.prefix { $0 != "?" }
    return [.POST, .PUT, .PATCH, .DELETE].contains(head.method) && !path.hasSuffix("reviews")
  }

  /// Reads what the collected write is about; where the path names no object, its body does.
  private func describe() -> Write {
    guard case .head(let head)? = collected.first else { return Write(request: "", object: "") }
    let path = String(head.uri.prefix { $0 != "?" })
    // /api/v1/… or /apis/GROUP/VERSION/…, then namespaces/NAME/ where there is one.
    var words = path.split(separator: "/").map(String.init)
    words.removeFirst(min(words.count, words.first == "api" ? 2 : 3))
    if words.count > 2, words[0] == "namespaces" { words.removeFirst(2) }
    if words.count == 1, head.method == .POST {
      let body = collected.reduce(into: [UInt8]()) { bytes, part in
        if case .body(.byteBuffer(let buffer)) = part { bytes += buffer.readableBytesView }
      }
      let name = (try? JSONValue(parsing: body))?[path: "metadata", "name"]?.string
      words.append(name ?? "?")
    }
    return Write(request: "\(head.method.rawValue) \(path)", object: words.joined(separator: "/"))
  }
}

/// Tells what comes in on one side.
final class DeadlyEnd<Part>: ChannelInboundHandler {
  typealias InboundIn = Part

  var onPart: (Part) -> Void = { _ in }
  var onEnd: () -> Void = {}

  func channelRead(context: ChannelHandlerContext, data: NIOAny) { onPart(unwrapInboundIn(data)) }

  func channelInactive(context: ChannelHandlerContext) {
    onEnd()
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
