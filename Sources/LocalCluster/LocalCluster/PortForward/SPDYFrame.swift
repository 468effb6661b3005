internal import NIOCore

/// A frame of SPDY/3.1, as far as port forwarding needs them.
/// Source: SPDY Protocol, Draft 3.1, section 2.
enum SPDYFrame: Equatable {
  /// A new stream; the block holds its compressed headers.
  case synStream(UInt32, block: [UInt8], isLast: Bool)
  case rstStream(UInt32)
  case ping(UInt32)
  case goAway
  case data(UInt32, ByteBuffer, isLast: Bool)
  /// Headers of a stream that is open. Their block must still be read: the compression runs on.
  case headers(block: [UInt8])
  /// Window updates, settings and what a later draft may add. Windows are not kept: TCP's own back pressure bounds what
  /// waits, and the clients of Kubernetes keep none either.
  case other(type: UInt16)
}

/// What a peer sent is no SPDY, or more than is taken. The connection ends.
struct SPDYFault: Error, Equatable, CustomStringConvertible {
  var description: String
}

extension SPDYFrame {
  /// A control frame is a few headers.
  static let longestControl = 64 << 10
  /// Go's copy loop writes 32 KiB a frame.
  static let longestData = 1 << 20

  /// Takes the first frame out of `buffer`; nil: it is not there whole yet.
  static func read(from buffer: inout ByteBuffer) throws(SPDYFault) -> SPDYFrame? {
    let start = buffer.readerIndex
    guard let head = buffer.getInteger(at: start, as: UInt32.self),
      let tail = buffer.getInteger(at: start + 4, as: UInt32.self)
    else { return nil }
    let length = Int(tail & 0xFF_FFFF)
    let flags = UInt8(tail >> 24)
    let isControl = head & 0x8000_0000 != 0
    let limit = isControl ? longestControl : longestData
    guard length <= limit else {
      throw SPDYFault(description: "a frame of \(length) bytes is longer than the \(limit) that are taken")
    }
    guard buffer.readableBytes >= 8 + length, var body = buffer.getSlice(at: start + 8, length: length) else {
      return nil
    }
    buffer.moveReaderIndex(forwardBy: 8 + length)
    let isLast = flags & 1 != 0
    guard isControl else { return .data(head, body, isLast: isLast) }
    guard head >> 16 & 0x7FFF == 3 else { throw SPDYFault(description: "the frames are not of SPDY/3") }
    let type = UInt16(truncatingIfNeeded: head)
    switch type {
    case 1:
      guard let stream = body.readInteger(as: UInt32.self), body.readSlice(length: 6) != nil else { throw .short(type) }
      return .synStream(stream & 0x7FFF_FFFF, block: Array(body.readableBytesView), isLast: isLast)
    case 3:
      guard let stream = body.readInteger(as: UInt32.self) else { throw .short(type) }
      return .rstStream(stream & 0x7FFF_FFFF)
    case 6:
      guard let number = body.readInteger(as: UInt32.self) else { throw .short(type) }
      return .ping(number)
    case 7: return .goAway
    case 8:
      guard body.readInteger(as: UInt32.self) != nil else { throw .short(type) }
      return .headers(block: Array(body.readableBytesView))
    default: return .other(type: type)
    }
  }

  /// Accepts a stream. `block`: see `SPDYHeaders.emptyBlock`.
  static func writeReply(to stream: UInt32, block: [UInt8], into buffer: inout ByteBuffer) {
    writeControl(type: 2, length: 4 + block.count, into: &buffer)
    buffer.writeInteger(stream)
    buffer.writeBytes(block)
  }

  /// Refuses or ends a stream. 3: refused, 5: cancelled.
  static func writeReset(of stream: UInt32, status: UInt32, into buffer: inout ByteBuffer) {
    writeControl(type: 3, length: 8, into: &buffer)
    buffer.writeInteger(stream)
    buffer.writeInteger(status)
  }

  static func writePing(_ number: UInt32, into buffer: inout ByteBuffer) {
    writeControl(type: 6, length: 4, into: &buffer)
    buffer.writeInteger(number)
  }

  static func writeData(_ data: ByteBuffer, on stream: UInt32, isLast: Bool, into buffer: inout ByteBuffer) {
    buffer.writeInteger(stream)
    buffer.writeInteger(UInt32(data.readableBytes) | (isLast ? 1 << 24 : 0))
    buffer.writeImmutableBuffer(data)
  }

  private static func writeControl(type: UInt16, length: Int, into buffer: inout ByteBuffer) {
    buffer.writeInteger(0x8003 as UInt16)
    buffer.writeInteger(type)
    buffer.writeInteger(UInt32(length))
  }
}

extension SPDYFault {
  fileprivate static func short(_ type: UInt16) -> SPDYFault {
    SPDYFault(description: "a frame of type \(type) ends before its fields")
  }
}
