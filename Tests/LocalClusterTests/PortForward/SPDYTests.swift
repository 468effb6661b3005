import NIOCore
import Testing

@testable import LocalCluster

@Suite("SPDY/3.1 frames")
struct SPDYTests {
  /// Two blocks of one connection, as Python's zlib (level 9) wrote them with SPDY's dictionary.
  private let first: [UInt8] = [
    0x78, 0xf9, 0xe3, 0xc6, 0xa7, 0xc2, 0x02, 0x25, 0x3a, 0x70, 0x3a, 0x2b, 0x29, 0x4a, 0x4d, 0xcc, 0x85, 0x16, 0x25,
    0xac, 0xa9, 0xa0, 0x80, 0x86, 0x14, 0xcb, 0x45, 0xe0, 0x1c, 0x60, 0x61, 0x60, 0x61, 0x00, 0xa4, 0x39, 0x8b, 0x20,
    0xd1, 0x98, 0x09, 0x4a, 0xde, 0x8c, 0x06, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff,
  ]
  private let second: [UInt8] = [
    0xc2, 0xaa, 0x19, 0x54, 0x0e, 0x25, 0x12, 0xd6, 0x0b, 0x00, 0x00, 0x00, 0xff, 0xff,
  ]

  @Test("headers are read block after block with the agreed dictionary")
  func headers() throws {
    let headers = try SPDYHeaders()
    #expect(try headers.read(first) == ["streamtype": "error", "port": "8080", "requestid": "0"])
    #expect(try headers.read(second) == ["streamtype": "data", "port": "8080", "requestid": "0"])
  }

  @Test("the blocks of our replies hold no header")
  func replies() throws {
    let headers = try SPDYHeaders()
    #expect(try headers.read(SPDYHeaders.emptyBlock(isFirst: true)) == [:])
    #expect(try headers.read(SPDYHeaders.emptyBlock(isFirst: false)) == [:])
  }

  @Test(
    "blocks that lie are faults",
    arguments: [
      [], [0x00], [0x78, 0xF9, 1, 2, 3, 4, 5], [0x78, 0xBB, 0xE3, 0xC6, 0xA7, 0xC2, 0xFF, 0xFF, 0xFF, 0xFF],
    ] as [[UInt8]])
  func lies(_ block: [UInt8]) throws {
    let headers = try SPDYHeaders()
    #expect(throws: SPDYFault.self) { try headers.read(block) }
  }

  @Test(
    "counts and lengths beyond the block are faults",
    arguments: [
      [0, 0, 0, 1], [0xFF, 0xFF, 0xFF, 0xFF], [0, 0, 0, 1, 0xFF, 0xFF, 0xFF, 0xFF, 0x61, 0, 0, 0],
      [0, 0, 0, 1, 0, 0, 0, 4, 0x61, 0x61, 0x61, 0x61, 0, 0, 0, 9, 0x62],
    ] as [[UInt8]])
  func counts(_ bytes: [UInt8]) {
    #expect(throws: SPDYFault.self) { try SPDYHeaders.headers(in: bytes) }
  }

  @Test("a frame is taken once it is there whole, at whatever bytes it was cut")
  func pieces() throws {
    var whole = ByteBuffer()
    SPDYFrame.writePing(3, into: &whole)
    SPDYFrame.writeReset(of: 7, status: 5, into: &whole)
    SPDYFrame.writeData(ByteBuffer(string: "hello"), on: 9, isLast: true, into: &whole)
    var arrived = ByteBuffer()
    var frames: [SPDYFrame] = []
    for byte in whole.readableBytesView {
      arrived.writeInteger(byte)
      while let frame = try SPDYFrame.read(from: &arrived) { frames.append(frame) }
    }
    #expect(frames == [.ping(3), .rstStream(7), .data(9, ByteBuffer(string: "hello"), isLast: true)])
    #expect(arrived.readableBytes == 0)
  }

  @Test(
    "what is no frame, or too long, is refused before it has arrived",
    arguments: [
      Array("GET / HT".utf8) + Array("TP/1.1\r\n".utf8),  // read as data of 1.2 MB
      [0x80, 0x02, 0x00, 0x01, 0, 0, 0, 0], [0x80, 0x03, 0x00, 0x01, 0, 0xFF, 0xFF, 0xFF],
      [0x80, 0x03, 0x00, 0x01, 0, 0, 0, 2, 1, 2], [0, 0, 0, 1, 0, 0xFF, 0xFF, 0xFF],
    ] as [[UInt8]])
  func strangers(_ bytes: [UInt8]) {
    #expect(throws: SPDYFault.self) {
      var buffer = ByteBuffer(bytes: bytes)
      _ = try SPDYFrame.read(from: &buffer)
    }
  }
}
