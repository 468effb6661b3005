import CXGBoost
import Foundation

/// Somebody else's evaluator of the same model.
protocol Peer {
  var name: String { get }

  /// The probability of the second class for each row. NaN is a missing value. The result is valid until the next call.
  func predict(_ values: UnsafeBufferPointer<Float>, columns: Int) throws -> UnsafeBufferPointer<Float>
}

struct PeerFailure: Error, CustomStringConvertible {
  let description: String
}

/// XGBoost's predictor for rows in memory, through its C interface.
final class XGBoostPeer: Peer {
  let name = "XGBoost inplace_predict"
  private let handle: BoosterHandle

  init(json: Data) throws {
    var created: BoosterHandle?
    try Self.check(XGBoosterCreate(nil, 0, &created))
    guard let created else { throw PeerFailure(description: "XGBoost made no booster.") }
    handle = created
    try Self.check(XGBoosterSetParam(created, "nthread", "1"))
    try Self.check(
      json.withUnsafeBytes { XGBoosterLoadModelFromBuffer(created, $0.baseAddress, bst_ulong($0.count)) })
  }

  deinit { XGBoosterFree(handle) }

  private static func check(_ status: Int32) throws {
    guard status != 0 else { return }
    throw PeerFailure(description: XGBGetLastError().map { String(cString: $0) } ?? "XGBoost failed without a word.")
  }

  func predict(_ values: UnsafeBufferPointer<Float>, columns: Int) throws -> UnsafeBufferPointer<Float> {
    let array = """
      {"data":[\(UInt(bitPattern: values.baseAddress)),true],"shape":[\(values.count / columns),\(columns)],\
      "typestr":"<f4","version":3}
      """
    var shape: UnsafePointer<bst_ulong>?
    var dimensions: bst_ulong = 0
    var result: UnsafePointer<Float>?
    try Self.check(
      XGBoosterPredictFromDense(
        handle, array,
        #"{"type":0,"training":false,"iteration_begin":0,"iteration_end":0,"strict_shape":false,"missing":NaN,"cache_id":0}"#,
        nil, &shape, &dimensions, &result))
    return UnsafeBufferPointer(start: result, count: values.count / columns)
  }
}

/// A library that is loaded while the program runs.
private struct LoadedLibrary {
  private let handle: UnsafeMutableRawPointer
  private let path: String

  init(_ path: String) throws {
    guard let handle = dlopen(path, RTLD_NOW | RTLD_LOCAL) else {
      throw PeerFailure(
        description: "\(path) cannot be loaded: \(dlerror().map { String(cString: $0) } ?? "no reason given")")
    }
    (self.handle, self.path) = (handle, path)
  }

  /// - Parameter type: Must be that of the function in C.
  func function<Function>(_ name: String, as type: Function.Type) throws -> Function {
    guard let address = dlsym(handle, name) else { throw PeerFailure(description: "\(path) has no function \(name).") }
    return unsafeBitCast(address, to: type)
  }
}

/// Treelite's own interpreter (GTIL), through its C interface.
final class TreelitePeer: Peer {
  private typealias Load =
    @convention(c) (UnsafePointer<CChar>, UnsafePointer<CChar>, UnsafeMutablePointer<UnsafeMutableRawPointer?>) -> CInt
  private typealias Configure =
    @convention(c) (UnsafePointer<CChar>, UnsafeMutablePointer<UnsafeMutableRawPointer?>) -> CInt
  private typealias Predict =
    @convention(c) (
      UnsafeMutableRawPointer?, UnsafeRawPointer?, UnsafePointer<CChar>, UInt64, UnsafeMutableRawPointer?,
      UnsafeMutableRawPointer?
    ) -> CInt

  let name = "Treelite GTIL"
  private let predictRows: Predict
  private var model: UnsafeMutableRawPointer?
  private var configuration: UnsafeMutableRawPointer?
  private let result: UnsafeMutableBufferPointer<Float>

  /// - Parameters:
  ///   - library: `libtreelite.so` of 4.x.
  ///   - model: XGBoost's JSON, in a file with that suffix.
  init(library: String, model path: String, rows: Int) throws {
    let library = try LoadedLibrary(library)
    predictRows = try library.function("TreeliteGTILPredict", as: Predict.self)
    result = .allocate(capacity: rows)
    let load = try library.function("TreeliteLoadXGBoostModelJSON", as: Load.self)
    let configure = try library.function("TreeliteGTILParseConfig", as: Configure.self)
    guard load(path, #"{"allow_unknown_field":true}"#, &model) == 0,
      configure(#"{"predict_type":"default","nthread":1}"#, &configuration) == 0
    else { throw PeerFailure(description: "Treelite does not take the model \(path).") }
  }

  // Model and configuration stay for as long as the program.
  deinit { result.deallocate() }

  func predict(_ values: UnsafeBufferPointer<Float>, columns: Int) throws -> UnsafeBufferPointer<Float> {
    let count = values.count / columns
    guard count <= result.count,
      predictRows(model, values.baseAddress, "float32", UInt64(count), result.baseAddress, configuration) == 0
    else { throw PeerFailure(description: "Treelite does not predict.") }
    return UnsafeBufferPointer(rebasing: result[..<count])
  }
}

/// The C code that TL2cgen, which belongs to Treelite, makes of a model, compiled; called without anything in between.
final class CompiledPeer: Peer {
  /// A row, whose missing values have the bits of -1; whether margins are wanted; the result, to which leaves are added.
  private typealias Predict = @convention(c) (UnsafeRawPointer?, CInt, UnsafeMutablePointer<Float>?) -> Void

  let name = "Treelite compiled by TL2cgen"
  private let predictRow: Predict
  private let result: UnsafeMutableBufferPointer<Float>

  init(library: String, rows: Int) throws {
    predictRow = try LoadedLibrary(library).function("predict", as: Predict.self)
    result = .allocate(capacity: rows)
  }

  deinit { result.deallocate() }

  func predict(_ values: UnsafeBufferPointer<Float>, columns: Int) throws -> UnsafeBufferPointer<Float> {
    let count = values.count / columns
    guard count <= result.count, let first = values.baseAddress, let output = result.baseAddress else {
      throw PeerFailure(description: "There is no room for \(count) rows.")
    }
    output.update(repeating: 0, count: count)
    for row in 0..<count { predictRow(first + row * columns, 0, output + row) }
    return UnsafeBufferPointer(rebasing: result[..<count])
  }
}
