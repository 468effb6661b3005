extension JSONValue {
  /// The value as `Value`, through its `Decodable`. Much cheaper than writing text and reading it again, and a nested
  /// `JSONValue` is handed over as it is.
  ///
  /// Errors: `JSONMismatch` with the path of the member that does not fit.
  public func decode<Value: Decodable>(as type: Value.Type = Value.self) throws(JSONMismatch) -> Value {
    do {
      return try unboxed(type, at: .root)
    } catch let error as DecodingError {
      throw JSONMismatch(error)
    } catch {
      throw JSONMismatch(path: "", reason: "\(error)")
    }
  }
}

/// A document does not have the shape that was asked for.
public struct JSONMismatch: Error, Sendable, Equatable, CustomStringConvertible {
  /// As people write it: `spec.containers[0].name`; empty for the document itself.
  public var path: String
  public var reason: String

  public init(path: String, reason: String) {
    self.path = path
    self.reason = reason
  }

  public init(_ error: DecodingError) {
    switch error {
    case .keyNotFound(let key, let context):
      self.init(path: Self.text(context.codingPath + [key]), reason: "is required")
    case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
      self.init(path: Self.text(context.codingPath), reason: context.debugDescription)
    @unknown default:
      self.init(path: "", reason: "\(error)")
    }
  }

  public var description: String { path.isEmpty ? reason : "\(path): \(reason)" }

  private static func text(_ path: [any CodingKey]) -> String {
    path.reduce(into: "") { text, key in
      if let index = key.intValue {
        text += "[\(index)]"
      } else {
        text += text.isEmpty ? key.stringValue : ".\(key.stringValue)"
      }
    }
  }
}

/// The place of an element in an array, as a coding key.
struct JSONIndexKey: CodingKey {
  var intValue: Int?
  var stringValue: String { intValue.map(String.init) ?? "" }

  init(_ index: Int) { intValue = index }
  init?(intValue: Int) { self.intValue = intValue }
  init?(stringValue: String) {
    guard let index = Int(stringValue) else { return nil }
    intValue = index
  }
}

/// The key under which `Codable` classes put their superclass.
struct JSONSuperKey: CodingKey {
  var intValue: Int? { nil }
  var stringValue: String { "super" }

  init() {}
  init?(intValue: Int) { nil }
  init?(stringValue: String) { nil }
}

/// Where a value stands in its document: a chain up to the root, made into a path only where an error needs one.
indirect enum CodingPlace: Sendable {
  case root
  case member(CodingPlace, any CodingKey)
  case element(CodingPlace, Int)

  var path: [any CodingKey] {
    switch self {
    case .root: []
    case .member(let place, let key): place.path + [key]
    case .element(let place, let index): place.path + [JSONIndexKey(index)]
    }
  }
}

extension JSONValue {
  fileprivate func mismatch(_ type: Any.Type, _ expected: String, _ path: [any CodingKey]) -> DecodingError {
    let found =
      switch self {
      case .null: "null"
      case .bool: "true or false"
      case .integer, .number: "the number \(text)"
      case .string: "a text"
      case .array: "a list"
      case .object: "an object"
      }
    return .typeMismatch(type, .init(codingPath: path, debugDescription: "\(expected) is expected, \(found) was found"))
  }

  // The paths are closures: building one costs more than reading a value.

  fileprivate func flag(_ path: () -> [any CodingKey]) throws -> Bool {
    guard case .bool(let flag) = self else { throw mismatch(Bool.self, "true or false", path()) }
    return flag
  }

  fileprivate func text(_ path: () -> [any CodingKey]) throws -> String {
    guard case .string(let text) = self else { throw mismatch(String.self, "a text", path()) }
    return text
  }

  fileprivate func number(_ path: () -> [any CodingKey]) throws -> Double {
    guard let number = double else { throw mismatch(Double.self, "a number", path()) }
    return number
  }

  fileprivate func whole<Number: FixedWidthInteger>(
    _ type: Number.Type, _ path: () -> [any CodingKey]
  ) throws -> Number {
    switch self {
    case .integer(let integer):
      if let number = Number(exactly: integer) { return number }
    case .number(let double):
      if let number = Number(exactly: double) { return number }
    default: break
    }
    throw mismatch(type, "a whole number", path())
  }

  fileprivate func unboxed<Value: Decodable>(_ type: Value.Type, at place: @autoclosure () -> CodingPlace) throws
    -> Value
  {
    // Most values are of these types; without a decoder of their own they cost a tenth.
    if type == String.self, case .string(let text) = self, let value = text as? Value { return value }
    if type == JSONValue.self, let same = self as? Value { return same }
    return try Value(from: JSONValueDecoder(value: self, place: place()))
  }
}

struct JSONValueDecoder: Decoder, SingleValueDecodingContainer {
  let value: JSONValue
  let place: CodingPlace
  var codingPath: [any CodingKey] { place.path }
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
    guard case .object(let members) = value else {
      throw value.mismatch([String: JSONValue].self, "an object", codingPath)
    }
    return KeyedDecodingContainer(JSONObjectContainer<Key>(members: members, place: place))
  }

  func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
    guard case .array(let elements) = value else { throw value.mismatch([JSONValue].self, "a list", codingPath) }
    return JSONArrayContainer(elements: elements, place: place)
  }

  func singleValueContainer() throws -> any SingleValueDecodingContainer { self }

  func decodeNil() -> Bool { value.isNull }
  func decode(_ type: Bool.Type) throws -> Bool { try value.flag { codingPath } }
  func decode(_ type: String.Type) throws -> String { try value.text { codingPath } }
  func decode(_ type: Double.Type) throws -> Double { try value.number { codingPath } }
  func decode(_ type: Float.Type) throws -> Float { Float(try decode(Double.self)) }
  func decode(_ type: Int.Type) throws -> Int { try value.whole(type) { codingPath } }
  func decode(_ type: Int8.Type) throws -> Int8 { try value.whole(type) { codingPath } }
  func decode(_ type: Int16.Type) throws -> Int16 { try value.whole(type) { codingPath } }
  func decode(_ type: Int32.Type) throws -> Int32 { try value.whole(type) { codingPath } }
  func decode(_ type: Int64.Type) throws -> Int64 { try value.whole(type) { codingPath } }
  func decode(_ type: UInt.Type) throws -> UInt { try value.whole(type) { codingPath } }
  func decode(_ type: UInt8.Type) throws -> UInt8 { try value.whole(type) { codingPath } }
  func decode(_ type: UInt16.Type) throws -> UInt16 { try value.whole(type) { codingPath } }
  func decode(_ type: UInt32.Type) throws -> UInt32 { try value.whole(type) { codingPath } }
  func decode(_ type: UInt64.Type) throws -> UInt64 { try value.whole(type) { codingPath } }
  func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try value.unboxed(type, at: place) }
}

/// A class: the standard library's box copies its container for each member that is read, and copying a class counts one
/// reference, which no other thread has. The members may be shared by thousands of documents and by all threads.
private final class JSONObjectContainer<Key: CodingKey>: KeyedDecodingContainerProtocol {
  let members: [String: JSONValue]
  let place: CodingPlace
  var codingPath: [any CodingKey] { place.path }

  init(members: [String: JSONValue], place: CodingPlace) {
    self.members = members
    self.place = place
  }

  var allKeys: [Key] { members.keys.compactMap(Key.init(stringValue:)) }

  func contains(_ key: Key) -> Bool { members[key.stringValue] != nil }

  private func value(_ key: Key) throws -> JSONValue {
    guard let value = members[key.stringValue] else {
      throw DecodingError.keyNotFound(key, .init(codingPath: codingPath, debugDescription: "is required"))
    }
    return value
  }

  /// nil where it is absent or null.
  private func present(_ key: Key) -> JSONValue? {
    guard let value = members[key.stringValue], !value.isNull else { return nil }
    return value
  }

  private func path(_ key: Key) -> [any CodingKey] { codingPath + [key] }

  private func decoder(_ key: Key) throws -> JSONValueDecoder {
    JSONValueDecoder(value: try value(key), place: .member(place, key))
  }

  func decodeNil(forKey key: Key) throws -> Bool { members[key.stringValue]?.isNull ?? true }
  func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try value(key).flag { path(key) } }
  func decode(_ type: String.Type, forKey key: Key) throws -> String { try value(key).text { path(key) } }
  func decode(_ type: Double.Type, forKey key: Key) throws -> Double { try value(key).number { path(key) } }
  func decode(_ type: Float.Type, forKey key: Key) throws -> Float { Float(try decode(Double.self, forKey: key)) }
  func decode(_ type: Int.Type, forKey key: Key) throws -> Int {
    try value(key).whole(type) { path(key) }
  }
  func decode(_ type: Int8.Type, forKey key: Key) throws -> Int8 {
    try value(key).whole(type) { path(key) }
  }
  func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 {
    try value(key).whole(type) { path(key) }
  }
  func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 {
    try value(key).whole(type) { path(key) }
  }
  func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 {
    try value(key).whole(type) { path(key) }
  }
  func decode(_ type: UInt.Type, forKey key: Key) throws -> UInt {
    try value(key).whole(type) { path(key) }
  }
  func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 {
    try value(key).whole(type) { path(key) }
  }
  func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 {
    try value(key).whole(type) { path(key) }
  }
  func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 {
    try value(key).whole(type) { path(key) }
  }
  func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 {
    try value(key).whole(type) { path(key) }
  }
  func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
    try value(key).unboxed(type, at: .member(place, key))
  }

  // One look into the dictionary, where the protocol's own implementation takes three.

  func decodeIfPresent(_ type: Bool.Type, forKey key: Key) throws -> Bool? { try present(key)?.flag { path(key) } }
  func decodeIfPresent(_ type: String.Type, forKey key: Key) throws -> String? { try present(key)?.text { path(key) } }
  func decodeIfPresent(_ type: Double.Type, forKey key: Key) throws -> Double? {
    try present(key)?.number { path(key) }
  }
  func decodeIfPresent(_ type: Float.Type, forKey key: Key) throws -> Float? {
    try decodeIfPresent(Double.self, forKey: key).map { Float($0) }
  }
  func decodeIfPresent(_ type: Int.Type, forKey key: Key) throws -> Int? {
    try present(key)?.whole(type) { path(key) }
  }
  func decodeIfPresent(_ type: Int8.Type, forKey key: Key) throws -> Int8? {
    try present(key)?.whole(type) { path(key) }
  }
  func decodeIfPresent(_ type: Int16.Type, forKey key: Key) throws -> Int16? {
    try present(key)?.whole(type) { path(key) }
  }
  func decodeIfPresent(_ type: Int32.Type, forKey key: Key) throws -> Int32? {
    try present(key)?.whole(type) { path(key) }
  }
  func decodeIfPresent(_ type: Int64.Type, forKey key: Key) throws -> Int64? {
    try present(key)?.whole(type) { path(key) }
  }
  func decodeIfPresent(_ type: UInt.Type, forKey key: Key) throws -> UInt? {
    try present(key)?.whole(type) { path(key) }
  }
  func decodeIfPresent(_ type: UInt8.Type, forKey key: Key) throws -> UInt8? {
    try present(key)?.whole(type) { path(key) }
  }
  func decodeIfPresent(_ type: UInt16.Type, forKey key: Key) throws -> UInt16? {
    try present(key)?.whole(type) { path(key) }
  }
  func decodeIfPresent(_ type: UInt32.Type, forKey key: Key) throws -> UInt32? {
    try present(key)?.whole(type) { path(key) }
  }
  func decodeIfPresent(_ type: UInt64.Type, forKey key: Key) throws -> UInt64? {
    try present(key)?.whole(type) { path(key) }
  }
  func decodeIfPresent<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value? {
    try present(key)?.unboxed(type, at: .member(place, key))
  }

  func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type, forKey key: Key
  ) throws -> KeyedDecodingContainer<Nested> {
    try decoder(key).container(keyedBy: type)
  }

  func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
    try decoder(key).unkeyedContainer()
  }

  func superDecoder() throws -> any Decoder {
    JSONValueDecoder(value: members["super"] ?? .null, place: .member(place, JSONSuperKey()))
  }

  func superDecoder(forKey key: Key) throws -> any Decoder { try decoder(key) }
}

private struct JSONArrayContainer: UnkeyedDecodingContainer {
  let elements: [JSONValue]
  let place: CodingPlace
  var codingPath: [any CodingKey] { place.path }
  var currentIndex = 0

  init(elements: [JSONValue], place: CodingPlace) {
    self.elements = elements
    self.place = place
  }

  var count: Int? { elements.count }
  var isAtEnd: Bool { currentIndex >= elements.count }

  private func here() throws -> JSONValueDecoder {
    guard !isAtEnd else {
      throw DecodingError.valueNotFound(
        JSONValue.self,
        .init(codingPath: codingPath + [JSONIndexKey(currentIndex)], debugDescription: "the list has too few elements"))
    }
    return JSONValueDecoder(value: elements[currentIndex], place: .element(place, currentIndex))
  }

  mutating func decodeNil() throws -> Bool {
    guard try here().decodeNil() else { return false }
    currentIndex += 1
    return true
  }

  mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
    let value = try here().decode(type)
    currentIndex += 1
    return value
  }

  mutating func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type
  ) throws -> KeyedDecodingContainer<Nested> {
    let container = try here().container(keyedBy: type)
    currentIndex += 1
    return container
  }

  mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
    let container = try here().unkeyedContainer()
    currentIndex += 1
    return container
  }

  mutating func superDecoder() throws -> any Decoder {
    let decoder = try here()
    currentIndex += 1
    return decoder
  }
}
