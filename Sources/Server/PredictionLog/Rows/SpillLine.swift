import JSON
import JSONScanning
import Tabular
import Telemetry
import Values
import WorkerContract

/// Rows as lines of JSON: a batch's model comes first, its rows follow.
///
/// `{"namespace","model","uid","created","check"}` (`uid` and `created` where they are known), then
/// `{"prediction":{"id","version","role","time","features","said","probabilities","confidence","latency"}}` and
/// `{"label":{"id","label","time"}}`. Features and probabilities are the objects themselves. Earlier versions wrote them
/// as texts that hold the objects, and no `check`: both are read as well. Every row passes through here on its way to
/// the store: without the detour of a general encoder, and with hardly more than copying.
enum SpillLine {
  /// - Parameter batch: Its numbers are finite.
  static func encode(_ batch: LogBatch) -> [UInt8] {
    var line = LineWriter(capacity: 128 + batch.predictions.count * 640 + batch.labels.count * 96)
    line.raw("{\"namespace\":")
    line.text(batch.model.namespace)
    line.raw(",\"model\":")
    line.text(batch.model.model)
    if let identity = batch.model.identity {
      line.raw(",\"uid\":")
      line.text(identity.uid)
      if let created = identity.created {
        line.raw(",\"created\":")
        line.text(created)
      }
    }
    line.raw(",\"check\":")
    line.text(check(of: batch.model))
    line.raw("}\n")
    for record in batch.predictions {
      line.raw("{\"prediction\":{\"id\":")
      line.text(record.requestID)
      line.raw(",\"version\":")
      line.text(record.version)
      line.raw(",\"role\":")
      line.text(record.role.rawValue)
      line.raw(",\"time\":")
      line.number(record.time)
      line.raw(",\"features\":")
      line.object(record.features)
      line.raw(",\"said\":")
      line.text(record.predictedClass)
      line.raw(",\"probabilities\":")
      line.object(record.probabilities)
      line.raw(",\"confidence\":")
      line.number(record.confidence)
      line.raw(",\"latency\":")
      line.number(record.latency)
      line.raw("}}\n")
    }
    for label in batch.labels {
      line.raw("{\"label\":{\"id\":")
      line.text(label.requestID)
      line.raw(",\"label\":")
      line.text(label.label)
      line.raw(",\"time\":")
      line.number(label.time)
      line.raw("}}\n")
    }
    return line.bytes
  }

  /// What tells a line that names a model from one of which a byte has changed: the rows that follow would be another
  /// model's.
  fileprivate static func check(of model: ModelKey) -> String {
    let parts = [model.namespace, model.model, model.identity?.uid, model.identity?.created]
    // No text has this byte.
    return StableHash.hexadecimal(parts.compactMap(\.self).map(\.utf8).joined(separator: [0xFF]))
  }

  /// The batches of a segment.
  ///
  /// A last line that was cut short by a crash is damaged, and so is a row of a form that is not known. Any other line
  /// that cannot be read may hold where the rows of a model begin: what follows, up to the next such line, is damaged as
  /// well, as nobody knows whose rows they are.
  static func decode(_ bytes: [UInt8]) -> SpillContents {
    var contents = SpillContents()
    var isModelKnown = false
    bytes.withUnsafeBufferPointer { bytes in
      var start = 0
      while start < bytes.count {
        let end = bytes[start...].firstIndex(of: 0x0A) ?? bytes.count
        if end > start {
          let last = contents.batches.count - 1
          switch try? LineReader.line(UnsafeBufferPointer(rebasing: bytes[start..<end])) {
          case .model(let model):
            contents.batches.append(LogBatch(model: model))
            isModelKnown = true
          case .prediction(let record) where isModelKnown: contents.batches[last].predictions.append(record)
          case .label(let label) where isModelKnown: contents.batches[last].labels.append(label)
          case .unknownRow where isModelKnown: contents.damaged += 1
          case nil where end == bytes.count: contents.damaged += 1
          default:
            contents.damaged += 1
            contents.isBroken = true
            isModelKnown = false
          }
        }
        start = end + 1
      }
    }
    contents.batches.removeAll { $0.count == 0 }
    return contents
  }
}

/// Writes JSON into bytes.
private struct LineWriter {
  private(set) var bytes: [UInt8] = []

  init(capacity: Int) { bytes.reserveCapacity(capacity) }

  mutating func raw(_ text: StaticString) {
    bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  mutating func number(_ value: Double) { bytes.append(contentsOf: value.description.utf8) }

  /// An object as it is, in one line. What cannot stand there is written as a text, which keeps it as well.
  mutating func object(_ json: String) {
    var json = json
    let isObject = json.withUTF8 { utf8 in
      guard utf8.first == UInt8(ascii: "{"), utf8.last == UInt8(ascii: "}"), !utf8.contains(0x0A) else { return false }
      bytes.append(contentsOf: utf8)
      return true
    }
    if !isObject { text(json) }
  }

  mutating func text(_ text: String) { JSONString.append(text, .none, to: &bytes) }
}

/// Reads one line; throws where anything is not as it was written.
private enum LineReader {
  enum Line {
    case model(ModelKey)
    case prediction(PredictionRecord)
    case label(LabelRecord)
    /// A row, and nothing but a row, of which something is missing or not known here.
    case unknownRow
  }

  struct Damaged: Error {}

  static func line(_ bytes: UnsafeBufferPointer<UInt8>) throws -> Line {
    try JSONScanner.validateUTF8(bytes)
    var scanner = JSONScanner(bytes)
    var (texts, row): ([String: String], Fields?) = ([:], nil)
    var kind = ""
    var more = try scanner.open(UInt8(ascii: "{"))
    while more {
      let name = scanner.string(try scanner.name())
      if try scanner.kind() == .object {
        (kind, row) = (name, try fields(&scanner))
      } else {
        texts[name] = scanner.string(try scanner.text())
      }
      more = try scanner.next(in: UInt8(ascii: "{"))
    }
    try scanner.finish()
    if let namespace = texts["namespace"], let model = texts["model"] {
      let identity = texts["uid"].map { ModelIdentity(uid: $0, created: texts["created"]) }
      let key = ModelKey(namespace: namespace, model: model, identity: identity)
      if let check = texts["check"], check != SpillLine.check(of: key) { throw Damaged() }
      return .model(key)
    }
    guard let row, texts.isEmpty else { throw Damaged() }
    switch kind {
    case "prediction": return (try? row.prediction()).map { .prediction($0) } ?? .unknownRow
    case "label": return (try? row.label()).map { .label($0) } ?? .unknownRow
    default: throw Damaged()
    }
  }

  private static func fields(_ scanner: inout JSONScanner) throws -> Fields {
    var fields = Fields()
    var more = try scanner.open(UInt8(ascii: "{"))
    while more {
      let name = scanner.string(try scanner.name())
      switch try scanner.kind() {
      case .string: fields.texts[name] = scanner.string(try scanner.text())
      case .object: fields.texts[name] = scanner.string(try scanner.skip())
      case .number:
        let range = try scanner.number().range
        fields.numbers[name] = number(in: UnsafeBufferPointer(rebasing: scanner.bytes[range]))
      default: _ = try scanner.skip()
      }
      more = try scanner.next(in: UInt8(ascii: "{"))
    }
    return fields
  }

  struct Fields {
    var texts: [String: String] = [:]
    var numbers: [String: Double] = [:]

    func text(_ name: String) throws -> String {
      guard let text = texts[name] else { throw Damaged() }
      return text
    }

    func number(_ name: String) throws -> Double {
      guard let number = numbers[name] else { throw Damaged() }
      return number
    }

    func label() throws -> LabelRecord {
      LabelRecord(requestID: try text("id"), label: try text("label"), time: try number("time"))
    }

    func prediction() throws -> PredictionRecord {
      guard let role = RoutingTable.Role(rawValue: try text("role")) else { throw Damaged() }
      return PredictionRecord(
        requestID: try text("id"), version: try text("version"), role: role, time: try number("time"),
        features: try text("features"), predictedClass: try text("said"), probabilities: try text("probabilities"),
        confidence: try number("confidence"), latency: try number("latency"))
    }
  }
}
