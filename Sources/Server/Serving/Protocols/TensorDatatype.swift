import JSON
import JSONScanning
import Foundation

/// The datatypes of the Open Inference Protocol.
enum TensorDatatype: String, Sendable, CaseIterable {
  case bool = "BOOL"
  case uint8 = "UINT8"
  case uint16 = "UINT16"
  case uint32 = "UINT32"
  case uint64 = "UINT64"
  case int8 = "INT8"
  case int16 = "INT16"
  case int32 = "INT32"
  case int64 = "INT64"
  case fp16 = "FP16"
  case fp32 = "FP32"
  case fp64 = "FP64"
  case bytes = "BYTES"

  /// Bytes of an element in binary data; nil for BYTES, whose elements bring their length.
  var size: Int? {
    switch self {
    case .bool, .uint8, .int8: 1
    case .uint16, .int16, .fp16: 2
    case .uint32, .int32, .fp32: 4
    case .uint64, .int64, .fp64: 8
    case .bytes: nil
    }
  }

  var isInteger: Bool {
    switch self {
    case .uint8, .uint16, .uint32, .uint64, .int8, .int16, .int32, .int64: true
    case .bool, .fp16, .fp32, .fp64, .bytes: false
    }
  }

  var isFloat: Bool { self == .fp16 || self == .fp32 || self == .fp64 }

  /// Whether an integer's decimal text is in the datatype's range.
  func holds(integer text: String) -> Bool {
    switch self {
    case .uint8: UInt8(text) != nil
    case .uint16: UInt16(text) != nil
    case .uint32: UInt32(text) != nil
    case .uint64: UInt64(text) != nil
    case .int8: Int8(text) != nil
    case .int16: Int16(text) != nil
    case .int32: Int32(text) != nil
    case .int64: Int64(text) != nil
    case .bool, .fp16, .fp32, .fp64, .bytes: false
    }
  }

  /// An element of binary data (little-endian) as JSON; NaN, which stands for a missing value, as null. Nil where the bytes
  /// are none of this datatype.
  func json(_ element: UnsafeBufferPointer<UInt8>) -> String? {
    guard self != .bytes else {
      return String(validating: element, as: UTF8.self).map { JSONString.quoted($0, .lineFeed) }
    }
    guard element.count == size else { return nil }
    let bits = element.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    switch self {
    case .bool: return bits > 1 ? nil : bits == 1 ? "true" : "false"
    case .uint8, .uint16, .uint32, .uint64: return String(bits)
    case .int8: return String(Int8(truncatingIfNeeded: bits))
    case .int16: return String(Int16(truncatingIfNeeded: bits))
    case .int32: return String(Int32(truncatingIfNeeded: bits))
    case .int64: return String(Int64(bitPattern: bits))
    case .fp16: return Self.text(Self.half(UInt16(bits)))
    case .fp32: return Self.text(Double(Float(bitPattern: UInt32(bits))))
    case .fp64: return Self.text(Double(bitPattern: bits))
    case .bytes: return nil
    }
  }

  private static func text(_ value: Double) -> String {
    if value.isNaN { return "null" }
    if value.isInfinite { return value < 0 ? "-Infinity" : "Infinity" }
    return value.description
  }

  /// IEEE 754 binary16: 1 sign bit, 5 of the exponent, 10 of the fraction. `Float16` is not on every platform.
  private static func half(_ bits: UInt16) -> Double {
    let fraction = Double(bits & 0x3FF)
    let exponent = Int(bits >> 10 & 0x1F)
    let magnitude =
      switch exponent {
      case 0: scalbn(fraction, -24)
      case 31: fraction == 0 ? Double.infinity : .nan
      default: scalbn(1024 + fraction, exponent - 25)
      }
    return bits >> 15 == 1 ? -magnitude : magnitude
  }
}
