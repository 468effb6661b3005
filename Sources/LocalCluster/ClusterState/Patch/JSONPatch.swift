package import KubernetesModel

/// RFC 6902: a list of operations, all or none.
package enum JSONPatch {
  /// Errors: 400 for what is no patch, 422 for one that does not fit the document.
  package static func apply(_ patch: JSONValue, to document: JSONValue) throws(StatusError) -> JSONValue {
    guard let operations = patch.array else {
      throw .badRequest(
        "error decoding patch: json: cannot unmarshal \(patch.typeName) into Go value of type jsonpatch.Patch")
    }
    var result = document
    for operation in operations {
      guard let name = operation["op"]?.string, let pointer = operation["path"]?.string else {
        throw .badRequest("error decoding patch: an operation needs op and path: \(operation.text)")
      }
      let path = tokens(pointer)
      switch name {
      case "add": result = try change(result, path, pointer, .add(try value(of: operation)))
      case "replace": result = try change(result, path, pointer, .replace(try value(of: operation)))
      case "remove": result = try change(result, path, pointer, .remove)
      case "test":
        guard find(path, in: result) ?? .null == (try value(of: operation)) else {
          throw .patchDoesNotFit
        }
      case "copy", "move":
        guard let from = operation["from"]?.string, let moved = find(tokens(from), in: result) else {
          throw .patchDoesNotFit
        }
        if name == "move" { result = try change(result, tokens(from), from, .remove) }
        result = try change(result, path, pointer, .add(moved))
      default: throw .badRequest("error decoding patch: Unexpected kind: \(name)")
      }
    }
    return result
  }

  private enum Change {
    case add(JSONValue)
    case replace(JSONValue)
    case remove
  }

  private static func value(of operation: JSONValue) throws(StatusError) -> JSONValue {
    guard let value = operation["value"] else {
      throw .badRequest("error decoding patch: an operation lacks its value: \(operation.text)")
    }
    return value
  }

  /// RFC 6901.
  private static func tokens(_ pointer: String) -> [String] {
    guard !pointer.isEmpty else { return [] }
    return pointer.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map {
      String($0.replacing("~1", with: "/").replacing("~0", with: "~"))
    }
  }

  private static func find(_ path: [String], in document: JSONValue) -> JSONValue? {
    var value: JSONValue? = document
    for token in path {
      if value?.array != nil { value = Int(token).flatMap { value?[$0] } } else { value = value?[token] }
    }
    return value
  }

  private static func change(
    _ document: JSONValue, _ path: [String], _ pointer: String, _ change: Change
  ) throws(StatusError) -> JSONValue {
    guard let token = path.first else {
      switch change {
      case .add(let value), .replace(let value): return value
      case .remove: return .null
      }
    }
    let rest = Array(path.dropFirst())
    switch document {
    case .object(var members):
      if !rest.isEmpty {
        guard let child = members[token] else { throw .patchDoesNotFit }
        members[token] = try self.change(child, rest, pointer, change)
      } else {
        switch change {
        case .add(let value): members[token] = value
        case .replace(let value):
          guard members[token] != nil else { throw .patchDoesNotFit }
          members[token] = value
        case .remove:
          guard members.removeValue(forKey: token) != nil else { throw .patchDoesNotFit }
        }
      }
      return .object(members)
    case .array(var elements):
      if case .add(let value) = change, rest.isEmpty {
        guard let index = token == "-" ? elements.count : Int(token), (0...elements.count).contains(index) else {
          throw .patchDoesNotFit
        }
        elements.insert(value, at: index)
        return .array(elements)
      }
      guard let index = Int(token), elements.indices.contains(index) else { throw .patchDoesNotFit }
      if !rest.isEmpty {
        elements[index] = try self.change(elements[index], rest, pointer, change)
      } else if case .replace(let value) = change {
        elements[index] = value
      } else {
        elements.remove(at: index)
      }
      return .array(elements)
    default: throw .patchDoesNotFit
    }
  }

}

/// RFC 7386: objects merge, null removes, everything else replaces.
package enum MergePatch {
  package static func apply(_ patch: JSONValue, to document: JSONValue) -> JSONValue {
    guard case .object(let changes) = patch else { return patch }
    var members = document.object ?? [:]
    for (key, change) in changes {
      if change.isNull {
        members[key] = nil
      } else {
        members[key] = apply(change, to: members[key] ?? .null)
      }
    }
    return .object(members)
  }
}
