import WorkerContract

extension FeaturePipeline {
  /// Encodes all rows: row-major, `table.rowCount` × `width`. A column that the table does not have is missing
  /// throughout; so is one of another type.
  package func encode(_ table: Table) -> [Float] {
    let width = width
    let rows = table.rowCount
    return [Float](unsafeUninitializedCapacity: rows * width) { output, count in
      output.initialize(repeating: 0)
      count = rows * width
      for (position, feature) in schema.features.enumerated() {
        switch slots[position] {
        case .numeric(let offset):
          if case .numeric(let values) = table[feature.name] {
            var target = offset
            for value in values {
              output[target] = Float(value)
              target += width
            }
          } else {
            for row in 0..<rows { output[row * width + offset] = .nan }
          }
        case .categorical(let offset, _, let missing):
          encodeLevels(
            table[feature.name], feature: position, offset: offset, missing: missing, rows: rows, into: output)
        }
      }
    }
  }

  private func encodeLevels(
    _ column: Column?, feature: Int, offset: Int, missing: Int?, rows: Int,
    into output: UnsafeMutableBufferPointer<Float>
  ) {
    let width = width
    guard case .categorical(let codes, let levels) = column else {
      if let missing { for row in 0..<rows { output[row * width + missing] = 1 } }
      return
    }
    let places = levels.map { level -> Int in
      if case .category(let code) = category(level, ofFeature: feature) { return offset + Int(code) }
      return -1
    }
    for (row, code) in codes.enumerated() {
      if code >= 0 {
        if places[Int(code)] >= 0 { output[row * width + places[Int(code)]] = 1 }
      } else if let missing {
        output[row * width + missing] = 1
      }
    }
  }

  /// Encodes one row without allocating.
  /// - Parameters:
  ///   - values: One value per feature, in the schema's order. A value of the wrong kind counts as missing.
  ///   - output: `width` numbers, all of them written.
  package func encode(_ values: UnsafeBufferPointer<FeatureValue>, into output: UnsafeMutableBufferPointer<Float>) {
    output.update(repeating: 0)
    slots.withUnsafeBufferPointer { slots in
      for position in 0..<min(values.count, slots.count) {
        switch slots[position] {
        case .numeric(let offset):
          if case .number(let value) = values[position] {
            output[offset] = Float(value)
          } else {
            output[offset] = .nan
          }
        case .categorical(let offset, let levels, let missing):
          switch values[position] {
          case .category(let code) where code >= 0 && Int(code) < levels: output[offset + Int(code)] = 1
          case .unseen: break
          default: if let missing { output[missing] = 1 }
          }
        }
      }
    }
  }
}
