import Telemetry

/// A prediction as a request hands it to the log, which copies it: the bytes are valid during the call only.
package struct PendingPrediction {
  /// Position of the version in the table.
  let entry: Int
  let requestID: String
  /// Seconds since 1970.
  let time: Double
  /// The object of features as it came, compact, without redacted ones.
  let features: UnsafeBufferPointer<UInt8>
  /// JSON object from class to probability.
  let probabilities: UnsafeBufferPointer<UInt8>
  let predicted: Int
  /// Probability of the predicted class.
  let confidence: Float
  /// Seconds.
  let latency: Double

  package init(
    entry: Int, requestID: String, time: Double, features: UnsafeBufferPointer<UInt8>,
    probabilities: UnsafeBufferPointer<UInt8>, predicted: Int, confidence: Float, latency: Double
  ) {
    self.entry = entry
    self.requestID = requestID
    self.time = time
    self.features = features
    self.probabilities = probabilities
    self.predicted = predicted
    self.confidence = confidence
    self.latency = latency
  }
}

/// Predictions of one routing table on their way to the store, one behind the other in one piece of memory: a request makes
/// no object for its row, and what is costly to make of a row waits until it leaves the buffer.
struct PendingRows: Sendable {
  let table: LoggedTable
  private(set) var count = 0
  private var bytes: [UInt8] = []

  /// Rows and bytes after which a chunk takes no more: a list that grows is copied as a whole.
  private static let (most, mostBytes) = (512, 1 << 20)

  var isFull: Bool { count >= Self.most || bytes.count >= Self.mostBytes }

  /// Bytes of a row, about; more are made room for as they come.
  private static let rowBytes = 640

  /// What precedes the id, the features and the probabilities of a row.
  private struct Head {
    let time: Double
    let latency: Double
    let confidence: Float
    let entry: Int32
    let predicted: Int32
    let id: Int32
    let features: Int32
    let probabilities: Int32
  }

  init(_ table: LoggedTable) {
    self.table = table
    bytes.reserveCapacity(Self.most * Self.rowBytes)
  }

  mutating func append(_ row: PendingPrediction) {
    let id = row.requestID.utf8
    let head = Head(
      time: row.time, latency: row.latency, confidence: row.confidence, entry: Int32(truncatingIfNeeded: row.entry),
      predicted: Int32(truncatingIfNeeded: row.predicted), id: Int32(truncatingIfNeeded: id.count),
      features: Int32(truncatingIfNeeded: row.features.count),
      probabilities: Int32(truncatingIfNeeded: row.probabilities.count))
    withUnsafeBytes(of: head) { bytes.append(contentsOf: $0) }
    bytes.append(contentsOf: id)
    bytes.append(contentsOf: row.features)
    bytes.append(contentsOf: row.probabilities)
    count += 1
  }

  /// The rows as they are stored, and the room of each.
  var records: [(record: PredictionRecord, room: LogRoom)] {
    var records: [(record: PredictionRecord, room: LogRoom)] = []
    records.reserveCapacity(count)
    bytes.withUnsafeBytes { bytes in
      var place = 0
      func text(_ length: Int32) -> String {
        defer { place += Int(length) }
        return String(decoding: bytes[place..<place + Int(length)], as: UTF8.self)
      }
      for _ in 0..<count {
        let head = bytes.loadUnaligned(fromByteOffset: place, as: Head.self)
        place += MemoryLayout<Head>.size
        let version = table.versions[Int(head.entry)]
        let requestID = text(head.id)
        let features = text(head.features)
        let record = PredictionRecord(
          requestID: requestID, version: version.name, role: version.role,
          time: head.time, features: features, predictedClass: version.classes[Int(head.predicted)],
          probabilities: text(head.probabilities), confidence: Double(head.confidence), latency: head.latency)
        let room = LogRoom.ofPrediction(
          id: Int(head.id), features: Int(head.features), probabilities: Int(head.probabilities))
        records.append((record, room))
      }
    }
    return records
  }
}
