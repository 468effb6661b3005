package import JSON

extension Schema {
  /// The value without members that hold their default, published or implied: what its author has stated. It stays the same
  /// when a release adds a field with a default.
  ///
  /// - Parameter kept: paths of members that stay although they hold their default: `training.split.seed`; items of lists
  ///   have no step of their own.
  package func stated(_ value: JSONValue, at path: String = "", keeping kept: Set<String> = []) -> JSONValue {
    switch (kind, value) {
    case (.object(let properties), .object(var members)):
      for property in properties {
        guard let member = members[property.name] else { continue }
        let place = path.isEmpty ? property.name : "\(path).\(property.name)"
        let schema = property.schema
        let stated = schema.stated(member, at: place, keeping: kept)
        let standard = (schema.defaultValue ?? schema.impliedValue).map {
          schema.stated(schema.filled($0), at: place, keeping: kept)
        }
        members[property.name] = !kept.contains(place) && stated.equals(standard) ? nil : stated
      }
      return .object(members)
    case (.list(_, let element), .array(let elements)):
      return .array(elements.map { element.stated($0, at: path, keeping: kept) })
    case (.map(_, let element), .object(let members)):
      return .object(members.mapValues { element.stated($0, at: path, keeping: kept) })
    default:
      return value
    }
  }
}

extension JSONValue {
  /// Whether both are the same value; 1 and 1.0 are.
  fileprivate func equals(_ other: JSONValue?) -> Bool {
    if let number = double, let otherNumber = other?.double { return number == otherNumber }
    return self == other
  }
}
