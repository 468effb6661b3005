import KubernetesModel

/// The columns in which people see a resource, and an object's cells in them.
struct ObjectTable {
  struct Column: Sendable, Equatable {
    var name: String
    var type = "string"
    var format = ""
    var description = ""
    var priority = 0

    var json: JSONValue {
      [
        "name": .string(name), "type": .string(type), "format": .string(format), "description": .string(description),
        "priority": .integer(Int64(priority)),
      ]
    }
  }

  let columns: [Column]
  private let source: Source

  private enum Source {
    case declared([PrinterColumn])
    case builtIn(BuiltInColumns.Row)
  }

  init(_ resource: ServedResource) {
    let name = Column(
      name: "Name", format: "name", description: "Name must be unique within a namespace.")
    if let declared = resource.version.columns {
      source = .declared(declared)
      columns =
        [name]
        + declared.map {
          Column(name: $0.name, type: $0.type, format: $0.format, description: $0.description, priority: $0.priority)
        }
    } else {
      let (others, row) = BuiltInColumns.columns(for: resource.definition.storage)
      source = .builtIn(row)
      let isEvents = resource.definition.storage.resource == "events"
      columns = isEvents ? others : [name] + others
    }
  }

  func cells(of object: JSONValue, at now: ClusterTime) -> [JSONValue] {
    let name = object[path: "metadata", "name"] ?? ""
    switch source {
    case .declared(let declared): return [name] + declared.map { Self.cell($0, object, now) }
    case .builtIn(let row):
      let cells = row(object, now)
      return cells.count == columns.count ? cells : [name] + cells
    }
  }

  /// Nothing found is null, which kubectl shows as `<none>`.
  private static func cell(_ column: PrinterColumn, _ object: JSONValue, _ now: ClusterTime) -> JSONValue {
    guard let value = JSONPath(column.path)?.values(in: object).first else { return .null }
    switch column.type {
    case "date":
      guard let text = value.string else { return .null }
      return .string(ClusterTime(text).map { Age.text(since: $0, until: now) } ?? "<invalid>")
    case "integer": return value.integer.map { .integer(Int64($0)) } ?? .null
    case "number": return value.double == nil ? .null : value
    case "boolean": return value.bool == nil ? .null : value
    default: return value.isNull ? .null : .string(value.string ?? value.text)
    }
  }
}
