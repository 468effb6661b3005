import CXGBoost

/// XGBoost's own copy of some rows (a DMatrix); freed with the object.
///
/// Not `Sendable`: XGBoost's handles belong to one thread at a time.
final class TrainingMatrix {
  let handle: DMatrixHandle
  let rows: Int

  /// Copies the rows; NaN is missing. `threads` of 0 means all that the machine has.
  init(_ rows: LabelledRows, threads: Int) throws(LearningError) {
    var created: DMatrixHandle?
    let status = rows.values.withUnsafeBufferPointer { values in
      XGDMatrixCreateFromMat_omp(
        values.baseAddress, bst_ulong(rows.count), bst_ulong(rows.width), .nan, &created, Int32(clamping: threads))
    }
    try XGBoostCall.check(status, "XGDMatrixCreateFromMat_omp")
    guard let created else { throw .engine(call: "XGDMatrixCreateFromMat_omp", message: "no handle was returned") }
    handle = created
    self.rows = rows.count
    let labels = rows.labels.map(Float.init)
    let set = labels.withUnsafeBufferPointer { labels in
      XGDMatrixSetFloatInfo(created, "label", labels.baseAddress, bst_ulong(labels.count))
    }
    try XGBoostCall.check(set, "XGDMatrixSetFloatInfo")
  }

  deinit {
    XGDMatrixFree(handle)
  }
}

/// XGBoost's way to report failures: a status, and the words in a variable of the calling thread.
enum XGBoostCall {
  static func check(_ status: Int32, _ call: String) throws(LearningError) {
    guard status != 0 else { return }
    let message = XGBGetLastError().map { String(cString: $0) } ?? "no message"
    // The first line says what happened; a native stack trace follows.
    let sentence = message.split(separator: "\n").first { !$0.isEmpty }.map(String.init) ?? message
    throw .engine(call: call, message: sentence)
  }
}
