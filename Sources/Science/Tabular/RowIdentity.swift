import Foundation
import Values

/// Which columns tell the rows of a source apart.
package struct RowIdentity: Codable, Sendable, Equatable {
  /// Sorted by name, so that their order in the source does not matter.
  package var columns: [String]
  /// Whether equal rows are told apart by their number of occurrence. False for a primary key: what has one key is one
  /// thing, and its rows stay together.
  package var countsEquals: Bool

  package init(columns: [String], countsEquals: Bool) {
    self.columns = columns
    self.countsEquals = countsEquals
  }
}

extension RawTable {
  /// The schema's primary key where the source has its columns, else the whole row: also columns that the schema does not
  /// name, so that a change of the schema moves no row. A column without a name counts rows, and says nothing about them.
  package func identity(primaryKey: [String]) -> RowIdentity {
    if !primaryKey.isEmpty, primaryKey.allSatisfy(header.contains) {
      return RowIdentity(columns: primaryKey.sorted(), countsEquals: false)
    }
    let named = header.filter { !$0.hasPrefix(Self.unnamed) }
    return RowIdentity(columns: (named.isEmpty ? header : named).sorted(), countsEquals: true)
  }

  /// A hash of each row under `seed`. It depends on the values of the identity's columns alone, as `ValueReading` tells
  /// values apart, and on how many equal rows come before: neither other rows nor the order of columns change it.
  /// nil where a column is not there.
  package func rowHashes(by identity: RowIdentity, seed: Int) -> [UInt64]? {
    var keys = [UInt64](repeating: 0, count: rowCount)
    for name in identity.columns {
      guard let column = header.firstIndex(of: name) else { return nil }
      forEachCell(ofColumn: column) { row, text in
        keys[row] = StableHash.mixed((keys[row] &* 0x9e37_79b9_7f4a_7c15) ^ ValueReading.identityHash(text))
      }
    }
    if identity.countsEquals {
      var seen: [UInt64: UInt64] = [:]
      seen.reserveCapacity(rowCount)
      for row in keys.indices {
        let key = keys[row]
        let occurrence = seen[key, default: 0]
        seen[key] = occurrence + 1
        keys[row] = StableHash.mixed((key &* 0x9e37_79b9_7f4a_7c15) ^ occurrence)
      }
    }
    let salt = StableHash.mixed(UInt64(bitPattern: Int64(seed)) &+ 0x9e37_79b9_7f4a_7c15)
    return keys.map { StableHash.mixed($0 ^ salt) }
  }
}

extension ValueReading {
  /// Equal for texts of one `identity`, the same on every machine and in every run.
  static func identityHash(_ text: UnsafeBufferPointer<UInt8>) -> UInt64 {
    // Most cells are plain numbers or words: no String is made for them.
    let text = trimmed(text)
    if !isCode(text), let value = number(in: text), abs(value) <= 9_007_199_254_740_992 {
      return StableHash.mixed(value == 0 ? 0x6e75_6d62 : value.bitPattern ^ 0x6e75_6d62)
    }
    let isPlain = !text.contains { $0 >= 0x80 }
    // Too long for a truth value: the text is its own identity.
    if isPlain, text.count > 5 { return contentHash(text) }
    var identity = identity(text)
    if !isPlain { identity = identity.decomposedStringWithCanonicalMapping }
    return identity.withUTF8 { contentHash($0) }
  }
}
