package import WorkerContract

extension Table {
  /// A hash of each row's identity under `seed`: of the primary key where the schema has one (and the table the columns),
  /// else of all feature values. It depends on the values alone, not on other rows, their order or how levels are
  /// numbered, so a row has the same hash in every table; equal rows have equal hashes.
  package func rowHashes(schema: FeatureSchema, seed: Int) -> [UInt64] {
    let key = schema.primaryKey
    let names = !key.isEmpty && key.allSatisfy { self[$0] != nil } ? key : schema.features.map(\.name)
    var hashes = [UInt64](repeating: mixed(UInt64(bitPattern: Int64(seed)) &+ 0x9e37_79b9_7f4a_7c15), count: rowCount)
    for name in names {
      switch self[name] {
      case .numeric(let values):
        for row in 0..<rowCount {
          let value = values[row]
          // One pattern for both zeros and one for every NaN.
          let bits = value.isNaN ? 0x7ff8_0000_0000_0000 : (value == 0 ? 0 : value.bitPattern)
          hashes[row] = mixed((hashes[row] &* 0x9e37_79b9_7f4a_7c15) ^ bits)
        }
      case .categorical(let codes, let levels):
        let byLevel = levels.map { level -> UInt64 in
          var level = level
          return level.withUTF8 { contentHash($0) }
        }
        for row in 0..<rowCount {
          let bits = codes[row] < 0 ? 0x5bd1_e995 : byLevel[Int(codes[row])]
          hashes[row] = mixed((hashes[row] &* 0x9e37_79b9_7f4a_7c15) ^ bits)
        }
      case nil:
        continue
      }
    }
    return hashes
  }
}
