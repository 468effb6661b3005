import CZlib

/// Unpacks gzip (RFC 1952), all members behind each other.
enum Gunzip {
  static let magic: [UInt8] = [0x1f, 0x8b]

  /// A packed file may unpack to so many times its size, but always to `smallLimit`: tables shrink to a tenth or so, and what
  /// grows beyond was packed to fill the memory.
  static let largestRatio = 100
  static let smallLimit = 256 << 20

  static func limit(packed: Int) -> Int {
    min(RawTable.maximumBytes - 1, max(smallLimit, packed.multipliedReportingOverflow(by: largestRatio).partialValue))
  }

  /// - Parameter packed: Fewer than `RawTable.maximumBytes` bytes.
  static func unpack(_ packed: [UInt8]) throws(CSVError) -> [UInt8] {
    let limit = limit(packed: packed.count)
    var output: [UInt8] = []
    // The last four bytes say how much comes out, modulo 2^32 and of the last member only: a hint, no promise.
    let hint = packed.suffix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
    output.reserveCapacity(min(hint, limit, packed.count * 20))
    var stream = z_stream()
    let size = Int32(MemoryLayout<z_stream>.size)
    guard inflateInit2_(&stream, apus_gzip_window, ZLIB_VERSION, size) == Z_OK else {
      throw .gzip("there is no memory to unpack it")
    }
    defer { inflateEnd(&stream) }
    let failure = packed.withUnsafeBufferPointer { input -> CSVError? in
      stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
      stream.avail_in = UInt32(input.count)
      return inflateAll(&stream, into: &output, limit: limit, packed: packed.count)
    }
    if let failure { throw failure }
    return output
  }

  private static func inflateAll(
    _ stream: inout z_stream, into output: inout [UInt8], limit: Int, packed: Int
  ) -> CSVError? {
    let chunk = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 1 << 18)
    defer { chunk.deallocate() }
    while true {
      stream.next_out = chunk.baseAddress
      stream.avail_out = UInt32(chunk.count)
      let status = inflate(&stream, Z_NO_FLUSH)
      let produced = chunk.count - Int(stream.avail_out)
      guard output.count + produced <= limit else { return .gzipTooLarge(packed: packed, limit: limit) }
      output.append(contentsOf: UnsafeBufferPointer(rebasing: chunk[..<produced]))
      switch status {
      case Z_OK: continue
      case Z_STREAM_END:
        // Zeros fill a tape's or a store's last block.
        while stream.avail_in > 0, stream.next_in.pointee == 0 {
          stream.next_in += 1
          stream.avail_in -= 1
        }
        if stream.avail_in == 0 { return nil }
        guard stream.avail_in >= 2, stream.next_in[0] == magic[0], stream.next_in[1] == magic[1],
          inflateReset(&stream) == Z_OK
        else { return .gzip("\(stream.avail_in) bytes behind its end are no gzip") }
      case Z_BUF_ERROR: return .gzip("it ends in the middle")
      case Z_MEM_ERROR: return .gzip("there is no memory to unpack it")
      default: return .gzip("it is damaged")
      }
    }
  }
}
