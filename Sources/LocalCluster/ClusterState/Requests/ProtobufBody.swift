package import KubernetesModel

/// Bodies in Kubernetes' protobuf form, which kubectl sends when it creates built-in objects by itself (`kubectl create
/// namespace`): the four bytes `k8s\0`, then a message `Unknown` with the kind and the object's own message.
package enum ProtobufBody {
  /// Errors: 400 for damaged bytes, 415 for a kind whose message is not known.
  package static func decode(_ bytes: [UInt8]) throws(StatusError) -> JSONValue {
    guard bytes.starts(with: [0x6B, 0x38, 0x73, 0x00]) else { throw damaged }
    var apiVersion = ""
    var kind = ""
    var raw: ArraySlice<UInt8> = []
    var envelope = ProtobufReader(bytes[4...])
    while let field = try envelope.next() {
      switch (field.number, field.value) {
      case (1, .bytes(let type)):
        var reader = ProtobufReader(type)
        while let part = try reader.next() {
          guard case .bytes(let text) = part.value else { continue }
          if part.number == 1 { apiVersion = String(decoding: text, as: UTF8.self) }
          if part.number == 2 { kind = String(decoding: text, as: UTF8.self) }
        }
      case (2, .bytes(let message)): raw = message
      default: break
      }
    }
    guard let schema = schema(GroupVersionKind(apiVersion: apiVersion, kind: kind)) else {
      throw .unsupportedMediaType("application/json, application/yaml")
    }
    var object = JSONValue.object(try message(raw, schema, below: []))
    object["apiVersion"] = .string(apiVersion)
    object["kind"] = .string(kind)
    return object
  }

  private static let damaged = StatusError.badRequest("the body is no Kubernetes protobuf message")

  private static func schema(_ kind: GroupVersionKind) -> ObjectSchema? {
    if kind.kind == "DeleteOptions" { return SchemaTable.schema("meta.v1.DeleteOptions") }
    // Definitions of custom resources have recursive messages that the tables leave out.
    guard kind.group != "apiextensions.k8s.io" else { return nil }
    return BuiltInResources.all.first { $0.group == kind.group && $0.kind == kind.kind }?.version(kind.version)?.schema
  }

  /// The members of a message. Go embeds some structs: their members are in a message of their own, but in JSON they are
  /// the outer object's.
  private static func message(
    _ bytes: ArraySlice<UInt8>, _ schema: ObjectSchema, below outer: [Int]
  ) throws(StatusError) -> [String: JSONValue] {
    var members: [String: JSONValue] = [:]
    var reader = ProtobufReader(bytes)
    while let field = try reader.next() {
      let place = outer + [field.number]
      if let (key, shape) = schema.properties.first(where: { $0.value.protobufNumber == place }) {
        try add(field.value, to: &members, key, shape)
      } else if case .bytes(let inner) = field.value,
        schema.properties.contains(where: { $0.value.protobufNumber.starts(with: place) })
      {
        members.merge(try message(inner, schema, below: place), uniquingKeysWith: { $1 })
      }
    }
    return members
  }

  private static func add(
    _ value: ProtobufReader.Value, to members: inout [String: JSONValue], _ key: String, _ shape: ObjectSchema
  ) throws(StatusError) {
    if let items = shape.items {
      guard let element = try single(value, items) else { return }
      members[key] = .array((members[key]?.array ?? []) + [element])
    } else if let values = shape.additional {
      guard case .bytes(let entry) = value else { throw damaged }
      var reader = ProtobufReader(entry)
      var name = ""
      var content: JSONValue?
      while let part = try reader.next() {
        if part.number == 1, case .bytes(let text) = part.value { name = String(decoding: text, as: UTF8.self) }
        if part.number == 2 { content = try single(part.value, values) }
      }
      var map = members[key] ?? [:]
      map[name] = content ?? ""
      members[key] = map
    } else if let content = try single(value, shape) {
      // Go writes empty texts of optional fields; as JSON they are absent.
      if content == "" { return }
      members[key] = content
    }
  }

  private static func single(_ value: ProtobufReader.Value, _ shape: ObjectSchema) throws(StatusError) -> JSONValue? {
    switch value {
    case .number(let number):
      return shape.basic == .boolean ? .bool(number != 0) : .integer(Int64(bitPattern: number))
    case .bytes(let bytes):
      if shape.isIntOrString { return try intOrString(bytes) }
      if shape.definition?.hasSuffix(".Quantity") == true { return try firstText(bytes) }
      switch (shape.basic, shape.format) {
      case (.string, "date-time"): return try time(bytes)
      case (.string, "byte"): return .string(Base64.encode(bytes))
      case (.string, _): return .string(String(decoding: bytes, as: UTF8.self))
      case (.object, _): return .object(try message(bytes, shape, below: []))
      default: return nil
      }
    }
  }

  private static func firstText(_ bytes: ArraySlice<UInt8>) throws(StatusError) -> JSONValue? {
    var reader = ProtobufReader(bytes)
    while let field = try reader.next() {
      if field.number == 1, case .bytes(let text) = field.value {
        return .string(String(decoding: text, as: UTF8.self))
      }
    }
    return nil
  }

  private static func intOrString(_ bytes: ArraySlice<UInt8>) throws(StatusError) -> JSONValue {
    var reader = ProtobufReader(bytes)
    var isText = false
    var number: Int64 = 0
    var text = ""
    while let field = try reader.next() {
      switch (field.number, field.value) {
      case (1, .number(let kind)): isText = kind == 1
      case (2, .number(let value)): number = Int64(bitPattern: value)
      case (3, .bytes(let value)): text = String(decoding: value, as: UTF8.self)
      default: break
      }
    }
    return isText ? .string(text) : .integer(number)
  }

  /// Go's zero time is an empty message: absent.
  private static func time(_ bytes: ArraySlice<UInt8>) throws(StatusError) -> JSONValue? {
    var reader = ProtobufReader(bytes)
    var seconds: Int64 = 0
    var nanoseconds: Int64 = 0
    while let field = try reader.next() {
      guard case .number(let value) = field.value else { continue }
      if field.number == 1 { seconds = Int64(bitPattern: value) }
      if field.number == 2 { nanoseconds = Int64(bitPattern: value) }
    }
    guard seconds != 0, seconds.magnitude < 1 << 40 else { return nil }
    let time = ClusterTime(microseconds: seconds * 1_000_000 + nanoseconds / 1000)
    return .string(nanoseconds == 0 ? time.text : time.microText)
  }
}

/// Reads the fields of one message (protobuf encoding, wire types 0, 1, 2 and 5).
private struct ProtobufReader {
  enum Value {
    case number(UInt64)
    case bytes(ArraySlice<UInt8>)
  }

  private var rest: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

  mutating func next() throws(StatusError) -> (number: Int, value: Value)? {
    guard !rest.isEmpty else { return nil }
    let key = try varint()
    let number = Int(truncatingIfNeeded: key >> 3)
    switch key & 7 {
    case 0: return (number, .number(try varint()))
    case 1: return (number, .bytes(try take(8)))
    case 2: return (number, .bytes(try take(Int(clamping: try varint()))))
    case 5: return (number, .bytes(try take(4)))
    default: throw .badRequest("the body is no Kubernetes protobuf message: wire type \(key & 7)")
    }
  }

  private mutating func varint() throws(StatusError) -> UInt64 {
    var result: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 64, by: 7) {
      guard let byte = rest.popFirst() else { throw .badRequest("the body ends inside a protobuf number") }
      result |= UInt64(byte & 0x7F) << shift
      if byte & 0x80 == 0 { return result }
    }
    throw .badRequest("the body has a protobuf number that is too long")
  }

  private mutating func take(_ count: Int) throws(StatusError) -> ArraySlice<UInt8> {
    guard count >= 0, count <= rest.count else { throw .badRequest("the body ends inside a protobuf field") }
    defer { rest = rest.dropFirst(count) }
    return rest.prefix(count)
  }
}
