/// Decompresses gzip (RFC 1952) and zlib (RFC 1950) with an upper bound on what comes out, so that a small body can not fill
/// the memory. The decoding of codes follows M. Adler's `puff`: by code length, without tables that an attacker's data
/// could make large.
struct Inflate {
  enum Problem: Error, Equatable {
    /// The data are not of the format, or are damaged.
    case damaged
    /// More than the bound would come out.
    case tooLarge
  }

  enum Format {
    case gzip
    /// What HTTP calls `deflate`.
    case zlib
  }

  private let input: UnsafeBufferPointer<UInt8>
  private let limit: Int
  private var position = 0
  private var bits: UInt32 = 0
  private var bitCount = 0
  private var output: [UInt8] = []

  private init(_ input: UnsafeBufferPointer<UInt8>, limit: Int) {
    self.input = input
    self.limit = limit
    output.reserveCapacity(min(limit, input.count * 4))
  }

  /// - Parameter limit: The most bytes that may come out.
  static func bytes(
    of input: UnsafeBufferPointer<UInt8>, format: Format, limit: Int
  ) throws(Problem) -> [UInt8] {
    var inflate = Inflate(input, limit: limit)
    switch format {
    case .gzip:
      // Several members may follow each other.
      repeat { try inflate.gzipMember() } while inflate.position < input.count
    case .zlib: try inflate.zlibStream()
    }
    return inflate.output
  }

  // MARK: Containers

  private mutating func byte() throws(Problem) -> UInt8 {
    guard position < input.count else { throw .damaged }
    position += 1
    return input[position - 1]
  }

  private mutating func littleEndian(_ count: Int) throws(Problem) -> UInt32 {
    var value: UInt32 = 0
    for place in 0..<count { value |= UInt32(try byte()) << UInt32(8 * place) }
    return value
  }

  private mutating func gzipMember() throws(Problem) {
    let start = output.count
    guard try byte() == 0x1F, try byte() == 0x8B, try byte() == 8 else { throw .damaged }
    let flags = try byte()
    guard flags & 0xE0 == 0 else { throw .damaged }
    // Time, extra flags, system.
    _ = try littleEndian(4)
    _ = try littleEndian(2)
    if flags & 4 != 0 { for _ in 0..<(try littleEndian(2)) { _ = try byte() } }
    if flags & 8 != 0 { while try byte() != 0 {} }
    if flags & 16 != 0 { while try byte() != 0 {} }
    if flags & 2 != 0 { _ = try littleEndian(2) }
    try blocks(from: start)
    guard try littleEndian(4) == Self.crc32(output[start...]),
      try littleEndian(4) == UInt32(truncatingIfNeeded: output.count - start)
    else { throw .damaged }
  }

  private mutating func zlibStream() throws(Problem) {
    let method = UInt32(try byte())
    let flags = UInt32(try byte())
    guard method & 15 == 8, method >> 4 <= 7, (method << 8 | flags) % 31 == 0, flags & 0x20 == 0 else { throw .damaged }
    try blocks(from: 0)
    var (low, high): (UInt32, UInt32) = (1, 0)
    for value in output {
      low = (low + UInt32(value)) % 65521
      high = (high + low) % 65521
    }
    guard try littleEndian(4).byteSwapped == high << 16 | low, position == input.count else { throw .damaged }
  }

  private static let crcTable: [UInt32] = (0..<256).map { index in
    (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 1 ? 0xEDB8_8320 ^ value >> 1 : value >> 1 }
  }

  private static func crc32(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    let table = crcTable
    return ~bytes.reduce(0xFFFF_FFFF) { table[Int(($0 ^ UInt32($1)) & 0xFF)] ^ $0 >> 8 }
  }

  // MARK: Deflate (RFC 1951)

  /// The next `count` bits, at most 13, the first one lowest.
  private mutating func take(_ count: Int) throws(Problem) -> Int {
    while bitCount < count {
      bits |= UInt32(try byte()) << UInt32(bitCount)
      bitCount += 8
    }
    let value = bits & (1 << UInt32(count) - 1)
    bits >>= UInt32(count)
    bitCount -= count
    return Int(value)
  }

  /// The blocks up to the last one. Copies reach back to `start` at most.
  private mutating func blocks(from start: Int) throws(Problem) {
    var isLast = false
    while !isLast {
      isLast = try take(1) == 1
      switch try take(2) {
      case 0: try stored()
      case 1: try compressed(Self.fixedLengths, Self.fixedDistances, from: start)
      case 2:
        let (lengths, distances) = try dynamicCodes()
        try compressed(lengths, distances, from: start)
      default: throw .damaged
      }
    }
    // What is left of the last byte belongs to nothing; whole bytes are never read ahead.
    bits = 0
    bitCount = 0
  }

  private mutating func stored() throws(Problem) {
    bits = 0
    bitCount = 0
    let length = try littleEndian(2)
    guard try littleEndian(2) == ~length & 0xFFFF, position + Int(length) <= input.count else { throw .damaged }
    guard output.count + Int(length) <= limit else { throw .tooLarge }
    output += input[position..<position + Int(length)]
    position += Int(length)
  }

  /// A canonical Huffman code: how many codes each length has, and the symbols in the codes' order.
  private struct Code {
    var counts = [Int](repeating: 0, count: 16)
    var symbols: [Int] = []

    /// - Parameter lengths: The length of each symbol's code; 0: it has none.
    init(lengths: some Collection<Int>) throws(Problem) {
      for length in lengths { counts[length] += 1 }
      counts[0] = 0
      // More codes than the lengths have room for can not be told apart.
      var room = 1
      for length in 1...15 {
        room = room * 2 - counts[length]
        guard room >= 0 else { throw .damaged }
      }
      symbols = Array(
        lengths.enumerated().filter { $0.element > 0 }.sorted {
          ($0.element, $0.offset) < ($1.element, $1.offset)
        }.map(\.offset))
    }
  }

  private mutating func symbol(_ code: Code) throws(Problem) -> Int {
    var (value, first, index) = (0, 0, 0)
    for length in 1...15 {
      value |= try take(1)
      let count = code.counts[length]
      if value - first < count { return code.symbols[index + value - first] }
      index += count
      first = (first + count) << 1
      value <<= 1
    }
    throw .damaged
  }

  private static let fixedLengths = try? Code(
    lengths: (0..<288).map { $0 < 144 ? 8 : $0 < 256 ? 9 : $0 < 280 ? 7 : 8 })
  private static let fixedDistances = try? Code(lengths: [Int](repeating: 5, count: 30))

  private static let lengthBase = [
    3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
  ]
  private static let lengthExtra = [
    0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
  ]
  private static let distanceBase = [
    1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145,
    8193, 12289, 16385, 24577,
  ]
  private static let distanceExtra = [
    0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
  ]
  /// The order in which the lengths of the code-length code are written.
  private static let codeLengthOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]

  private mutating func compressed(_ lengths: Code?, _ distances: Code?, from start: Int) throws(Problem) {
    guard let lengths, let distances else { throw .damaged }
    while true {
      let symbol = try symbol(lengths)
      if symbol == 256 { return }
      if symbol < 256 {
        guard output.count < limit else { throw .tooLarge }
        output.append(UInt8(symbol))
        continue
      }
      guard symbol - 257 < Self.lengthBase.count else { throw .damaged }
      let length = Self.lengthBase[symbol - 257] + (try take(Self.lengthExtra[symbol - 257]))
      let place = try self.symbol(distances)
      guard place < Self.distanceBase.count else { throw .damaged }
      let distance = Self.distanceBase[place] + (try take(Self.distanceExtra[place]))
      guard distance <= output.count - start else { throw .damaged }
      guard output.count + length <= limit else { throw .tooLarge }
      // The copy may overlap itself.
      for _ in 0..<length { output.append(output[output.count - distance]) }
    }
  }

  private mutating func dynamicCodes() throws(Problem) -> (lengths: Code, distances: Code) {
    let lengthCount = try take(5) + 257
    let distanceCount = try take(5) + 1
    let codeCount = try take(4) + 4
    guard lengthCount <= 286, distanceCount <= 30 else { throw .damaged }
    var codeLengths = [Int](repeating: 0, count: 19)
    for place in 0..<codeCount { codeLengths[Self.codeLengthOrder[place]] = try take(3) }
    let code = try Code(lengths: codeLengths)
    var lengths: [Int] = []
    while lengths.count < lengthCount + distanceCount {
      let symbol = try symbol(code)
      switch symbol {
      case 0..<16: lengths.append(symbol)
      case 16:
        guard let last = lengths.last else { throw .damaged }
        lengths += Array(repeating: last, count: 3 + (try take(2)))
      case 17: lengths += Array(repeating: 0, count: 3 + (try take(3)))
      default: lengths += Array(repeating: 0, count: 11 + (try take(7)))
      }
    }
    // Without a code for the end of the block it would have none.
    guard lengths.count == lengthCount + distanceCount, lengths[256] > 0 else { throw .damaged }
    return (try Code(lengths: lengths[..<lengthCount]), try Code(lengths: lengths[lengthCount...]))
  }
}
