import Telemetry

/// The rows that the store refused and whose loss was told, for as long as a segment may hold them: one that comes
/// back from disk is neither brought to the store nor told again.
struct RefusedRows: Sendable {
  private enum Row: Hashable {
    case prediction(ModelKey, id: String, version: String, time: Double)
    case label(ModelKey, id: String, time: Double)
  }

  /// With the last segment that may hold the row.
  private var rows: [Row: SegmentID] = [:]

  /// A store that refuses everything must not fill the memory; rows beyond are told again where they come back.
  private static let most = 100_000

  private static func row(_ record: PredictionRecord, of model: ModelKey) -> Row {
    .prediction(model, id: record.requestID, version: record.version, time: record.time)
  }

  private static func row(_ label: LabelRecord, of model: ModelKey) -> Row {
    .label(model, id: label.requestID, time: label.time)
  }

  mutating func add(_ batch: LogBatch, through last: SegmentID) {
    guard rows.count < Self.most else { return }
    for record in batch.predictions { rows[Self.row(record, of: batch.model)] = last }
    for label in batch.labels { rows[Self.row(label, of: batch.model)] = last }
  }

  /// - Parameter oldest: The oldest segment that there is.
  mutating func forget(before oldest: SegmentID?) {
    guard !rows.isEmpty else { return }
    guard let oldest else { return rows = [:] }
    rows = rows.filter { $0.value >= oldest }
  }

  func filtered(_ batch: LogBatch) -> LogBatch {
    guard !rows.isEmpty else { return batch }
    var batch = batch
    let model = batch.model
    batch.predictions.removeAll { rows[Self.row($0, of: model)] != nil }
    batch.labels.removeAll { rows[Self.row($0, of: model)] != nil }
    return batch
  }
}
