/// Why a file cannot be replayed.
package enum SimulationError: Error, Equatable, CustomStringConvertible {
  case missingTarget(String, columns: [String])
  case emptyFile
  case unknownDrift(String)
  case badIntensity(String)

  package var description: String {
    switch self {
    case .missingTarget(let name, let columns):
      "the file has no column '\(name)' (--target); its columns are \(columns.joined(separator: ", "))"
    case .emptyFile: "the file has no rows to send"
    case .unknownDrift(let text):
      "'\(text)' is no kind of drift; write KIND or KIND=INTENSITY, with KIND one of "
        + DriftKind.allCases.map(\.rawValue).joined(separator: ", ")
    case .badIntensity(let text): "'\(text)' is no intensity; write a number from 0 to 1, as in covariate=0.5"
    }
  }
}
