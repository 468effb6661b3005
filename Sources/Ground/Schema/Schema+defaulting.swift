package import JSON

/// Which defaults are filled in.
package enum DefaultingDepth: Sendable {
  /// What the API server does with the published schema.
  case published
  /// Also what is implied, as decoding needs it.
  case complete
}

extension Schema {
  /// The value with what is missing filled in, as structural defaulting of the API server does it: top-down, into
  /// maps and, with `.complete`, lists; a null counts as missing where null is no value of its own. With `.complete`
  /// nulls go, and whole numbers that stand for texts become texts, so that the result fits the Swift type.
  package func filled(_ value: JSONValue, _ depth: DefaultingDepth = .complete) -> JSONValue {
    switch (kind, value) {
    case (.object(let properties), .object(var members)):
      for property in properties {
        if depth == .complete { property.resolveAliases(in: &members) }
        let present = members[property.name]
        if depth == .complete, present == nil || present == .null {
          members[property.name] = property.whereAbsent
          continue
        }
        if present == nil || (present == .null && !property.schema.isNullable) {
          members[property.name] = property.schema.defaultValue
        }
        if let present = members[property.name] { members[property.name] = property.schema.filled(present, depth) }
      }
      return .object(members)
    case (.list(_, let element), .array(let elements)):
      return depth == .published ? value : .array(elements.map { element.filled($0, depth) })
    case (.map(_, let value), .object(let members)):
      return .object(members.mapValues { value.filled($0, depth) })
    case (.integerOrString, .integer(let number)) where depth == .complete:
      return .string(String(number))
    default:
      return value
    }
  }

  /// The value of a document in which nothing is stated but what the schema requires.
  ///
  /// Precondition: it fits the type. What a schema and a type say is program text, so a test of each such value proves it.
  package func standard<Value: Decodable>(stating required: JSONValue = [:], as type: Value.Type = Value.self) -> Value
  {
    do {
      return try filled(required).decode()
    } catch {
      preconditionFailure("the defaults of \(Value.self) do not make one: \(error)")
    }
  }

  /// The schema as items of a list are published: kubectl compares lists of custom resources as a whole, so that an item
  /// with a default that nobody wrote would differ from the applied file for ever. Decoding fills these defaults in.
  var withoutDefaults: Schema {
    var bare = self
    bare.defaultValue = nil
    switch kind {
    case .object(let properties):
      bare.kind = .object(
        properties.map { property in
          Property(
            name: property.name, schema: property.schema.withoutDefaults, isRequired: property.isRequired,
            aliases: property.aliases)
        })
    case .list(let bounds, let element): bare.kind = .list(bounds, of: element.withoutDefaults)
    case .map(let maximum, let value): bare.kind = .map(maximum: maximum, of: value.withoutDefaults)
    default: break
    }
    return bare
  }

  /// The value without what the schema does not know, as the API server prunes it.
  package func pruned(_ value: JSONValue) -> JSONValue {
    switch (kind, value) {
    case (.object(let properties), .object(let members)):
      var kept: [String: JSONValue] = [:]
      for property in properties {
        for name in [property.name] + property.aliases { kept[name] = members[name].map(property.schema.pruned) }
      }
      return .object(kept)
    case (.list(_, let element), .array(let elements)): return .array(elements.map(element.pruned))
    case (.map(_, let value), .object(let members)): return .object(members.mapValues(value.pruned))
    default: return value
    }
  }
}

extension Schema.Property {
  /// Puts what was written under another name under the property's own.
  fileprivate func resolveAliases(in members: inout [String: JSONValue]) {
    for alias in aliases {
      guard let value = members.removeValue(forKey: alias), value != .null else { continue }
      if (members[name] ?? .null) == .null { members[name] = value }
    }
  }
}
