internal import CYAML
internal import JSON
internal import Values

/// Builds JSON values from libyaml's events. Owns the parser and frees it in `deinit`.
final class YAMLReader {
  /// An anchored value, how many values it stands for and how deeply they are nested, so that aliases of aliases can
  /// neither eat the memory nor, by their depth, the stack of whoever walks through the document.
  private struct Anchor {
    var value: JSONValue
    var size: Int
    var height: Int
  }

  private let parser: UnsafeMutablePointer<yaml_parser_t>
  private let input: UnsafeMutableBufferPointer<UInt8>
  private var event: UnsafeMutablePointer<yaml_event_t>
  private var hasEvent = false
  private var anchors: [String: Anchor] = [:]
  private var positions: [String: YAMLPosition] = [:]
  private var depth = 0
  /// The greatest depth within the value that is being read.
  private var reach = 0
  private var size = 0

  private static let maximumDepth = 256
  private static let maximumSize = 2_000_000

  init(_ bytes: [UInt8]) {
    parser = .allocate(capacity: 1)
    event = .allocate(capacity: 1)
    input = .allocate(capacity: max(1, bytes.count))
    _ = input.initialize(from: bytes)
    yaml_parser_initialize(parser)
    yaml_parser_set_input_string(parser, input.baseAddress, bytes.count)
  }

  deinit {
    if hasEvent { yaml_event_delete(event) }
    yaml_parser_delete(parser)
    parser.deallocate()
    event.deallocate()
    input.deallocate()
  }

  func documents() throws(YAMLError) -> [YAMLSource] {
    var documents: [YAMLSource] = []
    try advance()
    while true {
      try advance()
      guard event.pointee.type == YAML_DOCUMENT_START_EVENT else { return documents }
      anchors = [:]
      positions = [:]
      try advance()
      let start = position
      let isEmpty = event.pointee.type == YAML_SCALAR_EVENT && event.pointee.data.scalar.length == 0 && isPlain
      let value = try value(at: "")
      if !isEmpty { documents.append(YAMLSource(value: value, start: start, positions: positions)) }
      try advance()
    }
  }

  // MARK: Events

  private var position: YAMLPosition {
    YAMLPosition(line: event.pointee.start_mark.line + 1, column: event.pointee.start_mark.column + 1)
  }

  private var isPlain: Bool {
    event.pointee.data.scalar.style == YAML_PLAIN_SCALAR_STYLE && event.pointee.data.scalar.tag == nil
  }

  private func advance() throws(YAMLError) {
    if hasEvent { yaml_event_delete(event) }
    hasEvent = yaml_parser_parse(parser, event) == 1
    guard !hasEvent else { return }
    let mark = parser.pointee.problem_mark
    let reason = parser.pointee.problem.map { String(cString: $0) } ?? "unknown problem"
    let context = parser.pointee.context.map { String(cString: $0) + ": " } ?? ""
    throw .syntax(YAMLPosition(line: mark.line + 1, column: mark.column + 1), reason: context + reason)
  }

  private static func text(_ pointer: UnsafeMutablePointer<yaml_char_t>?) -> String? {
    pointer.map { String(cString: $0) }
  }

  // MARK: Values

  /// The value that the current event begins. Afterwards the current event is its last.
  private func value(at path: String) throws(YAMLError) -> JSONValue {
    positions[path] = position
    let before = size
    let outerReach = reach
    reach = depth
    defer { reach = max(reach, outerReach) }
    size += 1
    let start = position
    let anchor: String?
    let value: JSONValue
    switch event.pointee.type {
    case YAML_ALIAS_EVENT: return try alias()
    case YAML_SCALAR_EVENT:
      anchor = Self.text(event.pointee.data.scalar.anchor)
      value = try scalar()
    case YAML_SEQUENCE_START_EVENT:
      anchor = Self.text(event.pointee.data.sequence_start.anchor)
      value = .array(try elements(at: path))
    case YAML_MAPPING_START_EVENT:
      anchor = Self.text(event.pointee.data.mapping_start.anchor)
      value = .object(try members(at: path))
    default: throw .meaning(start, reason: "a value is expected")
    }
    try checkSize(start)
    if let anchor { anchors[anchor] = Anchor(value: value, size: size - before, height: reach - depth) }
    return value
  }

  private func checkSize(_ place: YAMLPosition) throws(YAMLError) {
    guard size <= Self.maximumSize else { throw .meaning(place, reason: "the document has too many values") }
  }

  private func alias() throws(YAMLError) -> JSONValue {
    let name = Self.text(event.pointee.data.alias.anchor) ?? ""
    guard let anchor = anchors[name] else { throw .meaning(position, reason: "there is no anchor '&\(name)' before") }
    size += anchor.size
    try checkSize(position)
    try noteDepth(depth + anchor.height)
    return anchor.value
  }

  private func enter() throws(YAMLError) {
    depth += 1
    try noteDepth(depth)
  }

  private func noteDepth(_ depth: Int) throws(YAMLError) {
    guard depth <= Self.maximumDepth else { throw .meaning(position, reason: "nested too deeply") }
    reach = max(reach, depth)
  }

  private func elements(at path: String) throws(YAMLError) -> [JSONValue] {
    try enter()
    defer { depth -= 1 }
    var elements: [JSONValue] = []
    while true {
      try advance()
      if event.pointee.type == YAML_SEQUENCE_END_EVENT { return elements }
      elements.append(try value(at: "\(path)[\(elements.count)]"))
    }
  }

  private func members(at path: String) throws(YAMLError) -> [String: JSONValue] {
    try enter()
    defer { depth -= 1 }
    var members: [String: JSONValue] = [:]
    var merged: [String: JSONValue] = [:]
    while true {
      try advance()
      if event.pointee.type == YAML_MAPPING_END_EVENT {
        return merged.merging(members) { _, explicit in explicit }
      }
      let place = position
      let isMerge = event.pointee.type == YAML_SCALAR_EVENT && isPlain && scalarText == "<<"
      let key = try key()
      try advance()
      if isMerge {
        try merge(try value(at: path), into: &merged, place)
        continue
      }
      let child = path.isEmpty ? key : "\(path).\(key)"
      let value = try value(at: child)
      positions[child] = place
      guard members.updateValue(value, forKey: key) == nil else {
        throw .meaning(place, reason: "the key '\(key)' is there twice")
      }
    }
  }

  /// Of several merged mappings, the first has precedence.
  private func merge(
    _ value: JSONValue, into merged: inout [String: JSONValue], _ place: YAMLPosition
  ) throws(YAMLError) {
    let sources = value.array ?? [value]
    for source in sources {
      guard let members = source.object else {
        throw .meaning(place, reason: "'<<' needs a mapping or a list of mappings")
      }
      merged.merge(members) { earlier, _ in earlier }
    }
  }

  /// JSON has text keys only; numbers and booleans become text as they do in kubectl.
  private func key() throws(YAMLError) -> String {
    let place = position
    switch try value(at: "") {
    case .string(let text): return text
    case .integer(let integer): return String(integer)
    case .number(let number): return JSONValue.number(number).text
    case .bool(let flag): return String(flag)
    default: throw .meaning(place, reason: "a key must be a text")
    }
  }

  // MARK: Scalars

  private var scalarText: String {
    let scalar = event.pointee.data.scalar
    return String(decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
  }

  private func scalar() throws(YAMLError) -> JSONValue {
    let text = scalarText
    let isPlain = event.pointee.data.scalar.style == YAML_PLAIN_SCALAR_STYLE
    guard let tag = Self.text(event.pointee.data.scalar.tag) else {
      return isPlain ? try resolved(text) : .string(text)
    }
    let value = YAMLScalar.value(text)
    switch (tag, value) {
    case ("tag:yaml.org,2002:str", _), ("!", _): return .string(text)
    case ("tag:yaml.org,2002:int", .integer), ("tag:yaml.org,2002:bool", .bool), ("tag:yaml.org,2002:null", .null),
      ("tag:yaml.org,2002:float", .number):
      return value
    case ("tag:yaml.org,2002:float", .integer(let integer)): return .number(Double(integer))
    case ("tag:yaml.org,2002:binary", _):
      guard let bytes = Base64.decode(text), let decoded = String(validating: bytes, as: UTF8.self) else {
        throw .meaning(position, reason: "!!binary needs base64 of UTF-8 text")
      }
      return .string(decoded)
    default:
      guard !tag.hasPrefix("tag:yaml.org,2002:") else {
        throw .meaning(position, reason: "'\(text)' does not fit its tag !!\(tag.dropFirst(18))")
      }
      return isPlain ? try resolved(text) : .string(text)
    }
  }

  private func resolved(_ text: String) throws(YAMLError) -> JSONValue {
    let value = YAMLScalar.value(text)
    if case .number(let number) = value, !number.isFinite {
      throw .meaning(position, reason: "JSON has no \(text); quote it to make it a text")
    }
    return value
  }
}
