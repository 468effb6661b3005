/// Any JSON document. Integers and other numbers stay apart, as Kubernetes schemas tell them apart. The order of an
/// object's keys is not kept; texts are written with sorted keys.
public enum JSONValue: Sendable, Hashable {
  case null
  case bool(Bool)
  case integer(Int64)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object([String: JSONValue])
}

extension JSONValue {
  /// The member of an object; nil for other values. Setting nil removes it; setting on a null makes an object.
  public subscript(key: String) -> JSONValue? {
    get {
      guard case .object(let members) = self else { return nil }
      return members[key]
    }
    set {
      var members: [String: JSONValue] = [:]
      switch self {
      case .object(let present):
        // Let go of the shared storage first, so that the change below happens in place.
        self = .null
        members = present
      case .null: break
      default: return
      }
      members[key] = newValue
      self = .object(members)
    }
  }

  /// The element of an array; nil for other values or out of bounds.
  public subscript(index: Int) -> JSONValue? {
    guard case .array(let elements) = self, elements.indices.contains(index) else { return nil }
    return elements[index]
  }

  /// The value at a path of object keys.
  public subscript(path first: String, _ rest: String...) -> JSONValue? {
    var value = self[first]
    for key in rest { value = value?[key] }
    return value
  }

  /// Sets the value at a path of object keys and makes the objects in between; nil removes.
  public mutating func set(_ value: JSONValue?, at path: some Collection<String>) {
    guard let key = path.first else {
      if let value { self = value }
      return
    }
    let rest = path.dropFirst()
    if rest.isEmpty {
      self[key] = value
    } else {
      if value == nil, self[key] == nil { return }
      var child = self[key] ?? .object([:])
      child.set(value, at: rest)
      self[key] = child
    }
  }

  public var string: String? {
    guard case .string(let text) = self else { return nil }
    return text
  }

  public var bool: Bool? {
    guard case .bool(let flag) = self else { return nil }
    return flag
  }

  public var integer: Int? {
    switch self {
    case .integer(let value): Int(value)
    case .number(let value): Int(exactly: value)
    default: nil
    }
  }

  public var double: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }

  public var array: [JSONValue]? {
    guard case .array(let elements) = self else { return nil }
    return elements
  }

  public var object: [String: JSONValue]? {
    guard case .object(let members) = self else { return nil }
    return members
  }

  public var isNull: Bool { self == .null }

  /// The members of an object whose values are strings, as in labels and annotations; empty for other values.
  public var stringMap: [String: String] {
    (object ?? [:]).compactMapValues(\.string)
  }

  public init(_ map: [String: String]) {
    self = .object(map.mapValues(JSONValue.string))
  }
}

/// There is no nil literal: `condition ? value : nil` would then mean JSON's null instead of no value.
extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
  ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  public init(stringLiteral value: String) { self = .string(value) }
  public init(integerLiteral value: Int64) { self = .integer(value) }
  public init(floatLiteral value: Double) { self = .number(value) }
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
  public init(dictionaryLiteral elements: (String, JSONValue)...) {
    self = .object(Dictionary(elements, uniquingKeysWith: { $1 }))
  }
}

extension JSONValue: Codable {
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(String.self) {
      self = .string(value)
    } else if let value = try? container.decode(Bool.self) {
      self = .bool(value)
    } else if let value = try? container.decode(Int64.self) {
      self = .integer(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else if let value = try? container.decode([String: JSONValue].self) {
      self = .object(value)
    } else {
      self = .array(try container.decode([JSONValue].self))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .null: try container.encodeNil()
    case .bool(let value): try container.encode(value)
    case .integer(let value): try container.encode(value)
    case .number(let value): try container.encode(value)
    case .string(let value): try container.encode(value)
    case .array(let value): try container.encode(value)
    case .object(let value): try container.encode(value)
    }
  }
}
