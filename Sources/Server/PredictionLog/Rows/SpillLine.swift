import JSON
import JSONScanning
import Tabular
import Telemetry
import WorkerContract

/// Rows as lines of JSON: a batch's model comes first, its rows follow.
///
/// `{"namespace","model","uid","created"}` (the last two where they are known), then `{"prediction":{"id","version","role","time","features","said","probabilities","confidence",
/// "latency"}}` and `{"label":{"id","label","time"}}`. Features and probabilities are the objects themselves; as a text
/// that holds them, as earlier versions wrote them, they are read as well. Every row passes through here on its way to the
/// store: without the detour of a general encoder, and with hardly more than copying.
enum SpillLine {
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
    line.raw("}\n")
    for record in batch.predictions {
      // Such a row is worth nothing, and JSON has no word for it.
      guard record.time.isFinite, record.confidence.isFinite, record.latency.isFinite else { continue }
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
    for label in batch.labels where label.time.isFinite {
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

  /// The batches of a segment. A line that was cut short by a crash is counted as damaged.
  static func decode(_ bytes: [UInt8]) -> (batches: [LogBatch], damaged: Int) {
    var batches: [LogBatch] = []
    var damaged = 0
    bytes.withUnsafeBufferPointer { bytes in
      var start = 0
      while start < bytes.count {
        let end = bytes[start...].firstIndex(of: 0x0A) ?? bytes.count
        if end > start {
          switch try? LineReader.line(UnsafeBufferPointer(rebasing: bytes[start..<end])) {
          case .model(let model): batches.append(LogBatch(model: model))
          case .prediction(let record) where !batches.isEmpty:
            batches[batches.count - 1].predictions.append(record)
          case .label(let label) where !batches.isEmpty: batches[batches.count - 1].labels.append(label)
          default: damaged += 1
          }
        }
        start = end + 1
      }
    }
    return (batches.filter { $0.count > 0 }, damaged)
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
    switch (kind, row) {
    case ("prediction", let row?): return .prediction(try row.prediction())
    case ("label", let row?):
      return .label(
        LabelRecord(requestID: try row.text("id"), label: try row.text("label"), time: try row.number("time")))
    default:
      guard let namespace = texts["namespace"], let model = texts["model"] else { throw Damaged() }
      let identity = texts["uid"].map { ModelIdentity(uid: $0, created: texts["created"]) }
      return .model(ModelKey(namespace: namespace, model: model, identity: identity))
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
      default:
        let range = try scanner.number().range
        fields.numbers[name] = number(in: UnsafeBufferPointer(rebasing: scanner.bytes[range]))
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

    func prediction() throws -> PredictionRecord {
      guard let role = RoutingTable.Role(rawValue: try text("role")) else { throw Damaged() }
      return PredictionRecord(
        requestID: try text("id"), version: try text("version"), role: role, time: try number("time"),
        features: try text("features"), predictedClass: try text("said"), probabilities: try text("probabilities"),
        confidence: try number("confidence"), latency: try number("latency"))
    }
  }
}
