import CXGBoost
package import Foundation

/// An XGBoost learner; freed with the object. Not `Sendable`: a handle belongs to one thread at a time.
package final class Booster {
  private let handle: BoosterHandle

  /// A new learner for training on `matrix`.
  init(matrix: TrainingMatrix, others: [TrainingMatrix] = [], parameters: [(String, String)]) throws(LearningError) {
    handle = try Self.create([matrix.handle] + others.map(\.handle))
    for (name, value) in parameters {
      try XGBoostCall.check(XGBoosterSetParam(handle, name, value), "XGBoosterSetParam(\(name))")
    }
  }

  /// A saved learner (JSON or UBJ), for comparison with `Model`; `threads` of 0 means all that the machine has.
  package init(model: Data, threads: Int) throws(LearningError) {
    handle = try Self.create([])
    try XGBoostCall.check(XGBoosterSetParam(handle, "nthread", String(threads)), "XGBoosterSetParam(nthread)")
    let status = model.withUnsafeBytes { bytes in
      XGBoosterLoadModelFromBuffer(handle, bytes.baseAddress, bst_ulong(bytes.count))
    }
    try XGBoostCall.check(status, "XGBoosterLoadModelFromBuffer")
  }

  deinit {
    XGBoosterFree(handle)
  }

  private static func create(_ matrices: [DMatrixHandle]) throws(LearningError) -> BoosterHandle {
    var created: BoosterHandle?
    let handles = matrices.map(Optional.some)
    let status = handles.withUnsafeBufferPointer { buffer in
      XGBoosterCreate(buffer.baseAddress, bst_ulong(buffer.count), &created)
    }
    try XGBoostCall.check(status, "XGBoosterCreate")
    guard let created else { throw .engine(call: "XGBoosterCreate", message: "no handle was returned") }
    return created
  }

  /// One boosting round.
  func update(round: Int, on matrix: TrainingMatrix) throws(LearningError) {
    try XGBoostCall.check(
      XGBoosterUpdateOneIter(handle, Int32(clamping: round), matrix.handle), "XGBoosterUpdateOneIter")
  }

  /// The learner's default metric (log loss) on `matrix` after `round`.
  func loss(round: Int, on matrix: TrainingMatrix) throws(LearningError) -> Double {
    var matrices: [DMatrixHandle?] = [matrix.handle]
    var text: UnsafePointer<CChar>?
    let status = "held".withCString { name in
      var names: [UnsafePointer<CChar>?] = [name]
      return XGBoosterEvalOneIter(handle, Int32(clamping: round), &matrices, &names, 1, &text)
    }
    try XGBoostCall.check(status, "XGBoosterEvalOneIter")
    // "[7]\theld-logloss:0.31270"
    guard let text, let value = String(cString: text).split(separator: ":").last.flatMap({ Double($0) }) else {
      throw .engine(call: "XGBoosterEvalOneIter", message: "the metric is no number")
    }
    return value
  }

  /// The standard JSON form, which any XGBoost opens.
  package func json() throws(LearningError) -> Data {
    var length: bst_ulong = 0
    var bytes: UnsafePointer<CChar>?
    try XGBoostCall.check(
      XGBoosterSaveModelToBuffer(handle, #"{"format":"json"}"#, &length, &bytes), "XGBoosterSaveModelToBuffer")
    guard let bytes else { throw .engine(call: "XGBoosterSaveModelToBuffer", message: "no bytes were returned") }
    return Data(bytes: bytes, count: Int(length))
  }

  /// XGBoost's own prediction: what `Model` is held to. Row-major, `rows × margins`.
  package func predict(_ rows: LabelledRows, margin: Bool, threads: Int) throws(LearningError) -> [Float] {
    try predict(rows, mask: margin ? 1 : 0, threads: threads)
  }

  /// XGBoost's own contributions: what `Model.contributions(of:)` is held to. Row-major, `rows × margins × (columns + 1)`.
  package func contributions(of rows: LabelledRows, threads: Int) throws(LearningError) -> [Float] {
    try predict(rows, mask: 4, threads: threads)
  }

  /// - Parameter mask: 1 for raw outputs, 4 for contributions.
  private func predict(_ rows: LabelledRows, mask: Int32, threads: Int) throws(LearningError) -> [Float] {
    let matrix = try TrainingMatrix(rows, threads: threads)
    var length: bst_ulong = 0
    var values: UnsafePointer<Float>?
    try XGBoostCall.check(
      XGBoosterPredict(handle, matrix.handle, mask, 0, 0, &length, &values), "XGBoosterPredict")
    guard let values else { return [] }
    return Array(UnsafeBufferPointer(start: values, count: Int(length)))
  }
}
