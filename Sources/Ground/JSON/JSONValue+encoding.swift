extension JSONValue {
  /// The document that `value` encodes to. Floating-point numbers stay numbers, whole numbers integers; absent optionals
  /// leave no member.
  ///
  /// Errors: `JSONMismatch` where the value refuses to be encoded.
  public init(encoding value: some Encodable) throws(JSONMismatch) {
    if let same = value as? JSONValue {
      self = same
      return
    }
    let slot = JSONSlot()
    do {
      try value.encode(to: JSONValueEncoder(slot: slot, codingPath: []))
    } catch let error as EncodingError {
      if case .invalidValue(_, let context) = error {
        throw JSONMismatch(path: "", reason: context.debugDescription)
      }
      throw JSONMismatch(path: "", reason: "\(error)")
    } catch {
      throw JSONMismatch(path: "", reason: "\(error)")
    }
    self = slot.value
  }
}

/// A place in a document being written. Containers of one place may be asked for several times, hence a reference.
private final class JSONSlot {
  enum Content {
    case empty
    case value(JSONValue)
    case object([String: JSONSlot])
    case array([JSONSlot])
  }

  var content: Content

  init(_ content: Content = .empty) { self.content = content }

  var value: JSONValue {
    switch content {
    // A value that encodes nothing at all, such as an empty struct, is an empty object.
    case .empty: .object([:])
    case .value(let value): value
    case .object(let members): .object(members.mapValues(\.value))
    case .array(let elements): .array(elements.map(\.value))
    }
  }

  func becomeObject() {
    if case .object = content { return }
    content = .object([:])
  }

  func becomeArray() {
    if case .array = content { return }
    content = .array([])
  }

  func put(_ slot: JSONSlot, at key: String) {
    guard case .object(var members) = content else { return }
    content = .empty
    members[key] = slot
    content = .object(members)
  }

  func append(_ slot: JSONSlot) {
    guard case .array(var elements) = content else { return }
    content = .empty
    elements.append(slot)
    content = .array(elements)
  }

  func member(_ key: String) -> JSONSlot {
    if case .object(let members) = content, let slot = members[key] { return slot }
    let slot = JSONSlot()
    put(slot, at: key)
    return slot
  }

  func nextElement() -> JSONSlot {
    let slot = JSONSlot()
    append(slot)
    return slot
  }

  var count: Int {
    guard case .array(let elements) = content else { return 0 }
    return elements.count
  }
}

private struct JSONValueEncoder: Encoder, SingleValueEncodingContainer {
  let slot: JSONSlot
  let codingPath: [any CodingKey]
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    slot.becomeObject()
    return KeyedEncodingContainer(JSONObjectWriter<Key>(slot: slot, codingPath: codingPath))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    slot.becomeArray()
    return JSONArrayWriter(slot: slot, codingPath: codingPath)
  }

  func singleValueContainer() -> any SingleValueEncodingContainer { self }

  func encodeNil() throws { slot.content = .value(.null) }
  func encode(_ value: Bool) throws { slot.content = .value(.bool(value)) }
  func encode(_ value: String) throws { slot.content = .value(.string(value)) }
  func encode(_ value: Double) throws { slot.content = .value(.number(value)) }
  func encode(_ value: Float) throws { slot.content = .value(.number(Double(value))) }
  func encode(_ value: Int) throws { try whole(value) }
  func encode(_ value: Int8) throws { try whole(value) }
  func encode(_ value: Int16) throws { try whole(value) }
  func encode(_ value: Int32) throws { try whole(value) }
  func encode(_ value: Int64) throws { try whole(value) }
  func encode(_ value: UInt) throws { try whole(value) }
  func encode(_ value: UInt8) throws { try whole(value) }
  func encode(_ value: UInt16) throws { try whole(value) }
  func encode(_ value: UInt32) throws { try whole(value) }
  func encode(_ value: UInt64) throws { try whole(value) }

  func encode<Value: Encodable>(_ value: Value) throws {
    if let same = value as? JSONValue {
      slot.content = .value(same)
    } else {
      try value.encode(to: self)
    }
  }

  private func whole(_ value: some FixedWidthInteger) throws {
    guard let integer = Int64(exactly: value) else {
      throw EncodingError.invalidValue(
        value, .init(codingPath: codingPath, debugDescription: "\(value) does not fit in 64 bits with a sign"))
    }
    slot.content = .value(.integer(integer))
  }
}

private struct JSONObjectWriter<Key: CodingKey>: KeyedEncodingContainerProtocol {
  let slot: JSONSlot
  let codingPath: [any CodingKey]

  private func encoder(_ key: any CodingKey) -> JSONValueEncoder {
    JSONValueEncoder(slot: slot.member(key.stringValue), codingPath: codingPath + [key])
  }

  func encodeNil(forKey key: Key) throws { slot.put(JSONSlot(.value(.null)), at: key.stringValue) }
  func encode(_ value: Bool, forKey key: Key) throws { slot.put(JSONSlot(.value(.bool(value))), at: key.stringValue) }
  func encode(_ value: String, forKey key: Key) throws {
    slot.put(JSONSlot(.value(.string(value))), at: key.stringValue)
  }
  func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws { try encoder(key).encode(value) }

  func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type, forKey key: Key) -> KeyedEncodingContainer<Nested>
  {
    encoder(key).container(keyedBy: type)
  }

  func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer { encoder(key).unkeyedContainer() }
  func superEncoder() -> any Encoder { encoder(JSONSuperKey()) }
  func superEncoder(forKey key: Key) -> any Encoder { encoder(key) }
}

private struct JSONArrayWriter: UnkeyedEncodingContainer {
  let slot: JSONSlot
  let codingPath: [any CodingKey]

  var count: Int { slot.count }

  private func encoder() -> JSONValueEncoder {
    let path = codingPath + [JSONIndexKey(slot.count)]
    return JSONValueEncoder(slot: slot.nextElement(), codingPath: path)
  }

  func encodeNil() throws { try encoder().encodeNil() }
  func encode<Value: Encodable>(_ value: Value) throws { try encoder().encode(value) }

  func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
    encoder().container(keyedBy: type)
  }

  func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { encoder().unkeyedContainer() }
  func superEncoder() -> any Encoder { encoder() }
}
