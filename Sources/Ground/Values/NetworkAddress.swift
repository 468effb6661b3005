/// An address of IPv4 or IPv6. One that carries an IPv4 address inside (mapped, compatible, NAT64, 6to4) is that address: what a
/// packet reaches is what counts.
public struct NetworkAddress: Hashable, Sendable {
  /// In network order: 4 or 16.
  public let bytes: [UInt8]

  /// nil unless there are 4 or 16 bytes.
  public init?(bytes: some Collection<UInt8>) {
    guard bytes.count == 4 || bytes.count == 16 else { return nil }
    self.bytes = Self.carried(in: Array(bytes))
  }

  /// Reads every spelling that a resolver takes for an address without asking anybody: IPv4 in one to four parts, each decimal,
  /// octal or hexadecimal, and IPv6, also in brackets and with a zone. nil: a name, or nothing at all.
  public init?(_ text: some StringProtocol) {
    var text = Substring(text)
    if text.hasPrefix("["), text.hasSuffix("]") { text = text.dropFirst().dropLast() }
    guard let bytes = text.contains(":") ? Self.version6(text.prefix { $0 != "%" }) : Self.version4(text) else {
      return nil
    }
    self.init(bytes: bytes)
  }

  public var isVersion4: Bool { bytes.count == 4 }

  /// The IPv4 address inside, else the bytes as they are.
  private static func carried(in bytes: [UInt8]) -> [UInt8] {
    guard bytes.count == 16 else { return bytes }
    let zeros = bytes.prefix(10).allSatisfy { $0 == 0 }
    if zeros, bytes[10] == 0xFF, bytes[11] == 0xFF { return Array(bytes[12...]) }
    // Below 1.0.0.0 lie :: and ::1.
    if zeros, bytes[10] == 0, bytes[11] == 0, bytes[12] != 0 { return Array(bytes[12...]) }
    if bytes.starts(with: [0, 0x64, 0xFF, 0x9B]), bytes[4..<12].allSatisfy({ $0 == 0 }) { return Array(bytes[12...]) }
    if bytes.starts(with: [0x20, 0x02]) { return Array(bytes[2..<6]) }
    return bytes
  }

  /// As `inet_aton` does: the last part fills what is left.
  private static func version4(_ text: Substring) -> [UInt8]? {
    let text = text.hasSuffix(".") ? text.dropLast() : text
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard (1...4).contains(parts.count), let last = parts.last.flatMap(number) else { return nil }
    var bytes: [UInt8] = []
    for part in parts.dropLast() {
      guard let value = number(part), value < 256 else { return nil }
      bytes.append(UInt8(value))
    }
    let left = 4 - bytes.count
    guard last < 1 << UInt64(8 * left) else { return nil }
    for position in (0..<left).reversed() { bytes.append(UInt8(truncatingIfNeeded: last >> UInt64(8 * position))) }
    return bytes
  }

  private static func number(_ text: Substring) -> UInt64? {
    guard let first = text.utf8.first, (0x30...0x39).contains(first), text.utf8.count <= 16 else { return nil }
    if text.hasPrefix("0x") || text.hasPrefix("0X") { return digits(text.dropFirst(2), radix: 16) }
    return text.hasPrefix("0") ? digits(text, radix: 8) : digits(text, radix: 10)
  }

  /// Digits of ASCII only, without a sign.
  private static func digits(_ text: Substring, radix: Int) -> UInt64? {
    text.utf8.allSatisfy { UInt8(ascii: "+") != $0 && UInt8(ascii: "-") != $0 } ? UInt64(text, radix: radix) : nil
  }

  private static func version6(_ text: Substring) -> [UInt8]? {
    let halves = text.split(separator: "::", maxSplits: 2, omittingEmptySubsequences: false)
    guard halves.count <= 2 else { return nil }
    guard let front = groups(halves[0]) else { return nil }
    guard halves.count == 2 else { return front.count == 16 ? front : nil }
    guard let back = groups(halves[1]), front.count + back.count <= 14 else { return nil }
    return front + [UInt8](repeating: 0, count: 16 - front.count - back.count) + back
  }

  private static func groups(_ text: Substring) -> [UInt8]? {
    guard !text.isEmpty else { return [] }
    var bytes: [UInt8] = []
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    for (index, part) in parts.enumerated() {
      if index == parts.count - 1, part.contains(".") {
        let decimals = part.split(separator: ".", omittingEmptySubsequences: false)
        guard decimals.count == 4 else { return nil }
        for decimal in decimals {
          guard let value = digits(decimal, radix: 10), value < 256, decimal.utf8.count <= 3 else { return nil }
          bytes.append(UInt8(value))
        }
      } else {
        guard (1...4).contains(part.utf8.count), let value = digits(part, radix: 16) else { return nil }
        bytes += [UInt8(value >> 8), UInt8(truncatingIfNeeded: value)]
      }
    }
    return bytes.count <= 16 ? bytes : nil
  }
}

extension NetworkAddress: CustomStringConvertible {
  /// Dotted, or eight groups in full.
  public var description: String {
    guard !isVersion4 else { return bytes.map { String($0) }.joined(separator: ".") }
    return stride(from: 0, to: 16, by: 2).map {
      String(UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]), radix: 16)
    }.joined(separator: ":")
  }
}

/// All addresses that begin with the same bits: `10.0.0.0/8`, `fd00::/8`.
public struct AddressBlock: Hashable, Sendable {
  public let address: NetworkAddress
  /// How many bits count.
  public let prefix: Int

  /// A single address stands for itself. nil: not an address, or a length that it cannot have.
  public init?(_ text: some StringProtocol) {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let first = parts.first, let address = NetworkAddress(first) else { return nil }
    // In a network nobody means an address by its octal or shortened spelling.
    let written = first.contains(":") ? 128 : 32
    guard written == 128 || first.split(separator: ".", omittingEmptySubsequences: false).count == 4 else { return nil }
    var prefix = written
    if parts.count == 2 {
      guard let number = Int(parts[1]), (0...written).contains(number), parts[1].utf8.first != UInt8(ascii: "+") else {
        return nil
      }
      prefix = number
    }
    // An IPv4 network that is written as a mapped one.
    let inner = address.isVersion4 && written == 128 ? prefix - 96 : prefix
    guard inner >= 0 else { return nil }
    self.init(address, prefix: inner)
  }

  init(_ address: NetworkAddress, prefix: Int) {
    self.address = address
    self.prefix = prefix
  }

  public func contains(_ other: NetworkAddress) -> Bool {
    guard other.bytes.count == address.bytes.count else { return false }
    let whole = prefix / 8
    guard address.bytes.prefix(whole) == other.bytes.prefix(whole) else { return false }
    let rest = prefix % 8
    return rest == 0 || (address.bytes[whole] ^ other.bytes[whole]) >> UInt8(8 - rest) == 0
  }

  /// Whether all of `other` lies in it.
  public func contains(_ other: AddressBlock) -> Bool { prefix <= other.prefix && contains(other.address) }
}

extension AddressBlock: CustomStringConvertible {
  public var description: String { "\(address)/\(prefix)" }
}

extension NetworkAddress {
  /// Who is reached by an address.
  public enum Reach: Sendable, Equatable {
    /// This machine, this link, everybody at once, or a cloud's metadata service, which hands out credentials.
    case special
    /// This machine.
    case loopback
    /// A network that the Internet does not lead to.
    case local
    case internet
  }

  public var reach: Reach {
    func lies(in blocks: [AddressBlock]) -> Bool { blocks.contains { $0.contains(self) } }
    if lies(in: Self.loopback) { return .loopback }
    if lies(in: Self.special) { return .special }
    if lies(in: Self.local) { return .local }
    return isVersion4 || bytes[0] & 0xE0 == 0x20 ? .internet : .local
  }

  /// Blocks that no network of a configuration can allow as a whole.
  public static let neverReached = loopback + special

  static let loopback = blocks("127.0.0.0/8", "::1/128")

  /// The single addresses are metadata services outside of the link: Alibaba Cloud, Oracle, Azure; Amazon, Google, Oracle.
  static let special = blocks(
    "0.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "240.0.0.0/4", "100.100.100.200/32", "192.0.0.192/32",
    "168.63.129.16/32", "::/128", "fe80::/10", "ff00::/8", "fd00:ec2::/32", "fd20:ce::/32", "fd00:c1::/32")

  /// IANA's registries of special-purpose addresses. Of IPv6 only 2000::/3 is given out at all.
  static let local = blocks(
    "10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16",
    "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "2001::/23", "2001:db8::/32", "3fff::/20")

  private static func blocks(_ texts: String...) -> [AddressBlock] { texts.compactMap { AddressBlock($0) } }
}
