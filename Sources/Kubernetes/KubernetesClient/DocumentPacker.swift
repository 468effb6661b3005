import KubernetesModel

/// Writes the JSON documents of one kind in few bytes. Objects of a kind resemble each other: texts and whole parts that
/// many of them have are kept once, in a table, and named by their number; a text that comes twice in a document is
/// written once.
///
/// A settled Deployment of 3 KB of JSON, some 20 KB as a tree of dictionaries, takes about 300 bytes, and reading it is
/// quicker than parsing the text, because a shared part is handed out as it is.
///
/// Guarantee: `unpack(pack(x)) == x`. The table only grows, up to `tableLimit` entries: what was packed once can be read
/// for ever.
struct DocumentPacker: Sendable {
  /// What documents share, by number.
  private(set) var shared: [JSONValue] = []
  private var numbers: [UInt64: Int] = [:]
  /// How often hashes were seen of late: one byte each, collisions allowed, halved now and then (TinyLFU's sketch,
  /// Einziger et al. 2017), so that what is common is told from what is not in constant space.
  private var sightings: [UInt8] = []
  private var sightingsSinceHalving = 0
  /// The document being written.
  private var output: [UInt8] = []
  /// Where the document's own texts stand in it.
  private var places: [String: Int] = [:]
  private var placed: [(text: String, offset: Int)] = []

  private static let tableLimit = 8192
  private static let sketchSize = 1 << 17
  private static let threshold: UInt8 = 16
  private static let longestSharedText = 512

  fileprivate enum Kind: UInt64 {
    case constant, integer, text, shared, earlier, array, object
  }

  fileprivate enum Constant: UInt64 {
    case null, no, yes, number, uid
  }

  mutating func pack(_ document: JSONValue) -> [UInt8] {
    output.removeAll(keepingCapacity: true)
    places.removeAll(keepingCapacity: true)
    placed.removeAll(keepingCapacity: true)
    _ = write(document)
    // Exactly as long as it has to be: the buffer above has spare room.
    return output.withUnsafeBufferPointer { buffer in
      [UInt8](unsafeUninitializedCapacity: buffer.count) { target, count in
        _ = target.initialize(fromContentsOf: buffer)
        count = buffer.count
      }
    }
  }

  /// nil for bytes that no packer with this table has written.
  static func unpack(_ bytes: [UInt8], sharing table: [JSONValue]) -> JSONValue? {
    bytes.withUnsafeBufferPointer { buffer in
      var reader = PackedReader(bytes: buffer, table: table)
      return reader.value()
    }
  }

  /// Gives the value's hash, which depends on its content only; small numbers tell the kinds of values apart.
  private mutating func write(_ value: JSONValue) -> UInt64 {
    switch value {
    case .null: return constant(.null)
    case .bool(let flag): return constant(flag ? .yes : .no)
    case .integer(let integer):
      head(UInt64(bitPattern: (integer << 1) ^ (integer >> 63)), .integer)
      return Self.mix(UInt64(bitPattern: integer), 1)
    case .number(let number):
      _ = constant(.number)
      for shift in 0..<8 { output.append(UInt8(truncatingIfNeeded: number.bitPattern >> (8 * UInt64(shift)))) }
      return Self.mix(number.bitPattern, 2)
    case .string(let text): return write(text)
    case .array(let elements):
      let start = output.count
      var hash: UInt64 = 3
      head(UInt64(elements.count), .array)
      for element in elements { hash = Self.mix(hash, write(element)) }
      return shareIfCommon(value, hash, from: start, isEmpty: elements.isEmpty)
    case .object(let members):
      let start = output.count
      var hash: UInt64 = 4
      head(UInt64(members.count), .object)
      for (key, member) in members {
        let keyHash = write(key)
        // A sum: the order of keys must not matter.
        hash = hash &+ Self.mix(keyHash, write(member))
      }
      return shareIfCommon(value, Self.mix(hash, 4), from: start, isEmpty: members.isEmpty)
    }
  }

  private mutating func constant(_ constant: Constant) -> UInt64 {
    head(constant.rawValue, .constant)
    return constant.rawValue &+ 1
  }

  private mutating func write(_ text: String) -> UInt64 {
    var hasher = Hasher()
    hasher.combine(text)
    let hash = UInt64(bitPattern: Int64(hasher.finalize()))
    if let number = numbers[hash], shared[number] == .string(text) {
      head(UInt64(number), .shared)
      return hash
    }
    if let offset = places[text] {
      head(UInt64(offset), .earlier)
      return hash
    }
    let count = text.utf8.count
    if count <= Self.longestSharedText { note(hash, .string(text)) }
    places[text] = output.count
    placed.append((text, output.count))
    if let uid = UIDText.bytes(text) {
      _ = constant(.uid)
      output.append(contentsOf: uid)
    } else {
      head(UInt64(count), .text)
      output.append(contentsOf: text.utf8)
    }
    return hash
  }

  private mutating func shareIfCommon(_ value: JSONValue, _ hash: UInt64, from start: Int, isEmpty: Bool) -> UInt64 {
    guard !isEmpty else { return hash }
    if let number = numbers[hash], shared[number] == value {
      output.removeLast(output.count - start)
      while let last = placed.last, last.offset >= start {
        places[last.text] = nil
        placed.removeLast()
      }
      head(UInt64(number), .shared)
    } else {
      note(hash, value)
    }
    return hash
  }

  private mutating func note(_ hash: UInt64, _ value: JSONValue) {
    guard shared.count < Self.tableLimit, numbers[hash] == nil else { return }
    if sightings.isEmpty { sightings = Array(repeating: 0, count: Self.sketchSize) }
    let slot = Int(hash & UInt64(Self.sketchSize - 1))
    sightings[slot] &+= 1
    if sightings[slot] >= Self.threshold {
      numbers[hash] = shared.count
      shared.append(value)
      sightings[slot] = 0
    }
    sightingsSinceHalving += 1
    if sightingsSinceHalving >= Self.sketchSize {
      sightingsSinceHalving = 0
      for index in sightings.indices { sightings[index] >>= 1 }
    }
  }

  private mutating func head(_ number: UInt64, _ kind: Kind) {
    // Integers use all 64 bits: the three of the kind are the first byte's, the rest follows in groups of seven.
    var rest = number
    var byte = UInt8(rest & 0x0F) << 3 | UInt8(kind.rawValue)
    rest >>= 4
    while rest > 0 {
      output.append(byte | 0x80)
      byte = UInt8(rest & 0x7F)
      rest >>= 7
    }
    output.append(byte)
  }

  /// The order of the words counts.
  private static func mix(_ left: UInt64, _ right: UInt64) -> UInt64 {
    StableHash.mixed(StableHash.mixed(left) ^ right)
  }
}

/// Reads what a packer wrote; nil wherever the bytes make no sense.
private struct PackedReader {
  let bytes: UnsafeBufferPointer<UInt8>
  let table: [JSONValue]
  var position = 0

  mutating func value() -> JSONValue? {
    guard let (kind, number) = head() else { return nil }
    switch kind {
    case .constant: return constant(number)
    case .integer: return .integer(Int64(bitPattern: number >> 1) ^ -Int64(bitPattern: number & 1))
    case .shared:
      guard number < UInt64(table.count) else { return nil }
      return table[Int(number)]
    case .text, .earlier: return text(kind, number).map(JSONValue.string)
    case .array:
      guard let count = Int(exactly: number), count <= bytes.count - position else { return nil }
      var elements: [JSONValue] = []
      elements.reserveCapacity(count)
      for _ in 0..<count {
        guard let element = value() else { return nil }
        elements.append(element)
      }
      return .array(elements)
    case .object:
      guard let count = Int(exactly: number), count <= bytes.count - position else { return nil }
      var members = [String: JSONValue](minimumCapacity: count)
      for _ in 0..<count {
        guard let key = text(), let member = value() else { return nil }
        members[key] = member
      }
      return .object(members)
    }
  }

  private mutating func head() -> (DocumentPacker.Kind, UInt64)? {
    guard position < bytes.count else { return nil }
    var byte = bytes[position]
    position += 1
    guard let kind = DocumentPacker.Kind(rawValue: UInt64(byte & 0x07)) else { return nil }
    var number = UInt64(byte >> 3 & 0x0F)
    var shift: UInt64 = 4
    while byte & 0x80 != 0 {
      guard position < bytes.count, shift < 64 else { return nil }
      byte = bytes[position]
      position += 1
      number |= UInt64(byte & 0x7F) << shift
      shift += 7
    }
    return (kind, number)
  }

  private mutating func text() -> String? {
    guard let (kind, number) = head() else { return nil }
    return text(kind, number)
  }

  private mutating func text(_ kind: DocumentPacker.Kind, _ number: UInt64) -> String? {
    switch kind {
    case .text:
      guard let count = Int(exactly: number), count <= bytes.count - position else { return nil }
      defer { position += count }
      return String(decoding: UnsafeBufferPointer(rebasing: bytes[position..<position + count]), as: UTF8.self)
    case .shared:
      guard number < UInt64(table.count), case .string(let text) = table[Int(number)] else { return nil }
      return text
    case .constant:
      guard case .string(let text)? = constant(number) else { return nil }
      return text
    case .earlier:
      guard let offset = Int(exactly: number), offset < position else { return nil }
      let here = position
      position = offset
      defer { position = here }
      guard let (kind, number) = head(), kind != .earlier else { return nil }
      return text(kind, number)
    case .integer, .array, .object: return nil
    }
  }

  private mutating func constant(_ number: UInt64) -> JSONValue? {
    switch DocumentPacker.Constant(rawValue: number) {
    case .null: return .null
    case .no: return .bool(false)
    case .yes: return .bool(true)
    case .number:
      guard position + 8 <= bytes.count else { return nil }
      var pattern: UInt64 = 0
      for index in 0..<8 { pattern |= UInt64(bytes[position + index]) << (8 * UInt64(index)) }
      position += 8
      return .number(Double(bitPattern: pattern))
    case .uid:
      guard position + 16 <= bytes.count else { return nil }
      defer { position += 16 }
      return .string(UIDText.text(UnsafeBufferPointer(rebasing: bytes[position..<position + 16])))
    case nil: return nil
    }
  }
}

/// UIDs as Kubernetes writes them, `3f0e9b1c-…` in lower case, are 16 bytes in 36 characters.
private enum UIDText {
  private static let hyphens = [8, 13, 18, 23]

  static func bytes(_ text: String) -> [UInt8]? {
    guard text.utf8.count == 36 else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(16)
    var high: UInt8?
    for (index, character) in text.utf8.enumerated() {
      if hyphens.contains(index) {
        guard character == UInt8(ascii: "-") else { return nil }
        continue
      }
      let digit: UInt8
      switch character {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = character - UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = character - UInt8(ascii: "a") + 10
      default: return nil
      }
      if let first = high {
        bytes.append(first << 4 | digit)
        high = nil
      } else {
        high = digit
      }
    }
    return bytes
  }

  static func text(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
    String(unsafeUninitializedCapacity: 36) { target in
      var place = 0
      for byte in bytes {
        if hyphens.contains(place) {
          target[place] = UInt8(ascii: "-")
          place += 1
        }
        for digit in [byte >> 4, byte & 15] {
          target[place] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
          place += 1
        }
      }
      return place
    }
  }
}
