/// A body as it arrives: chunks of bytes, split wherever the network split them. For one reader; where nobody reads,
/// the sender is held back. Dropping the last copy ends the transfer.
public struct HTTPBody: AsyncSequence, Sendable {
  public typealias Element = [UInt8]
  public typealias Failure = TransportError

  private let source: any HTTPBodySource

  public init(source: any HTTPBodySource) {
    self.source = source
  }

  /// A body that is all there.
  public init(_ chunks: [[UInt8]]) {
    source = BufferedBodySource(chunks: chunks)
  }

  public func makeAsyncIterator() -> Iterator { Iterator(source: source) }

  /// All of it. Errors: `.bodyTooLarge` beyond `limit` bytes.
  public func collect(upTo limit: Int) async throws(TransportError) -> [UInt8] {
    var bytes: [UInt8] = []
    var iterator = makeAsyncIterator()
    while let chunk = try await iterator.next() {
      guard bytes.count + chunk.count <= limit else { throw .bodyTooLarge(limit: limit) }
      bytes += chunk
    }
    return bytes
  }

  public struct Iterator: AsyncIteratorProtocol {
    let source: any HTTPBodySource

    public mutating func next() async throws(TransportError) -> [UInt8]? {
      try await source.next()
    }

    public mutating func next(isolation actor: isolated (any Actor)?) async throws(TransportError) -> [UInt8]? {
      try await source.next()
    }
  }
}

/// Where a body's chunks come from. The transfer behind it must end when the last reference goes away.
public protocol HTTPBodySource: AnyObject, Sendable {
  /// nil at the end of the body.
  func next() async throws(TransportError) -> [UInt8]?
}

private actor BufferedBodySource: HTTPBodySource {
  private var chunks: ArraySlice<[UInt8]>

  init(chunks: [[UInt8]]) { self.chunks = chunks[...] }

  func next() async throws(TransportError) -> [UInt8]? { chunks.popFirst() }
}
